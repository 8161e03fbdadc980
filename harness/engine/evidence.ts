/** The evidence that judging steps may read of the stack under test. They read nothing else. */
import type { Value } from '../notation/expression.ts';
import { parseExpr } from '../notation/expression.ts';
import { evaluate } from '../notation/evaluate.ts';
import type { SutLine } from '../scenario/sut-line.ts';
import type { Step } from '../scenario/suite.ts';
import type { AgentAnswer } from '../sut/types.ts';
import type { OnSubflow } from './interposer.ts';
import type { Arrival } from './packet-view.ts';
import type { Session } from './session.ts';
import { askSut } from './sut-actions.ts';

/** The stack's conduct, as one step gets to see it. */
export interface Evidence {
  /** The packets received so far, in order of arrival. */
  arrivals(): readonly Arrival[];
  /** The packet that the last `expect` matched. */
  lastMatch(): OnSubflow | undefined;
  /**
   * The agent's answer to a line; where the stack refuses, its fields are `error` and `text`.
   *
   * @param limit how long the agent may wait, milliseconds
   * @throws AgentLost
   */
  answer(line: SutLine, limit: number): Promise<AgentAnswer>;
  /** The values that the rounds of a `repeat` have bound to a name. */
  collected(name: string): readonly Value[];
  /** The value of an expression now. @throws NotKnownYet */
  value(expression: string): Value;
}

/** Chooses what a step gets to see. */
export type EvidenceFor = (step: Step, session: Session) => Evidence;

/** The evidence as recorded. */
export function recordedEvidence(session: Session): Evidence {
  return {
    arrivals: () => session.arrivals,
    lastMatch: () => session.lastMatch,
    answer: (line, limit) => askSut(line, session, limit),
    collected: (name) => session.collected.get(name) ?? [],
    value: (expression) => evaluate(parseExpr(expression, 0), session.scope()),
  };
}
