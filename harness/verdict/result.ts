/** The result of a scenario, as `results.json` holds it. */
import type { Family } from '../packet/types.ts';
import type { Level } from './level.ts';
import type { TroubleKind } from './trouble.ts';
import type { Verdict } from './verdict.ts';

/** The outcome of one expectation. */
export interface ExpectationResult {
  /** Clause judged. */
  clause: string;
  level: Level;
  verdict: Verdict;
  /** Place of the expectation: file:line. */
  source: string;
  /** The step, as written, one line. */
  step: string;
  /** The expected packet, in packet notation, if not met; for `info` the packet that came. */
  expected?: string;
  /** The actual packet in the same notation, or a description of the missing one. */
  actual?: string;
  /** Field by field what differed. */
  differences?: { field: string; expected: string; actual: string }[];
  /** Packets seen while waiting, with milliseconds since the scenario began. */
  nearMisses?: { at: number; packet: string }[];
  /** One line for people. */
  message?: string;
  /** The capture that shows it, relative to the results file; only when not met. */
  pcap?: string;
}

/** A number that a scenario measured. */
export interface Measure {
  /** The quantity measured, in words. */
  name: string;
  value: number;
  unit: 'bit/s' | 'ms' | 'ratio' | 'octets' | 'segments';
  /** Its theoretical maximum, in the same unit. */
  limit?: number;
}

/** One line of the ladder diagram. */
export interface LadderEntry {
  /** Milliseconds since the scenario began. */
  at: number;
  kind: 'packet' | 'step' | 'agent' | 'kernel' | 'note';
  /** For packets: `out` is from the tester. */
  direction?: 'in' | 'out';
  /** Subflow name, when the packet belongs to one. */
  subflow?: string;
  /** Packet notation, step text, agent line or line of the kernel. */
  text: string;
  /** Verdict of an expectation decided by this packet or step. */
  verdict?: Verdict;
  clause?: string;
}

/** One scenario variant's outcome. */
export interface ScenarioResult {
  /** `3.1/synack/key-length#ipv6`: suite id, scenario name, variant. */
  id: string;
  /** Ids that the scenario had in earlier versions, the last one first; absent when it has always had this one. */
  formerly?: string[];
  title: string;
  /** Suite id: path below the suites folder without suffix. */
  suite: string;
  /** Suite file. */
  file: string;
  line: number;
  /** RFC section. */
  section: string;
  role: 'initiator' | 'responder';
  family: Family;
  /** Values of the `for-each` variables, and role and family. */
  parameters: Record<string, string>;
  verdict: Verdict;
  /** One line: why the verdict is what it is; absent on pass. */
  reason?: string;
  /** Set by the declared deviations, not by the engine. */
  declared?: { reason: string; link?: string; findings?: string[] };
  /**
   * The stack's kernel itself got into trouble while the scenario ran. With `alone` it did so again when nothing else
   * ran: the scenario brings it about, and has failed. Without, it is some other scenario's doing, or a rare fault.
   * `finding` is set by the declared deviations: the finding that has this trouble.
   */
  trouble?: { kind: TroubleKind; title: string; alone: boolean; console: string; finding?: string };
  /** Set when the scenario was run more than once, because it may end otherwise by chance; the last run counts. */
  repeated?: { times: number; because: string; first: string };
  durationMs: number;
  expectations: ExpectationResult[];
  /** Departures of the stack that monitors found in the scenario's capture; `source` names the monitor. */
  monitors?: ExpectationResult[];
  /** Clauses that monitors judged on the capture and that held, by level. */
  monitored?: Partial<Record<Level, string[]>>;
  /** Clauses that the scenario is about and did not come to judge, because it stopped before, by level. */
  unjudged?: Partial<Record<Level, string[]>>;
  ladder: LadderEntry[];
  /** Numbers of a scenario that measures, in the order in which it did. */
  measures?: Measure[];
  /**
   * Paths relative to the results file. `serverPcap` is the other end of the paths, `plot` shows them over time (SVG),
   * `dmesg` and `trace` are what the stack's kernel logged and traced while the scenario ran.
   */
  evidence: {
    pcap?: string;
    agentLog?: string;
    ladder?: string;
    serverPcap?: string;
    plot?: string;
    dmesg?: string;
    trace?: string;
  };
  /** MPTCP counters that moved, name to difference; with an unsteady condition those of TcpExt, too. */
  counters: Record<string, number>;
  /** Command that runs just this scenario again. */
  rerun: string;
}
