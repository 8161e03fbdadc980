/** Declared deviations by the path of a file, or by the name of a baseline. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suggestion } from '../../document/diagnostic.ts';
import { UsageError } from '../../document/explained-error.ts';
import { loadDeviations } from '../../report/deviations-file.ts';
import type { DeviationList } from '../../report/deviations.ts';
import { projectRoot } from './project.ts';
import { workspace } from './workspace.ts';

/**
 * Loads declared deviations.
 *
 * @param word a path, or a baseline of the user's or ours without `.yaml`: `linux-6.18`
 * @throws UsageError when there is neither; DocumentError
 */
export function declaredDeviations(word: string): DeviationList {
  if (existsSync(word)) return loadDeviations(word);
  const folders = [...workspace().baselines, join(projectRoot(), 'reports', 'baselines')];
  const file = folders.map((folder) => join(folder, `${word}.yaml`)).find((path) => existsSync(path));
  if (file !== undefined) return loadDeviations(file);
  const names = folders.flatMap(namesIn);
  throw new UsageError(
    `--deviations ${word}: no such file or baseline${suggestion(word, names)}; baselines are ${names.join(', ')}`,
  );
}

function namesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((file) => (/^[^.]+-[\d.]+\.yaml$/.test(file) ? [file.slice(0, -5)] : []));
}
