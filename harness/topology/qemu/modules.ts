/** Modules of a kernel that a guest needs, in the order of loading. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { TopologyError } from '../types.ts';

const execute = promisify(execFile);

/** One module, ready to be put into the archive. */
export interface LoadedModule {
  /** File name without compression suffix: `virtio_net.ko`. */
  file: string;
  content: Uint8Array;
}

/** Programs that undo a compression, by suffix. */
const UNPACKERS: Readonly<Record<string, { command: readonly string[]; from: string }>> = {
  '.xz': { command: ['xz', '-dc'], from: 'xz-utils' },
  '.zst': { command: ['zstd', '-dc'], from: 'zstd' },
  '.gz': { command: ['gzip', '-dc'], from: 'gzip' },
};
const LARGEST_MODULE = 64 * 1024 * 1024;

/** `net/virtio-net.ko.xz` is the module `virtio_net`: dashes and underscores are one to the kernel. */
export function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

/** Reads `modules.dep`: path of each module, and the paths of all that it needs, nearest first. Pure. */
export function parseModulesDep(text: string): Map<string, string[]> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [path, ...needs] = line.trim().split(/:?\s+/);
      return path === undefined || path === ''
        ? []
        : [[path.replace(/:$/, ''), needs.filter((one) => one !== '')] as const];
    }),
  );
}

/** Reads what a module says that it needs (`depends=` in its `.modinfo`), by name. Pure. */
export function dependsOf(content: Uint8Array): string[] {
  const text = Buffer.from(content).toString('latin1');
  const list = /(?:^|\0)depends=([^\0]*)\0/.exec(text)?.[1] ?? '';
  return list
    .split(',')
    .filter((one) => one !== '')
    .map((one) => one.replaceAll('-', '_'));
}

/** Names of the modules that are part of the kernel's image, as `modules.builtin` lists them. Pure. */
function parseBuiltin(text: string): Set<string> {
  return new Set(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map(moduleName),
  );
}

function readIf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** @throws TopologyError with the remedy when the program that unpacks it is missing */
async function readModule(path: string): Promise<LoadedModule> {
  const suffix = /\.ko(\.\w+)?$/.exec(path)?.[1] ?? '';
  const file = `${moduleName(path)}.ko`;
  if (suffix === '') return { file, content: readFileSync(path) };
  const unpacker = UNPACKERS[suffix];
  if (unpacker === undefined)
    throw new TopologyError(`module ${path}: unknown compression ${suffix}, expected .xz, .zst or .gz`);
  const [program = '', ...args] = unpacker.command;
  try {
    const { stdout } = await execute(program, [...args, path], { encoding: 'buffer', maxBuffer: LARGEST_MODULE });
    return { file, content: stdout };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = missing ? `${program} is missing: apt-get install ${unpacker.from}` : (error as Error).message;
    throw new TopologyError(`module ${path} cannot be unpacked: ${why}`, { cause: error });
  }
}

/** Walks the modules below `root` (a `/lib/modules/<release>`), each before those that need it. */
class ModuleTree {
  readonly #root: string;
  readonly #paths: Map<string, string>;
  readonly #declared: Map<string, string[]>;
  /** Absent where the built-in modules are unknown. */
  readonly #builtin: ReadonlySet<string> | undefined;
  readonly order: LoadedModule[] = [];
  readonly #seen = new Set<string>();

  constructor(root: string) {
    this.#root = root;
    const declared = readIf(join(root, 'modules.dep'));
    this.#declared = parseModulesDep(declared ?? '');
    // Packages come without `modules.dep`, which depmod makes when they are installed: then each module is asked.
    const paths = this.#declared.size > 0 ? [...this.#declared.keys()] : builtModules(root);
    this.#paths = new Map(paths.map((path) => [moduleName(path), path]));
    const builtin = readIf(join(root, 'modules.builtin'));
    this.#builtin = builtin === undefined ? undefined : parseBuiltin(builtin);
  }

  async add(name: string, wantedBy: string): Promise<void> {
    if (this.#seen.has(name) || this.#builtin?.has(name) === true) return;
    this.#seen.add(name);
    const path = this.#paths.get(name);
    // A module without a file is assumed to be built in. If it is not, the guest does not boot, and its console says why.
    if (path === undefined && this.#builtin === undefined) return;
    if (path === undefined) {
      throw new TopologyError(
        `${this.#root}: module ${name}, needed by ${wantedBy}, is missing and not in modules.builtin; ` +
          'give the folder that "make modules_install" wrote, or build it into the kernel',
      );
    }
    const module = await readModule(join(this.#root, path));
    const needs = this.#declared.get(path)?.map(moduleName).reverse() ?? dependsOf(module.content);
    for (const need of needs) await this.add(need, name);
    this.order.push(module);
  }
}

/** Paths of the modules of a package that was only unpacked, or of a tree that was built and not installed. */
function builtModules(root: string): string[] {
  const built = parseModulesOrder(readIf(join(root, 'modules.order')) ?? '');
  const there = built.filter((path) => existsSync(join(root, path)));
  return there.length > 0 ? there : filesBelow(root);
}

/** Reads `modules.order`, which lists objects since Linux 6.2 and modules before. Pure. */
function parseModulesOrder(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/\.o$/, '.ko').replace(/^kernel\/(?=.*\.ko$)/, ''));
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => /\.ko(\.\w+)?$/.test(path));
}

/**
 * The modules that a guest needs, dependencies first; none when all is built in.
 *
 * @param root the kernel's `/lib/modules/<release>`
 * @param names what the guest cannot do without: the drivers of the devices that it is reached over
 * @throws TopologyError when one is missing or cannot be unpacked
 */
export async function resolveModules(root: string, names: readonly string[]): Promise<LoadedModule[]> {
  const tree = new ModuleTree(root);
  for (const name of names) await tree.add(name, 'the guest');
  return tree.order;
}
