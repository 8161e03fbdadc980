/**
 * Groups suite files so that each worker has one module to run. Vitest waits at the end of every module for its slowest
 * test, and a suite has some that wait for seconds.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GROUP_ENDING } from './suite-plugin.ts';

/**
 * Shares files out, the heaviest first and always to the group that has least.
 *
 * @param weights weight by file
 * @param count how many groups at most; none is empty
 */
export function shareOut(weights: ReadonlyMap<string, number>, count: number): string[][] {
  const groups = Array.from({ length: Math.min(count, weights.size) }, () => ({ weight: 0, files: [] as string[] }));
  for (const [file, weight] of [...weights].toSorted(([, a], [, b]) => b - a)) {
    const lightest = groups.toSorted((a, b) => a.weight - b.weight)[0];
    lightest?.files.push(file);
    if (lightest !== undefined) lightest.weight += weight;
  }
  return groups.map(({ files }) => files);
}

/** Group files on disk. */
export interface GroupFiles {
  paths: string[];
  remove: () => void;
}

/** Writes group files into a fresh folder below `folder`. */
export function writeGroups(groups: readonly (readonly string[])[], folder: string): GroupFiles {
  const own = mkdtempSync(join(folder, 'groups-'));
  const paths = groups.map((files, index) => {
    const path = join(own, `${index + 1}${GROUP_ENDING}`);
    writeFileSync(path, files.map((file) => `${file}\n`).join(''));
    return path;
  });
  return { paths, remove: () => rmSync(own, { recursive: true, force: true }) };
}
