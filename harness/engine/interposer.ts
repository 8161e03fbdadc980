/** The layer between the stack under test and the rest of the harness, which a mutation run replaces. */
import type { Scope } from '../notation/evaluate.ts';
import type { Packet } from '../packet/types.ts';
import type { AgentAnswer } from '../sut/types.ts';
import type { Subflow } from './endpoint.ts';
import type { Arrival } from './packet-view.ts';

/** A packet of the stack with the subflow that it came on. */
export interface OnSubflow {
  arrival: Arrival;
  subflow: Subflow;
}

/** May alter what the stack does before any part of the harness sees it. A session takes one when it begins. */
export interface Interposer {
  /** The preamble is over. */
  bodyBegins(): void;
  /** The packets that come in place of one of the stack: none, another one, or several. */
  received(arrival: Arrival, subflow: Subflow | undefined, scope: Scope): readonly Packet[];
  /**
   * A packet that the stack sends without cause after the tester has sent.
   *
   * @param lastOn the last packet that the stack sent on a subflow, by name; `any` is the one that the tester has sent on
   */
  unprompted(lastOn: (subflow: string) => OnSubflow | undefined, scope: Scope): OnSubflow | undefined;
  /** The agent's answer to a command. */
  answered(command: string, answer: AgentAnswer): AgentAnswer;
}

/** Changes nothing. */
export const TRANSPARENT: Interposer = {
  bodyBegins: () => undefined,
  received: ({ packet }) => [packet],
  unprompted: () => undefined,
  answered: (_command, answer) => answer,
};
