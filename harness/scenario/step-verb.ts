/** The form of a verb: how a step is built from YAML, and what the linter has to know of it. */
import type { NodePath, Place } from '../document/diagnostic.ts';
import type { Matcher } from '../notation/expression.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import type { TextContext } from './step-text.ts';

/** The properties that every step has. */
export interface StepBase {
  place: Place;
  /** The step as written, one line. */
  text: string;
  /** Clauses that the step judges. A step that can fail but judges none is a precondition: unmet, it is inconclusive. */
  clauses: readonly string[];
}

/** The steps of a union `S` whose kind is `K`. */
export type OfKind<K, S> = S extends { kind: infer J } ? (K extends J ? S : never) : never;

/** The input from which a step is built. */
export interface StepInput<Raw> {
  /** The step as YAML has it. */
  raw: Raw;
  /** Path of the step. */
  path: NodePath;
  /** Path of the verb's value. */
  at: NodePath;
  /** The properties that every step has. */
  base: StepBase;
  /** `within` in milliseconds. */
  within: { within?: number };
  context: TextContext;
}

/** Keys of a step that only go with certain verbs. */
export type Companion = 'within' | 'resend' | 'since' | 'allow' | 'from' | 'unless' | 'with' | 'steps';

/** The properties of steps of one kind, built from `Input`. */
export interface StepVerb<S extends StepBase, Input> {
  readonly companions: readonly Companion[];
  /**
   * Whether a step of the kind judges clauses: it cannot fail (`never`), it may also be a precondition (`may`), it has no
   * other use (`always`), or the steps inside it do (`inside`).
   */
  readonly judges: 'never' | 'may' | 'always' | 'inside';
  /** The verb as people write it, and what the step does: a row of the manual's table. */
  readonly manual: readonly [written: string, does: string];
  /** JSON Schema of the verb's value. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Builds the step from YAML that the schema has seen. @throws DocumentError */
  readonly build: (input: Input) => S;
  /** The packet lines of the step. */
  lines?(step: S): readonly PacketLine[];
  /** Matchers that stand in none of its packet lines. */
  matchers?(step: S): readonly Matcher[];
}

/** The verbs of a union of steps, built from YAML with the keys of `Raw`. */
export type VerbTable<S extends StepBase & { kind: string }, Raw> = {
  readonly [K in S['kind']]: StepVerb<OfKind<K, S>, StepInput<Raw>>;
};

/** The matchers of a packet line. */
export function matchersIn({ fields, options }: Pick<PacketLine, 'fields' | 'options'>): Matcher[] {
  return [...fields, ...(options?.items ?? []).flatMap((item) => item.fields)].map((field) => field.matcher);
}
