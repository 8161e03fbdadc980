/** Ladder diagrams in the terminal. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LadderEntry } from '../engine/result.ts';
import { ladderText } from '../report/ladder-text.ts';
import type { RunResults } from '../report/results.ts';
import { styleFor } from '../report/text-layout.ts';

/** Prints the ladder of every scenario that has one; `folder` is where the results file stands. */
export function showLadders(results: Pick<RunResults, 'scenarios'>, folder: string): void {
  const style = styleFor(process.stdout);
  for (const scenario of results.scenarios) {
    if (scenario.evidence.ladder === undefined) continue;
    const ladder = JSON.parse(readFileSync(join(folder, scenario.evidence.ladder), 'utf8')) as LadderEntry[];
    process.stdout.write(`${scenario.id}: ${scenario.title}\n${ladderText(ladder, style)}\n\n`);
  }
}
