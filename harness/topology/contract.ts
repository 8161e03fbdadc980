/**
 * The interface that a stack must implement to be judged, in one file.
 *
 * A stack whose application side is an agent (docs/agent-protocol.md) needs no code: `--sut docker --image` and
 * `--sut remote:` take it. A new kind of stack is one {@link StackKind}, in a file of `topology/stacks`, named in
 * `registry.ts` and in {@link StackKindName}; the compiler and `registry.test.ts` name the rest.
 *
 * From the outside in: a {@link StackKind} prepares a stack once for a run; each worker process opens a {@link Driver};
 * the driver builds a {@link Cell} for a scenario: one {@link Agent} for each host, and links that carry packets.
 */
import type { Clock } from '../clock/clock.ts';
import type { Randomness } from '../clock/random.ts';
import type { Agent } from '../sut/types.ts';
import type { Habits, StackKindName, SutInfo, Sysctl } from '../verdict/stack-info.ts';
import type { WirePacket, WirePort } from '../wire/types.ts';
import type { KernelLine, Watch } from './kernel-lines.ts';
import type { KernelTrouble } from './kernel-trouble.ts';
import type { Check } from './machine/check.ts';
import type { Leftover } from './machine/leftover.ts';
import type { LinkSpec, Topology } from './types.ts';

/** Both ends of a built link. */
export interface CellLink {
  spec: LinkSpec;
  /** The tester's device. */
  device: string;
  /** The SUT's device, as the SUT names it. */
  sutDevice: string;
  /** The caller that opens a port on the link shapes it; the driver does not. */
  shapedByTester?: true;
  /** Opens the tester's port where the link is in memory: there is no device. */
  open?: (family: 'ipv4' | 'ipv6', onPacket: (packet: WirePacket) => void) => WirePort;
  /** Addresses by family, text form. The tester also answers for every other address of the prefix. */
  tester: { ipv4: string; ipv6: string };
  sut: { ipv4: string; ipv6: string };
  /** Prefix lengths. */
  prefix: { ipv4: number; ipv6: number };
}

/**
 * The application on a stack that has no agent: `backend` relays its connections to this machine, also half-closed ones;
 * `closing-backend` does so, and closes both directions when its peer closes one; `discard` reads everything and sends
 * nothing (RFC 863); `echo` sends back what it reads (RFC 862); `http` answers data with data. The last three close when
 * their peer does. `client` and `closing-client` are a forward proxy's: this machine asks it for connections to the tester.
 */
export type Application = 'backend' | 'closing-backend' | 'client' | 'closing-client' | 'discard' | 'echo' | 'http';

/** A topology built once, for one scenario. */
export interface Cell {
  topology: Topology;
  /** The agent of each host, by host name. */
  agents: ReadonlyMap<string, Agent>;
  links: CellLink[];
  /** TCP port on which the stack listens, where scenarios cannot choose it. */
  servicePort?: number;
  /**
   * Addresses and ports of connections of earlier scenarios, where the stack may still send on them (`tupleOf` of the
   * engine makes the words), with the sequence number of the stack's SYN where it sent one. A scenario ignores their
   * packets, and adds its own when it ends.
   */
  earlier?: Map<string, number | undefined>;
  /** The clock of the cell's packets and agents; the machine's by default. */
  clock?: Clock;
  /** The tester's source of random numbers; the machine's by default. */
  random?: Randomness;
  /** Complaints of the SUT's kernel since the cell was begun, where the driver can observe them; complete after `close`. */
  troubles?(): readonly KernelTrouble[];
  /** Lines that the SUT's kernel logged and traced since the cell began, if the driver has them; never rejects. */
  kernelLines?(): Promise<readonly KernelLine[]>;
  /** A shell in the first host, where the host has no process on this machine. */
  shell?: CellShell;
  /** Removes everything. Idempotent; never throws. */
  close(): Promise<void>;
}

/** A way into a host that is not on this machine: a terminal of it, carried by a socket. */
interface CellShell {
  /** Path of the Unix socket. */
  socket: string;
  /** Starts a shell on the terminal; resolves when it has ended. @throws TopologyError */
  start(size: TerminalSize): Promise<void>;
}

/** Size of a terminal, in characters. */
export interface TerminalSize {
  rows: number;
  columns: number;
}

/** The request for a cell. */
export interface BuildOptions {
  /** Nothing else shares the SUT's kernel, where that can be had: what it complains of is this cell's doing. */
  alone?: boolean;
  /** Seed of the random numbers where the driver makes them: the same purpose gives the same numbers. */
  purpose?: string;
}

