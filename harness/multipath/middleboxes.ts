/** Makes the middleboxes that a scenario names. */
import type { Family } from '../packet/types.ts';
import type { CellLink } from '../topology/types.ts';
import type { Middlebox } from '../wire/forward/middlebox.ts';
import type { RawMiddlebox } from './raw-suite.ts';

/** @param link the client's link of the path */
export function makeBoxes(raw: readonly RawMiddlebox[], link: CellLink, family: Family): Middlebox[] {
  void raw; void link; void family;
  return [];
}
