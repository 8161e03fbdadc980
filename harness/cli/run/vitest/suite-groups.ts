/**
 * Gives each worker one module to run, with scenarios of many suites. Vitest waits at the end of every module for its
 * slowest test, and a suite has some that wait for seconds.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Clause } from '../../../catalogue/types.ts';
import type { AnyScenario } from '../../../multipath/scenario.ts';
import { GROUP_ENDING } from './suite-plugin.ts';

const LOADED = 'loaded';

/** Prefix of the names of folders of group files. */
export const GROUPS_FOLDER = 'groups-';

/** Suites of one worker, loaded: reading all suites takes longer than many of them take to run. */
export interface LoadedGroup {
  scenarios: readonly AnyScenario[];
  clauses: readonly Clause[];
}

/** Group files on disk. */
export interface GroupFiles {
  /** The folder that holds them all. */
  folder: string;
  paths: string[];
  remove: () => void;
}

/** Writes group files into a fresh folder below `folder`, where a killed run leaves them for the next one to remove. */
export function writeGroups(groups: readonly LoadedGroup[], folder: string): GroupFiles {
  const own = mkdtempSync(join(folder, GROUPS_FOLDER));
  const paths = groups.map((group, index) => {
    const path = join(own, `${index + 1}${GROUP_ENDING}`);
    writeFileSync(`${path}.${LOADED}`, serialize(group));
    writeFileSync(path, '');
    return path;
  });
  return { folder: own, paths, remove: () => rmSync(own, { recursive: true, force: true }) };
}

/**
 * Takes the contents of a group file, in the process that runs it. Once. Both processes run the same program, so the
 * format is private.
 */
export function readGroup(path: string): LoadedGroup {
  const file = `${path}.${LOADED}`;
  const group = deserialize(readFileSync(file)) as LoadedGroup;
  rmSync(file);
  return group;
}
