/** `recover`: the results of a run that was killed. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import { applyDeviations } from '../../report/deviations.ts';
import { buildResults, inOrderOf } from '../../report/results.ts';
import { writeResults } from '../../report/results-file.ts';
import { JOURNAL } from '../../verdict/evidence.ts';
import { allScenarios, openProject } from '../inputs/project.ts';
import { endJournal, readJournal, requireJournal } from '../run/journal.ts';
import { claimFolder, EVIDENCE_FOLDER } from '../run/output-folder.ts';

/**
 * Writes `results.json` of a killed run, marked as partial, and removes its journal.
 *
 * @param folder its output folder
 * @throws UsageError when no run was killed there, or one is still under way
 */
export function recover(folder: string): void {
  const output = resolve(folder);
  const evidence = join(output, EVIDENCE_FOLDER);
  // Without one there is no folder to lock.
  requireJournal(evidence);
  const unlock = claimFolder(output, { keep: true });
  try {
    const { scenarios, run, deviations, ...head } = readJournal(evidence);
    if (scenarios.length === 0) throw new UsageError(`${folder}: the run was killed before it had judged a scenario`);
    const project = openProject();
    const results = buildResults({
      ...head,
      run: { ...run, ...timesOf(run.startedAt, join(evidence, JOURNAL)), partial: true },
      scenarios: inOrderOf(
        scenarios,
        allScenarios(project).map(({ id }) => id),
      ),
      catalogue: project.catalogue.all,
    });
    const file = join(output, 'results.json');
    writeResults(file, applyDeviations(results, deviations));
    endJournal(evidence);
    process.stdout.write(`${file}: ${scenarios.length} scenarios, marked as partial\n`);
  } finally {
    unlock();
  }
}

/** The run ended when its journal was last written to. */
function timesOf(startedAt: string, journal: string): { finishedAt: string; durationMs: number } {
  const finished = existsSync(journal) ? statSync(journal).mtime : new Date(startedAt);
  return { finishedAt: finished.toISOString(), durationMs: finished.getTime() - new Date(startedAt).getTime() };
}
