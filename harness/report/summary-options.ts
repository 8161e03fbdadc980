import type { Clause } from '../catalogue/types.ts';
import type { TextStyle } from './text-layout.ts';

/** Additional parts of the summary. */
export interface SummaryOptions extends TextStyle {
  /** Clause texts, by id. */
  clauses?: ReadonlyMap<string, Clause>;
  /** Shows which way the stack took at each MAY, and what advice it does not follow. */
  showInfo?: boolean;
  /** Leaves nothing out, however long it gets: every section, every declared deviation, the packets of every failure. */
  full?: boolean;
  /** Folder of the results file, which the evidence paths are relative to, so that they can be opened from here. */
  resultsFolder?: string;
}
