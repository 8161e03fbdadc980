import type { Variation } from '../rules/index.ts';

/** Choices that the RFCs leave to a stack. */
export const freedoms: readonly Variation[] = [];
