/**
 * Gives each worker one module to run, with scenarios of many suites. Vitest waits at the end of every module for its
 * slowest test, and a suite has some that wait for seconds.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Clause } from '../../../catalogue/types.ts';
import type { AnyScenario } from '../../../multipath/scenario.ts';
import { GROUP_ENDING } from './suite-plugin.ts';

const LOADED = 'loaded';

/** What a worker runs, loaded already: reading all suites takes longer than many of them take to run. */
export interface LoadedGroup {
  scenarios: readonly AnyScenario[];
  clauses: readonly Clause[];
}

/** Group files on disk. */
export interface GroupFiles {
  paths: string[];
  remove: () => void;
}

/**
 * Writes group files into a fresh folder below `folder`. What is loaded stands among the temporary files, since it is
 * large and `folder` is for what stays.
 */
export function writeGroups(groups: readonly LoadedGroup[], folder: string): GroupFiles {
  const own = mkdtempSync(join(folder, 'groups-'));
  const temporary: string[] = [];
  const paths = groups.map((group, index) => {
    const folderOfOne = mkdtempSync(join(tmpdir(), 'mptcp-conformance-group-'));
    temporary.push(folderOfOne);
    writeFileSync(join(folderOfOne, LOADED), serialize(group));
    const path = join(own, `${index + 1}${GROUP_ENDING}`);
    writeFileSync(path, folderOfOne);
    return path;
  });
  return { paths, remove: () => [own, ...temporary].forEach((one) => rmSync(one, { recursive: true, force: true })) };
}

/**
 * What belongs to a group file, in the process that runs it. Once: a run that is killed then leaves nothing. The two
 * processes are of the same program, so the form is its own affair.
 */
export function readGroup(path: string): LoadedGroup {
  const folder = readFileSync(path, 'utf8');
  const group = deserialize(readFileSync(join(folder, LOADED))) as LoadedGroup;
  rmSync(folder, { recursive: true });
  return group;
}