/** A way to make SUT hosts and links. */
export interface Driver {
  readonly name: string;
  /** The application on the stack, where scenarios cannot replace it. */
  readonly application?: Application;
  /** Parts of this topology that the driver does not support, one line each; empty without any. */
  problems(topology: Topology): string[];
  /** Builds the topology. Many cells may exist at once. @throws TopologyError */
  build(topology: Topology, options?: BuildOptions): Promise<Cell>;
  /** Frees what the driver holds. */
  close(): Promise<void>;
}

/** Settings of a worker's driver that do not depend on the kind of stack. */
export interface OpenOptions {
  /** Set in every namespace of the stack before its links come, after what the suite itself sets. */
  sysctls?: readonly Sysctl[];
  /** Habits of every host. */
  habits?: Habits;
  /** Additional sources watched in the stack's kernel. */
  watch?: Watch;
  /** Folder for the socket of a shell in the stack's host. */
  shellFolder?: string;
}

/** Ways to look into a stack while it is judged. */
export type Insight = 'shell' | 'trace' | 'dyndbg';

/** Purposes that a stack is prepared for, besides judging. */
export interface PrepareOptions {
  /** A shell is wanted in its host. */
  shell?: boolean;
}

/** An option of the command line that says more about a stack; `--sut` chooses the kind. */
export interface StackOption {
  /** Its name, without the dashes. */
  name: string;
  /** Word for its value in the help: `<folder>`. */
  value: string;
  /** One line for the help, without the kind that it goes with. */
  help: string;
}

/** Options beside `--sut`: values of {@link StackOption}s by name. */
export type StackDetails = Readonly<Record<string, string | undefined>>;

/** A stack that is ready to be judged. */
export interface PreparedStack<Settings = unknown> {
  /** Settings with which each worker opens its driver; can be sent to another process. */
  settings: Settings;
  /** The stack, as recorded in the results. */
  info: SutInfo;
  /** Features that it lacks because of what was chosen, with the reason. */
  lacks?: ReadonlyMap<string, string>;
  /** See {@link Driver.application}. */
  application?: Application;
  /** Scenarios at once that suit the stack, where that is not the usual number. */
  concurrency?: number;
  /** Scenarios at once that the stack can bear, whatever the user says. */
  maxConcurrency?: number;
  /** Writes what the stack itself has to report into the run's folder, when all workers have ended; the lines for people. */
  report?(folder: string): Promise<string[]>;
  /** Removes what exists for the run only; called when all workers have ended. */
  close(): Promise<void>;
}

/**
 * A kind of stack: where it runs, how the command line names it, and how it is made ready and cleaned up.
 *
 * `Choice` is what the command line says; `Settings` what the worker processes get. Both carry the kind's name.
 */
export interface StackKind<Choice extends { kind: StackKindName }, Settings extends { kind: StackKindName }> {
  readonly kind: Choice['kind'] & Settings['kind'];
  /** Short description: `containers`. */
  readonly label: string;
  /** Forms of `--sut`, as examples for help and messages. */
  readonly forms: readonly string[];
  /** Options that go with this kind only, or with others that name them too. */
  readonly options: readonly StackOption[];
  /** Everything is in memory: the run needs no namespace, and no two stacks can talk. */
  readonly inMemory?: true;
  /** Why it cannot be one of two stacks that talk to each other; absent when it can. */
  readonly noPeer?: string;
  /** Why `--sysctl` cannot set anything on it, with what to do; absent when it can. */
  readonly noSysctls?: string;
  /** Ways to look into it. */
  readonly insights: readonly Insight[];
  /**
   * Reads what follows `kind:` in `--sut`; undefined for the bare word.
   *
   * @param details values of this kind's options; no others
   * @throws UsageError with what would be right
   */
  parse(target: string | undefined, details: StackDetails): Choice;
  /** The words of a command line that name this very stack again, without `--sut`'s default; not quoted. */
  arguments(choice: Choice): string[];
  /** Refuses, before anything is begun, what this user cannot do. @throws UsageError */
  requireRights?(): void;
  /** Does what cannot be done in a run's namespace, where there is no network. @throws ExplainedError */
  prepareOutside?(choice: Choice, options?: PrepareOptions): Promise<void>;
  /** Makes the stack ready, once for a run, in the tester's namespace. @param root the installation's folder @throws ExplainedError */
  prepare(choice: Choice, root: string, options?: PrepareOptions): Promise<PreparedStack<Settings>>;
  /** Makes a worker's driver. Nothing is started before a cell is built. */
  open(settings: Settings, options: OpenOptions): Promise<Driver>;
  /** Why results that have no `--sut` on their command line cannot be had again here; undefined when they can. */
  obstacle?(info: SutInfo): string | undefined;
  /** Leftovers of killed runs. Reports on standard error if it cannot look. @param root the installation's folder */
  leftovers?(root: string): Promise<Leftover[]>;
  /** Checks of this machine's ability to run this kind, for `doctor`. Starts soon and never throws. */
  doctor?(): Promise<Check[]>;
}
