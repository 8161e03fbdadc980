/** Trouble of a kernel under test. */

import type { TroubleKind } from '../verdict/trouble.ts';

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
