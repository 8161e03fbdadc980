/** Scenarios as the engine runs them: loaded, checked, with every variant spelled out. */
import type { Place } from '../document/diagnostic.ts';
import type { Family } from '../packet/types.ts';
import type { Matcher } from '../notation/expression.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import type { SutLine } from './sut-line.ts';

/** The properties that every step has. */
interface StepBase {
  place: Place;
  /** The step as written, one line. */
  text: string;
  /** Clauses that the step judges. A step that can fail but judges none is a precondition: unmet, it is inconclusive. */
  clauses: readonly string[];
}

/** Sends one packet, compliant but for what the line says. */
interface SendStep extends StepBase {
  kind: 'send';
  line: PacketLine;
}

/**
 * Waits for a packet. `within` is milliseconds before scaling. With `resend`, what was sent last is sent again when it gets
 * no answer, as a peer does whose data is not acknowledged. With `since`, what came before the last stimulus does not count.
 */
export interface ExpectStep extends StepBase {
  kind: 'expect';
  line: PacketLine;
  within?: number;
  resend?: true;
  since?: 'stimulus';
}

/** Judges the packet that the last `expect` matched. */
export interface AndStep extends StepBase {
  kind: 'and';
  tail: Omit<PacketLine, 'subflow' | 'text'>;
}

/** Waits for any of several packets; which one came is recorded. */
export interface OneOfStep extends StepBase {
  kind: 'one-of';
  alternatives: { label: string; line: PacketLine }[];
  within?: number;
}

/** Nothing comes on these subflows but what is allowed, up to an answered fence. */
export interface QuietStep extends StepBase {
  kind: 'quiet';
  subflows: readonly string[] | 'all';
  allow: PacketLine[];
}

/**
 * No packet like this has come, up to an answered fence: since the last stimulus, or since the scenario's start. With
 * `unless`, data may come that another subflow had to retransmit before: what it is sent on then is up to the stack.
 */
export interface NeverStep extends StepBase {
  kind: 'never';
  line: PacketLine;
  from: 'here' | 'start';
  unless?: 'retransmitted';
}

/** An action of the SUT; `within` in milliseconds before scaling. */
export interface SutStep extends StepBase {
  kind: 'sut';
  line: SutLine;
  within?: number;
}

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

/** All collected values of a name differ (`distinct`), or every bit of them has been seen as 0 and as 1 (`scattered`). */
export interface CollectedStep extends StepBase {
  kind: 'distinct' | 'scattered';
  name: string;
}

/** Two values are equal, outside of any packet. */
export interface CheckStep extends StepBase {
  kind: 'check';
  left: string;
  comparison: Matcher;
}

/** Waits until the stack has dealt with everything sent so far. */
interface FenceStep extends StepBase {
  kind: 'fence';
}

/** Forgets the connection, or one subflow of it, so that the next SYN begins another one. */
interface ForgetStep extends StepBase {
  kind: 'forget';
  subflow?: string;
}

/** A step of a scenario, by kind. */
export type Step =
  | SendStep
  | ExpectStep
  | AndStep
  | OneOfStep
  | QuietStep
  | NeverStep
  | SutStep
  | RepeatStep
  | GivenStep
  | CollectedStep
  | CheckStep
  | FenceStep
  | ForgetStep;

/** The verb of a step. */
export type StepKind = Step['kind'];

/** The step of a verb. */
export type StepOf<K extends StepKind, S = Step> = S extends { kind: infer J } ? (K extends J ? S : never) : never;

/** A step as YAML has it, after the schema has seen it: one verb, and what goes with it. */
export interface RawStep {
  send?: string;
  expect?: string;
  and?: string;
  'one-of'?: Record<string, string>;
  quiet?: string;
  allow?: string[];
  never?: string;
  from?: 'here' | 'start';
  unless?: 'retransmitted';
  sut?: string;
  use?: string;
  with?: Record<string, string | number | boolean>;
  repeat?: number;
  given?: string;
  steps?: RawStep[];
  distinct?: string;
  scattered?: string;
  check?: string;
  fence?: true;
  forget?: true | string;
  clause?: string | string[];
  within?: string;
  resend?: true;
  since?: 'stimulus';
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

/** Which link a subflow uses, and which address id it has at the tester. */
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
  /** Which end the stack under test is; of two stacks, that is the client. */
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
