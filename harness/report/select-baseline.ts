/** Picks the baseline of a stack by its name and version. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The choice of {@link selectBaseline}. */
export interface BaselineChoice {
  match: 'exact' | 'older' | 'none';
  /** Path of the file; absent when there is none. */
  file?: string;
  /** Version it was made for. */
  version?: string;
  /** One line for people. */
  message: string;
}

/** A stack as its agent names it. */
export interface Named {
  /** `linux`. */
  name: string;
  /** `6.18.5-cloud` */
  kernel: string;
}

/** As {@link selectIn}, from the first of several folders that has a file for the stack. */
export function selectBaseline(stack: Named, folders: readonly string[]): BaselineChoice {
  const choices = folders.map((folder) => selectIn(stack, folder));
  return choices.find(({ match }) => match !== 'none') ?? (choices.at(-1) as BaselineChoice);
}

/**
 * Picks the deviations file of a stack from a folder: `linux-6.18.5.yaml` for that version where there is one, else that
 * of the series (`linux-6.18.yaml`), else that of the nearest older series of the same stack, else `linux.yaml`, which
 * holds for every version. A file of another stack is never taken.
 */
function selectIn({ name, kernel: release }: Named, folder: string): BaselineChoice {
  const versions = baselines(folder, name);
  const exact = (version: string): BaselineChoice => {
    const file = join(folder, version === '' ? `${name}.yaml` : `${name}-${version}.yaml`);
    return { match: 'exact', file, ...(version === '' ? {} : { version }), message: `declared deviations: ${file}` };
  };
  const [, series, patch = ''] = /^(\d+\.\d+)(?:\.(\d+))?/.exec(release) ?? [];
  const same = [release, `${series ?? ''}.${patch}`, series].find((one) => one !== undefined && versions.includes(one));
  if (same !== undefined) return exact(same);
  const older = versions
    .filter((one) => series !== undefined && /^\d+\.\d+$/.test(one) && compareVersions(one, series) < 0)
    .sort(compareVersions)
    .at(-1);
  if (older !== undefined) {
    const { file = '' } = exact(older);
    const message = `declared deviations: ${file}, the nearest older one; there is none for ${series ?? ''}`;
    return { match: 'older', file, version: older, message };
  }
  if (versions.includes('')) return exact('');
  const wanted = series === undefined ? `${name}.yaml` : `${name}-${series}.yaml or of an older version`;
  return { match: 'none', message: `no declared deviations: ${folder} has no ${wanted}` };
}

/** Versions that a folder has baselines of this stack for; empty text for the file without a version. */
function baselines(folder: string, name: string): string[] {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const stems = files.filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length));
  return stems.flatMap((stem) => {
    if (stem === name) return [''];
    return stem.startsWith(`${name}-`) ? [stem.slice(name.length + 1)] : [];
  });
}

function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor === bMajor ? aMinor - bMinor : aMajor - bMajor;
}
