/** Scenarios of two stacks, loaded: what the engine of this layer runs. */
import type { Place } from '../document/diagnostic.ts';
import type { Scenario, ScenarioHead } from '../scenario/suite.ts';
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

/** One variant of a scenario of two stacks. */
export interface MultipathScenario extends ScenarioHead {
  kind: 'multipath';
  paths: ReadonlyMap<string, PathPlan>;
  client: RawHost;
  server: RawHost;
  checksums: boolean;
  /** Decides which packets get lost. */
  seed: string;
  steps: readonly MultipathStep[];
}

/** A scenario of either kind. */
export type AnyScenario = Scenario | MultipathScenario;
