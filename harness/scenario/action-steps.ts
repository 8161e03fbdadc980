/** Steps that act on the stack or the tester other than by packets. */
import { readAt, say } from './step-text.ts';
import type { StepBase, VerbTable } from './step-verb.ts';
import { parseSutLine, type SutLine } from './sut-line.ts';

/** An action of the SUT; `within` in milliseconds before scaling. */
export interface SutStep extends StepBase {
  kind: 'sut';
  line: SutLine;
  within?: number;
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

/** A step that acts. */
export type ActionStep = SutStep | FenceStep | ForgetStep;

/** Such a step as YAML has it. */
export interface RawActionStep {
  sut?: string;
  fence?: true;
  forget?: true | string;
}

/** The verbs that act. */
export const ACTION_VERBS: VerbTable<ActionStep, RawActionStep> = {
  sut: {
    manual: [
      '`sut: COMMAND -> FIELD=VALUE ...`',
      "an action of the stack's application; compares its result with the fields after `->`",
    ],
    schema: { type: 'string', description: 'An action of the stack: "recv bytes=100 -> pattern=ok".' },
    companions: ['within'],
    judges: 'may',
    build: ({ raw, at, base, within, context }) => ({
      ...base,
      kind: 'sut',
      line: readAt(raw.sut ?? '', at, context, parseSutLine),
      ...within,
    }),
    matchers: ({ line }) => [...line.args, ...line.returns].map((item) => item.matcher),
  },
  fence: {
    manual: ['`fence: true`', 'waits until the stack has processed everything sent'],
    schema: { const: true },
    companions: [],
    judges: 'never',
    build: ({ base }) => ({ ...base, kind: 'fence', clauses: [] }),
  },
  forget: {
    manual: [
      '`forget: true`, `forget: b`',
      'the next SYN starts a new MPTCP connection; the next SYN on `b` starts a new subflow',
    ],
    schema: { anyOf: [{ const: true }, { type: 'string' }] },
    companions: [],
    judges: 'never',
    build: ({ raw, at, base, context }) => ({
      ...base,
      kind: 'forget',
      clauses: [],
      ...(raw.forget === true ? {} : { subflow: say(raw.forget ?? '', at, context) }),
    }),
  },
};
