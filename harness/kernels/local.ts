/** A kernel that the user built, or has on the disk. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readImage } from './image.ts';
import { findTree, isFolder } from './tree.ts';
import { KernelError, type KernelBuild } from './types.ts';

/** Whether what was given names a file or folder, and not a version. */
export function isPath(wanted: string): boolean {
  return /^(?:\.{0,2}\/|~)/.test(wanted) || existsSync(wanted);
}

/**
 * A kernel from its image, or from the tree that it was built in.
 *
 * @param path an image, the top of a kernel tree, or a tree's `O=` folder
 * @param modules folder of its modules: a `/lib/modules/<release>`, or what `make modules_install INSTALL_MOD_PATH=`
 *   filled; left out where everything needed is built in, or lies in the tree
 * @throws KernelError when it is not an image or tree, or the modules are not this kernel's
 */
export function localKernel(path: string, modules?: string): KernelBuild {
  const place = resolve(path);
  const tree = isFolder(place) ? findTree(place) : undefined;
  const image = tree?.image ?? place;
  const { release, architecture, build } = readImage(image);
  const config = tree === undefined ? findConfig(image, release) : tree.config;
  const folder = modules === undefined ? tree?.modules : findModules(resolve(modules), release);
  return {
    release,
    ...(build === undefined ? {} : { build }),
    architecture,
    image,
    origin: place,
    ...(folder === undefined ? {} : { modules: folder }),
    ...(config === undefined ? {} : { config }),
    ...(tree?.commit === undefined ? {} : { commit: tree.commit }),
  };
}

function findModules(folder: string, release: string): string {
  const places = [
    join(folder, 'lib', 'modules', release),
    join(folder, 'usr', 'lib', 'modules', release),
    join(folder, release),
    folder,
  ];
  const found = places.find((place) => existsSync(join(place, 'kernel')) || existsSync(join(place, 'modules.dep')));
  if (found !== undefined) return found;
  const what = existsSync(folder)
    ? `holds ${readdirSync(folder).slice(0, 5).join(', ') || 'nothing'}`
    : 'does not exist';
  throw new KernelError(
    `--modules ${folder} ${what}, expected the modules of ${release}: a folder with "kernel" or "modules.dep" in it`,
  );
}

/** The `.config` of a build is at the top of its tree, a distribution's beside the image. */
function findConfig(image: string, release: string): string | undefined {
  const folder = dirname(image);
  const beside = [
    join(folder, `config-${release}`),
    join(folder, 'config'),
    join(folder, '..', '..', '..', '.config'),
    join(folder, '.config'),
  ];
  return beside.find((file) => existsSync(file) && /^CONFIG_\w+=/m.test(readFileSync(file, 'utf8')));
}
