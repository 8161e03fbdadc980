/** Finds files of this package, whether it runs from its sources or from `dist`. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';

/**
 * Absolute path of a file of this package.
 *
 * @throws Error when it is not there: the installation is incomplete
 */
export function projectFile(path: string): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, path);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) {
      throw new Error(`${path} is missing from this installation of mptcp-conformance; reinstall it`);
    }
  }
}

let root: string | undefined;

/**
 * A path as results and messages tell it: relative to the installation for what is in it, so that two machines agree;
 * as it is for everything else.
 */
export function projectPath(path: string): string {
  const known = paths.get(path);
  if (known !== undefined) return known;
  root ??= dirname(projectFile('package.json'));
  const short = relative(root, path);
  const told = short.startsWith('..') || isAbsolute(short) ? path : short;
  paths.set(path, told);
  return told;
}

/** Every step of every scenario asks for the path of its file. */
const paths = new Map<string, string>();
