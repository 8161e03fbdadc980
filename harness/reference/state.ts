/** A stack: its state and the rules that it follows. */
import type { Rules } from './rules/index.ts';
import type { StackState } from './stack-state.ts';

export type * from './stack-state.ts';

/** State that all parts of the stack share. */
export interface Stack extends StackState {
  readonly rules: Rules;
}
