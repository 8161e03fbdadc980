/** `coverage`: prints or writes `docs/coverage.md`. */
import { join } from 'node:path';
import { judgesOfClauses } from '../../catalogue/coverage.ts';
import { writeWhole } from '../../report/results-file.ts';
import { coveragePage } from './coverage-page.ts';
import { judgesOf } from '../inputs/judges.ts';
import { openProject } from '../inputs/project.ts';

/** Makes the page from what is installed. @throws ResultsFileError when it cannot be written */
export function coverage({ write }: { write: boolean }): void {
  const { root, catalogue, scenarios, multipath } = openProject();
  const page = coveragePage(
    catalogue,
    judgesOfClauses(catalogue, judgesOf(scenarios)),
    judgesOfClauses(catalogue, judgesOf(multipath)),
  );
  if (!write) {
    process.stdout.write(page);
    return;
  }
  const file = join(root, 'docs', 'coverage.md');
  writeWhole(file, page);
  process.stderr.write(`wrote ${file}\n`);
}
