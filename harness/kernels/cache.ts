/** Kernels on this machine's disk, by release, and the lists of those that can be had. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Architecture } from '../sut/architecture.ts';
import { cacheFolder } from '../document/keep.ts';
import { Apt, PackageGone, chooseMirror } from './apt.ts';
import { chooseKernels, findKernels, type KernelPackage } from './packages.ts';
import { KernelError, type KernelBuild } from './types.ts';
import { compareKernelVersions, parseVersion, seriesOf, type KernelVersion } from './version.ts';

const execute = promisify(execFile);

/** Time for which lists count as fresh, milliseconds. */
const FRESH_MS = 24 * 3600 * 1000;
/** Kernels of a series that are tried before the archive counts as broken. */
const MOST_TRIES = 6;
const MANIFEST = 'kernel.json';

/** A kernel in the cache. */
export interface CachedKernel extends KernelBuild {
  package: string;
  packageVersion: string;
}

/** Default folder of kernels. */
export function kernelsFolder(): string {
  return join(cacheFolder(), 'kernels');
}

/** Options of the store. */
export interface StoreOptions {
  folder?: string;
  mirror?: string | undefined;
  /** Whose kernels. */
  architecture: Architecture;
  /** Hears of progress. */
  say: (line: string) => void;
}

/** Finds, fetches and keeps kernels. */
export class KernelStore {
  /** Folder of the store. */
  readonly folder: string;
  readonly #apt: Apt;
  readonly #say: (line: string) => void;
  readonly #architecture: Architecture;

  constructor({ folder = kernelsFolder(), mirror, say, architecture }: StoreOptions) {
    this.folder = folder;
    this.#say = say;
    this.#architecture = architecture;
    this.#apt = new Apt(join(folder, this.#named('apt')), architecture.debian, chooseMirror(mirror), say);
  }

  /** Fetches a package of the architecture, verified, into a folder. @throws KernelError */
  async download(name: string, folder: string): Promise<void> {
    await this.available();
    this.#say(`fetching ${name} for ${this.#architecture.debian}`);
    await this.#apt.download([name], folder);
  }

