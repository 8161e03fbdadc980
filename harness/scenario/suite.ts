/** Scenarios as the engine runs them: loaded, checked, with every variant spelled out. */
import type { Place } from '../document/diagnostic.ts';
import type { Family } from '../packet/types.ts';
import type { ActionStep, RawActionStep } from './action-steps.ts';
import type { PacketStep, RawPacketStep } from './packet-steps.ts';
import type { StepBase } from './step-verb.ts';
import type { RawValueStep, ValueStep } from './value-steps.ts';

/** Runs steps several times; names bound inside are collected for `distinct`. */
export interface RepeatStep extends StepBase {
  kind: 'repeat';
  times: number;
  steps: Step[];
}

/** Runs steps only when the last `one-of` found the alternative of this label; else their clauses do not apply (`skip`). */
export interface GivenStep extends StepBase {
  kind: 'given';
  label: string;
  steps: Step[];
}

/** A step of a scenario, by kind. */
export type Step = PacketStep | ActionStep | ValueStep | RepeatStep | GivenStep;

/** The verb of a step. */
export type StepKind = Step['kind'];

/** A step as YAML has it, after the schema has seen it: one verb, and what goes with it. */
export interface RawStep extends RawPacketStep, RawActionStep, RawValueStep {
  use?: string;
  with?: Record<string, string | number | boolean>;
  repeat?: number;
  given?: string;
  steps?: RawStep[];
  clause?: string | string[];
  within?: string;
}

/** The parameters that the tester offers on its SYN or SYN/ACK. */
export interface Profile {
  /** Timestamps option (RFC 7323). */
  timestamps: boolean;
  sack: boolean;
  /** Window scale shift; -1 leaves the option out. */
  wscale: number;
  mss: number;
  /** The A flag of the tester's MP_CAPABLE. */
  checksum: boolean;
  /** Bytes of DSN and Data ACK that the tester sends. */
  dsnSize: 4 | 8;
  /** Window field of segments that write none, unscaled; the largest by default. */
  window?: number;
  /** The tester's key where a scenario needs a certain IDSN; random otherwise. */
  key?: bigint;
}

/** Link of a subflow, and its address id at the tester. */
export interface SubflowSpec {
  link: number;
  addressId: number;
}

/**
 * `wire`: the tester speaks to one stack, packet by packet. `multipath`: two stacks speak over several paths, and what they
 * reach is measured.
 */
export type ScenarioKind = 'wire' | 'multipath';

/** One variant of one scenario: what lists, selects and reports have to know of it, whichever its kind. */
export interface ScenarioHead {
  kind: ScenarioKind;
  /** `3.1-connection-initiation/synack/key-length#ipv6`. */
  id: string;
  /** Ids that it had in earlier versions, the last one first. */
  formerly?: readonly string[];
  suite: string;
  name: string;
  title: string;
  section: string;
  place: Place;
  /** Role of the stack under test; of two stacks, that of the client. */
  role: 'initiator' | 'responder';
  family: Family;
  /** The `for-each` variables, each with the word or label that the id has for its value. */
  parameters: Readonly<Record<string, string>>;
  topology: string;
  /** Optional features that the SUT must have, PICS words. */
  needs: readonly string[];
  /** Ids of all clauses that it judges, each once. */
  clauses: readonly string[];
}

/** One variant of a scenario between the tester and one stack. */
export interface Scenario extends ScenarioHead {
  kind: 'wire';
  /** Why it may end otherwise by chance: it is run again when it does not pass. */
  unsteady?: string;
  profile: Profile;
  subflows: Readonly<Record<string, SubflowSpec>>;
  preamble: Step[];
  body: Step[];
}

/** Every step, those inside `repeat` and `given` included. */
export function allSteps(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) =>
    step.kind === 'repeat' || step.kind === 'given' ? [step, ...allSteps(step.steps)] : [step],
  );
}

/** Ids of all clauses that steps judge, each once. */
export function clausesOf(steps: readonly Step[]): string[] {
  return [...new Set(allSteps(steps).flatMap((step) => step.clauses))];
}
