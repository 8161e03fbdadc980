/** The folder of a run: locked while the run writes, and cleared only of what earlier runs wrote. */
import { existsSync, readFileSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { ExplainedError, UsageError } from '../../document/explained-error.ts';
import { makeFolder } from '../../document/make-folder.ts';
import { isResultsFile } from '../../report/results-file.ts';
import { isLauncherAlive, launcherMark } from '../../topology/machine/launcher.ts';
import { EVIDENCE_FILES, evidenceFolder, JOURNAL, JOURNAL_HEAD } from '../../verdict/evidence.ts';
import { GROUPS_FOLDER } from './vitest/suite-groups.ts';

/** Folder of the evidence, beside the results file. */
export const EVIDENCE_FOLDER = 'evidence';

/** File by which a later run recognises the folder of a run. */
const MARKER = '.mptcp-conformance';
const MARKER_TEXT =
  'A run of mptcp-conformance wrote this folder. The next run into it replaces results.json, evidence, allure-results and allure-report.\n';
const LOCK = '.lock';
const REPLACED = [EVIDENCE_FOLDER, 'results.json', 'allure-results', 'allure-report'];

/**
 * Locks the folder, making it if necessary, and removes what an earlier run left in it.
 *
 * @param options.keep remove nothing
 * @returns the function that unlocks it
 * @throws UsageError
 */
export function claimFolder(folder: string, { keep = false }: { keep?: boolean } = {}): () => void {
  try {
    makeFolder(folder);
    requireOurs(folder);
    const unlock = lock(folder);
    process.once('exit', unlock);
    writeFileSync(join(folder, MARKER), MARKER_TEXT);
    if (!keep) clear(folder);
    makeFolder(join(folder, EVIDENCE_FOLDER));
    return unlock;
  } catch (error) {
    if (error instanceof ExplainedError || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    throw new UsageError(`cannot write to the folder ${folder}: ${(error as Error).message}; choose another --output`);
  }
}

/** @throws UsageError if the folder has files by the names of ours that no run wrote */
function requireOurs(folder: string): void {
  // Runs of versions before the marker left a results file.
  if (existsSync(join(folder, MARKER)) || isResultsFile(join(folder, 'results.json'))) return;
  const foreign = REPLACED.find((name) => !isEmpty(join(folder, name)));
  if (foreign !== undefined)
    throw new UsageError(
      `${join(folder, foreign)} was not written by a run, and a run would replace it; move it away or choose another --output`,
    );
}

function isEmpty(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code === 'ENOTDIR') return false;
    throw error;
  }
}

/** Removes files that runs write, by name; files of others stay, also below the evidence. */
function clear(folder: string): void {
  for (const name of ['results.json', 'lcov.info', 'code-coverage.txt']) rmSync(join(folder, name), { force: true });
  for (const name of ['allure-results', 'allure-report']) rmSync(join(folder, name), { recursive: true, force: true });
  const evidence = join(folder, EVIDENCE_FOLDER);
  for (const name of existsSync(evidence) ? readdirSync(evidence) : [])
    if (name.startsWith(GROUPS_FOLDER)) rmSync(join(evidence, name), { recursive: true, force: true });
  clearEvidence(evidence);
}

/** Removes the evidence of one scenario, and the folders above it that become empty. */
export function dropEvidence(folder: string, id: string): void {
  const top = join(folder, EVIDENCE_FOLDER);
  let at = join(top, evidenceFolder(id));
  clearEvidence(at);
  for (at = dirname(at); at !== top && isEmpty(at) && existsSync(at); at = dirname(at)) rmdirSync(at);
}

const OWN_FILES: ReadonlySet<string> = new Set([...EVIDENCE_FILES, JOURNAL, JOURNAL_HEAD]);

function clearEvidence(folder: string): void {
  if (!existsSync(folder)) return;
  let left = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) clearEvidence(path);
    else if (OWN_FILES.has(entry.name)) rmSync(path);
    if (existsSync(path)) left++;
  }
  if (left === 0) rmdirSync(folder);
}

/**
 * Puts a lock file into the folder: process id and start time, so that the lock of a dead process is recognised, and
 * the host, because folders are shared between machines.
 *
 * @throws UsageError while another run has the folder
 */
function lock(folder: string): () => void {
  const path = join(folder, LOCK);
  const own = `${launcherMark()} ${hostname()}\n`;
  if (create(path, own) || (dropStale(path) && create(path, own)))
    return () => {
      if (read(path) === own) rmSync(path, { force: true });
    };
  const { pid, host } = ownerIn(read(path) ?? '');
  const where = host === hostname() ? '' : ` on ${host}; if it has ended, remove ${path}`;
  throw new UsageError(
    `another run (pid ${pid}) is writing to ${folder}${where}; wait for it or choose another --output`,
  );
}

/** Creates a file that must not exist. @returns whether it did not */
function create(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // The file is made before there is no room for its content.
    if (code === 'ENOSPC') rmSync(path, { force: true });
    throw error;
  }
}

function ownerIn(text: string): { mark: string; pid: string; host: string } {
  const [mark = '', host = '?'] = text.trim().split(' ');
  return { mark, pid: mark.split(':')[0] ?? '', host };
}

/** Moves the lock of a dead process of this machine away. @returns whether the folder may be free now */
function dropStale(path: string): boolean {
  const found = read(path);
  if (found === undefined) return true;
  const { mark, host } = ownerIn(found);
  if (host !== hostname() || isLauncherAlive(mark)) return false;
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
  // Another process may have replaced the stale lock since it was read: give it back.
  const isStale = read(aside) === found;
  if (!isStale) create(path, read(aside) ?? '');
  rmSync(aside, { force: true });
  return isStale;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
