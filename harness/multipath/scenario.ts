/** Scenarios of two stacks, loaded: what the engine of this layer runs. */
import type { Place } from '../document/diagnostic.ts';
import type { Scenario } from '../scenario/suite.ts';
import type { PathShape } from '../wire/forward/types.ts';
import type { MiddleboxSpec } from '../topology/types.ts';
import type { RawHost, Verb, Verbs } from './raw-suite.ts';

/** One step, with its verb apart from the rest. */
export type MultipathStep = {
  [V in Verb]: {
    verb: V;
    with: Verbs[V];
    place: Place;
    /** The step on one line. */
    text: string;
    clauses: readonly string[];
    mark?: string;
    /** Milliseconds. */
    within?: number;
  };
}[Verb];

/** A path as a scenario starts with it. */
export interface PathPlan {
  shape: PathShape;
  middleboxes: readonly MiddleboxSpec[];
}

/** Everything that is not in a {@link Scenario}. */
export interface MultipathPlan {
  paths: ReadonlyMap<string, PathPlan>;
  client: RawHost;
  server: RawHost;
  checksums: boolean;
  /** Decides which packets get lost. */
  seed: string;
  steps: readonly MultipathStep[];
}

/** One variant. To everything that lists, selects and reports it is a scenario like the others. */
export interface MultipathScenario extends Scenario {
  multipath: MultipathPlan;
}

/** Whether a scenario is for two stacks. */
export function isMultipath(scenario: Scenario): scenario is MultipathScenario {
  return 'multipath' in scenario;
}
