/** Keeps what was worked out from files, for as long as they stay the same: reading all suites takes seconds. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

/** Bytes of a fingerprint. */
const FINGERPRINT_BYTES = 32;

/** This user's folder for what can be made again (XDG Base Directory Specification). */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mptcp-conformance');
}

/** The files and values that a cached value depends on. */
export interface Inputs {
  /** Folders and files of which every byte counts. */
  contents: readonly string[];
  /** Folders of which size and time of each file count: a program that is replaced as a whole. */
  program: readonly string[];
}

/** A fingerprint of all files in the inputs and of the interpreter. @throws Error of `fs` */
export function fingerprint({ contents, program }: Inputs): Buffer {
  const hash = createHash('sha256').update(process.version);
  for (const path of contents.flatMap(filesBelow)) {
    const bytes = readFileSync(path);
    hash.update(`\n${path}\0${bytes.length}\n`).update(bytes);
  }
  for (const path of program.flatMap(filesBelow)) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`\n${path}\0${size}\0${mtimeMs}`);
  }
  return hash.digest();
}

function filesBelow(folder: string): string[] {
  if (statSync(folder).isFile()) return [folder];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/**
 * Returns what `make` returns, or returned for the same fingerprint. The value must survive structured cloning, and loses
 * its prototypes. A cache that cannot be written (no home, a full disk) is not an error.
 *
 * @param file where it is kept
 * @throws whatever `make` throws; nothing is kept then
 */
export function keepIn<T>(file: string, print: Buffer, make: () => T): T {
  const kept = recall(file, print);
  if (kept !== undefined) return kept.value as T;
  const value = make();
  keep(file, print, value);
  return value;
}

/** Stores a value for its fingerprint, replacing the file's earlier content. A write that fails is not an error. */
export function keep(file: string, print: Buffer, value: unknown): void {
  const bytes = Buffer.concat([print, serialize({ value })]);
  const fresh = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(fresh, bytes, { mode: 0o600 });
    renameSync(fresh, file);
  } catch {
    if (existsSync(fresh)) rmSync(fresh);
  }
}

/** The value in the file, if the fingerprint matches and the file is this user's: others could have written anything. */
export function recall(file: string, print: Buffer): { value: unknown } | undefined {
  try {
    if (statSync(file).uid !== process.getuid?.()) return undefined;
    const bytes = readFileSync(file);
    return bytes.subarray(0, FINGERPRINT_BYTES).equals(print)
      ? (deserialize(bytes.subarray(FINGERPRINT_BYTES)) as { value: unknown })
      : undefined;
  } catch {
    // Not there, or cut off by a full disk: it is made again.
    return undefined;
  }
}
