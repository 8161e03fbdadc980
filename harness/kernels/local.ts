/** A kernel that the user built, or has lying about. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readRelease } from './image.ts';
import { KernelError, type KernelBuild } from './types.ts';

/** Whether what was given names a file, and not a version. */
export function isPath(wanted: string): boolean {
  return wanted.includes('/') || existsSync(wanted);
}

/**
 * A kernel from its image.
 *
 * @param modules folder of its modules: a `/lib/modules/<release>`, or what `make modules_install INSTALL_MOD_PATH=`
 *   filled; left out where everything needed is built in
 * @throws KernelError when it is no bzImage, or the modules are not this kernel's
 */
export function localKernel(image: string, modules?: string): KernelBuild {
  const file = resolve(image);
  const release = readRelease(file);
  const config = findConfig(file, release);
  return {
    release,
    image: file,
    origin: file,
    ...(modules === undefined ? {} : { modules: findModules(resolve(modules), release) }),
    ...(config === undefined ? {} : { config }),
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
  const what = existsSync(folder) ? `holds ${readdirSync(folder).slice(0, 5).join(', ') || 'nothing'}` : 'is not there';
  throw new KernelError(
    `--modules ${folder} ${what}, expected the modules of ${release}: a folder with "kernel" or "modules.dep" in it`,
  );
}

/** A build's `.config` lies at the top of its tree, a distribution's beside the image. */
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
