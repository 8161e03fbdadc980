/** The journal of a run under way, so that a killed run leaves its results so far. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import type { DeviationList } from '../../report/deviations.ts';
import type { RunResults, ScenarioRecord, ToolInfo } from '../../report/results.ts';
import { writeWhole } from '../../report/results-file.ts';
import { JOURNAL, JOURNAL_HEAD } from '../../verdict/evidence.ts';
import type { SutInfo } from '../../verdict/stack-info.ts';

/** All that results say besides verdicts; known when the run starts. */
export interface JournalHead {
  tool: ToolInfo;
  run: Omit<RunResults['run'], 'finishedAt' | 'durationMs' | 'partial'>;
  sut: SutInfo;
  deviations: DeviationList;
}

/** A run that did not come to its end. */
export interface Journal extends JournalHead {
  /** In the order in which they ended. */
  scenarios: ScenarioRecord[];
}

/** Writes the head, before the first scenario. @param evidence the folder of the evidence */
export function beginJournal(evidence: string, head: JournalHead): void {
  writeWhole(join(evidence, JOURNAL_HEAD), `${JSON.stringify(head)}\n`, { flush: false });
}

/** Removes it; the results file has it all. */
export function endJournal(evidence: string): void {
  for (const name of [JOURNAL, JOURNAL_HEAD]) rmSync(join(evidence, name), { force: true });
}

/** @throws UsageError where no killed run left a journal */
export function requireJournal(evidence: string): void {
  if (!existsSync(join(evidence, JOURNAL_HEAD)))
    throw new UsageError(`${evidence} has no journal of a killed run; name the --output folder of that run`);
}

/** Reads what a killed run left. @throws UsageError where there is nothing */
export function readJournal(evidence: string): Journal {
  requireJournal(evidence);
  const file = join(evidence, JOURNAL);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  // An unterminated last line was being written when the run was killed.
  const whole = lines.slice(0, -1);
  return {
    ...(JSON.parse(readFileSync(join(evidence, JOURNAL_HEAD), 'utf8')) as JournalHead),
    scenarios: whole.map((line) => JSON.parse(line) as ScenarioRecord),
  };
}
