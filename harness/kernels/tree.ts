/** A kernel's source tree, or the folder of a build out of tree (`make O=`), as a kernel to be judged. */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHITECTURES } from '../sut/architecture.ts';
import { KernelError } from './types.ts';

/** Contents of a build folder. Paths are absolute if the folder's is. */
export interface KernelTree {
  image: string;
  config?: string;
  /** Folder that holds the modules where they were built; absent when no module was. */
  modules?: string;
  /** Commit of the source, with `-dirty` when files differ from it; absent outside of git. */
  commit?: string;
}

/** Whether a path is a folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Finds the parts of a build.
 *
 * @param folder top of a kernel tree, or its `O=` folder
 * @throws KernelError when it is not a build tree, or has not been built yet
 */
export function findTree(folder: string): KernelTree {
  const config = join(folder, '.config');
  const candidates = Object.values(ARCHITECTURES).flatMap(({ images }) => images.map((path) => join(folder, path)));
  const images = candidates.filter((path) => existsSync(path));
  if (images.length === 0) throw new KernelError(whyNoImage(folder, existsSync(config)));
  // Several architectures were built in one tree: the last build counts.
  const image = images.reduce((newest, one) => (statSync(one).mtimeMs > statSync(newest).mtimeMs ? one : newest));
  const commit = commitOf(sourceOf(folder));
  return {
    image,
    ...(existsSync(config) ? { config } : {}),
    ...(existsSync(join(folder, 'modules.order')) ? { modules: folder } : {}),
    ...(commit === undefined ? {} : { commit }),
  };
}

function whyNoImage(folder: string, isConfigured: boolean): string {
  if (isConfigured) return `${folder}: the tree has no built image; run make there`;
  if (existsSync(join(folder, 'Kconfig'))) {
    return `${folder}: a kernel tree without .config; configure and build it ("mptcp-conformance kernel-config" prints the options that a guest needs)`;
  }
  return `${folder}: not a kernel tree: no .config and no image; give the top of the tree, its O= folder, or an image`;
}

/** The source of a build: `make O=` leaves a link. */
function sourceOf(folder: string): string {
  const link = join(folder, 'source');
  return existsSync(link) ? link : folder;
}

/** The commit that is checked out in a folder; undefined where git or a commit is not there. */
function commitOf(folder: string): string | undefined {
  // A tree that lies within another project's checkout is not that project's commit.
  if (!existsSync(join(folder, '.git'))) return undefined;
  try {
    const text = execFileSync('git', ['-C', folder, 'describe', '--always', '--abbrev=40', '--exclude=*', '--dirty'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.trim();
  } catch {
    return undefined;
  }
}
