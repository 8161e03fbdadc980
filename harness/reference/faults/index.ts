import type { Variation } from '../rules/index.ts';

/** Ways to break a duty, under the clause of the duty. */
export const faults: readonly Variation[] = [];
