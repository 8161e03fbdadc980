/**
 * Groups suite files so that each worker has one module to run. Vitest waits at the end of every module for its slowest
 * test, and a suite has some that wait for seconds.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Clause } from '../../catalogue/types.ts';
import type { Scenario } from '../../scenario/suite.ts';
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

/** What a worker runs, loaded already: reading all suites takes longer than many of them take to run. */
export interface LoadedGroup {
  scenarios: readonly Scenario[];
  clauses: readonly Clause[];
}

/** Group files on disk. */
export interface GroupFiles {
  paths: string[];
  remove: () => void;
}

/** Writes group files into a fresh folder below `folder`. */
export function writeGroups(groups: readonly LoadedGroup[], folder: string): GroupFiles {
  const own = mkdtempSync(join(folder, 'groups-'));
  const paths = groups.map((group, index) => {
    const path = join(own, `${index + 1}${GROUP_ENDING}`);
    // Vitest reads the file as a module's source, so what is loaded stands beside it.
    writeFileSync(path, '');
    writeFileSync(loadedPath(path), serialize(group));
    return path;
  });
  return { paths, remove: () => rmSync(own, { recursive: true, force: true }) };
}

/** What belongs to a group file, in the process that runs it. The two are of the same program. */
export function readGroup(path: string): LoadedGroup {
  return deserialize(readFileSync(loadedPath(path))) as LoadedGroup;
}

function loadedPath(path: string): string {
  return `${path}.loaded`;
}
