/** What a kernel under test complained of. */

/** Kinds of complaint. `lost`: the guest went away, or stopped answering, without a message. */
export type TroubleKind = 'panic' | 'oops' | 'bug' | 'kasan' | 'lockdep' | 'hung-task' | 'lockup' | 'warning' | 'lost';

/** One line that is a sign of trouble. */
export interface TroubleSign {
  kind: TroubleKind;
  /** The kernel's own words, without time and addresses that differ from run to run. */
  title: string;
}

/** Trouble, with what the console said. */
export interface KernelTrouble extends TroubleSign {
  /** Lines of the console, from some before the first sign to the last that came. */
  console: string[];
}
