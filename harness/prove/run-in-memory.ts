/** Runs scenarios against the reference stack in this process: no workers, no files, virtual time. */
import type { Level } from '../verdict/level.ts';
import { DEFAULT_WAITS, runScenario, type ScenarioRun } from '../engine/run-scenario.ts';
import { lacksOfVariations, rulesWith, type Variation } from '../reference/index.ts';
import type { Scenario } from '../scenario/suite.ts';
import { openLink } from '../topology/open-link.ts';
import { createReferenceDriver } from '../topology/reference/reference-driver.ts';
import type { Topology } from '../topology/types.ts';
import type { WirePacket } from '../wire/types.ts';

/** Parameters of runs in memory. */
export interface MemoryRun {
  /** Freedoms and faults of the stack. */
  variations: readonly Variation[];
  seed: string;
  topology: (name: string) => Topology;
  levelOf: (clause: string) => Level;
  /** Fields whose value a clause lays down. */
  fieldsOf: (clause: string) => readonly string[];
  /** Features that the stack lacks, with the reason. */
  lacks: ReadonlyMap<string, string>;
  /** Hears of every packet. */
  onPacket?: (packet: WirePacket) => void;
}

/** Runs one scenario. Never throws. */
export async function runInMemory(scenario: Scenario, run: MemoryRun): Promise<ScenarioRun> {
  const driver = createReferenceDriver({ rules: rulesWith(run.variations), version: 'reference', seed: run.seed });
  return runScenario(scenario, {
    driver,
    topology: run.topology,
    levelOf: run.levelOf,
    fieldsOf: run.fieldsOf,
    openPort: (link, family, onPacket, onError, clock) =>
      openLink(
        link,
        family,
        (packet) => {
          run.onPacket?.(packet);
          onPacket(packet);
        },
        onError,
        clock,
      ),
    evidenceRoot: 'evidence',
    captures: 'none',
    waits: DEFAULT_WAITS,
    lacks: new Map([...run.lacks, ...lacksOfVariations(run.variations)]),
    rerun: () => '',
  });
}