  /** Cached kernels, newest first. */
  cached(): CachedKernel[] {
    if (!existsSync(this.folder)) return [];
    const kernels = readdirSync(this.folder).flatMap((name) => {
      const manifest = join(this.folder, name, MANIFEST);
      return existsSync(manifest)
        ? [{ ...(JSON.parse(readFileSync(manifest, 'utf8')) as CachedKernel), architecture: this.#architecture.name }]
        : [];
    });
    const ours = kernels.filter(({ release }) => release.endsWith(`-${this.#architecture.debian}`));
    return ours.sort((a, b) => compareKernelVersions(versionOf(b), versionOf(a)));
  }

  /** Packages to fetch, newest first. @param refresh read the lists again even if they are fresh @throws KernelError */
  async available(refresh = false): Promise<KernelPackage[]> {
    const index = join(this.folder, `${this.#named('available')}.json`);
    if (!refresh && existsSync(index) && Date.now() - statSync(index).mtimeMs < FRESH_MS) {
      return JSON.parse(readFileSync(index, 'utf8')) as KernelPackage[];
    }
    await this.#apt.update();
    const kernels = findKernels(await this.#apt.dump(), this.#architecture.debian);
    if (kernels.length === 0)
      throw new KernelError(
        'apt lists no kernel packages; check that the mirror has Debian, or give another with --mirror',
      );
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(`${index}.${process.pid}`, JSON.stringify(kernels));
    renameSync(`${index}.${process.pid}`, index);
    return kernels;
  }

  /**
   * Gives the kernel that was asked for: what is in the cache when it fits, else the newest that can be had.
   *
   * @param wanted a series (`6.12`), a version (`6.12.117`), a release, or a package's name
   * @throws KernelError when there is none, with those that there are
   */
  async get(wanted: string): Promise<CachedKernel> {
    const there = this.cached().find((one) => isNamed(one, wanted));
    if (there !== undefined) return there;
    const kernels = await this.available();
    const chosen = chooseKernels(kernels, wanted);
    if (chosen.length === 0) {
      const series = [...new Set(kernels.map(({ version }) => seriesOf(version)))].join(', ');
      throw new KernelError(
        `no kernel ${wanted} for ${this.#architecture.debian} is available; available series: ${series}; "mptcp-conformance kernels" lists all`,
      );
    }
    return this.#fetchFirst(wanted, chosen, true);
  }

  /**
   * Fetches the first that the archive holds: its lists name kernels of yesterday, and for some architectures kernels
   * that are gone.
   */
  async #fetchFirst(wanted: string, kernels: readonly KernelPackage[], mayRefresh: boolean): Promise<CachedKernel> {
    const failures: unknown[] = [];
    for (const kernel of kernels.slice(0, MOST_TRIES)) {
      try {
        return await this.#fetch(kernel);
      } catch (error) {
        failures.push(error);
        if (!(error instanceof PackageGone)) break;
        if (mayRefresh) return this.#fetchFirst(wanted, chooseKernels(await this.available(true), wanted), false);
        this.#say(`${kernel.name} is no longer in the archive; trying the next older one`);
      }
    }
    throw failures.at(-1);
  }

  /** Lists and apt's state are kept by architecture; those of x86-64 have been there first, and have no suffix. */
  #named(name: string): string {
    return this.#architecture.debian === 'amd64' ? name : `${name}-${this.#architecture.debian}`;
  }

  /** @throws PackageGone when the archive does not hold it; KernelError for everything else */
  async #fetch(kernel: KernelPackage): Promise<CachedKernel> {
    const place = join(this.folder, kernel.release);
    const work = join(this.folder, `.${kernel.release}.${process.pid}`);
    rmSync(work, { recursive: true, force: true });
    try {
      this.#say(`fetching ${kernel.name} ${kernel.packageVersion} (${Math.round(kernel.size / 1e6)} MB)`);
      await this.#apt.download(kernel.parts, join(work, 'debs'));
      const root = join(work, 'root');
      for (const deb of readdirSync(join(work, 'debs'))) await unpack(join(work, 'debs', deb), root);
      const manifest = describe(kernel, this.#architecture, work, place);
      rmSync(join(work, 'debs'), { recursive: true });
      writeFileSync(join(work, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`);
      rmSync(place, { recursive: true, force: true });
      renameSync(work, place);
      return manifest;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
}

/** Unpacks a package into a folder. @throws KernelError */
export async function unpack(deb: string, root: string): Promise<void> {
  mkdirSync(root, { recursive: true });
  try {
    await execute('dpkg-deb', ['--extract', deb, root]);
  } catch (error) {
    throw new KernelError(`${deb} cannot be unpacked: ${(error as Error).message}; dpkg-deb is part of dpkg`, {
      cause: error,
    });
  }
}

/** Finds the parts of an unpacked kernel. @throws KernelError */
function describe(kernel: KernelPackage, architecture: Architecture, work: string, place: string): CachedKernel {
  const root = join(work, 'root');
  const { release } = kernel;
  const find = (paths: readonly string[]): string | undefined => {
    const found = paths.find((path) => existsSync(join(root, path)));
    return found === undefined ? undefined : join(place, 'root', found);
  };
  const need = (what: string, paths: readonly string[]): string => {
    const found = find(paths);
    if (found === undefined)
      throw new KernelError(`package ${kernel.name} has no ${what}: it contains none of ${paths.join(', ')}`);
    return found;
  };
  const folders = [`usr/lib/modules/${release}`, `lib/modules/${release}`];
  const config = find([`boot/config-${release}`, ...folders.map((folder) => `${folder}/config`)]);
  return {
    release,
    architecture: architecture.name,
    modules: need('modules', folders),
    image: need('kernel', [
      `boot/vmlinuz-${release}`,
      `boot/vmlinux-${release}`,
      ...folders.map((folder) => `${folder}/vmlinuz`),
    ]),
    ...(config === undefined ? {} : { config }),
    package: kernel.name,
    packageVersion: kernel.packageVersion,
    version: kernel.packageVersion,
    origin: `${kernel.name} ${kernel.packageVersion}`,
  };
}

const UNKNOWN: KernelVersion = { numbers: [0, 0, 0] };

function versionOf(kernel: CachedKernel): KernelVersion {
  return parseVersion(kernel.packageVersion) ?? UNKNOWN;
}

function isNamed(kernel: CachedKernel, wanted: string): boolean {
  if (kernel.release === wanted || kernel.package === wanted) return true;
  const version = versionOf(kernel);
  return seriesOf(version) === wanted || version.numbers.join('.') === wanted;
}
