/** `kernels`: lists what can be had, and fetches. */
import { kernelsFolder, KernelStore, type CachedKernel } from '../../kernels/cache.ts';
import type { KernelPackage } from '../../kernels/packages.ts';
import { KernelError } from '../../kernels/types.ts';
import { seriesOf } from '../../kernels/version.ts';
import { parseWanted } from '../../kernels/wanted.ts';
import { ARCHITECTURES, type Architecture } from '../../sut/architecture.ts';

/** Options of the command. */
export interface KernelsOptions {
  all: boolean;
  cached: boolean;
  refresh: boolean;
  mirror?: string;
  /** Name of an architecture; this machine's unless given. */
  arch?: string;
  json: boolean;
}

/** One line of the list. */
interface Row {
  series: string;
  release: string;
  package: string;
  packageVersion: string;
  /** Megabytes to fetch. */
  megabytes?: number;
  cached: boolean;
  image?: string;
}

/** Runs the command. @throws KernelError with the remedy */
export async function kernels(names: readonly string[], options: KernelsOptions): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const architecture = architectureNamed(options.arch);
  const storeOf = (one: Architecture): KernelStore =>
    new KernelStore({ mirror: options.mirror, say, architecture: one });
  const store = storeOf(architecture);
  if (options.refresh) await store.available(true);
  for (const name of names) {
    const wanted = parseWanted(name);
    if (wanted.kind === 'file') throw new KernelError(`${name} is a path; give a version, such as 6.12 or 6.12/s390x`);
    const kernel = await storeOf(name.includes('/') ? wanted.architecture : architecture).get(wanted.name);
    process.stdout.write(`${kernel.release}  ${kernel.origin}  ${kernel.image}\n`);
  }
  if (names.length > 0) return;
  const rows = listRows(options.cached ? [] : await store.available(), store.cached(), options.all);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(rows, undefined, 1)}\n`);
    return;
  }
  if (rows.length === 0) {
    process.stdout.write(`no kernel in the cache (${kernelsFolder()}); "mptcp-conformance kernels 6.12" fetches one\n`);
    return;
  }
  const width = Math.max(...rows.map(({ release }) => release.length));
  for (const row of rows) {
    const state = row.cached ? 'here' : `${row.megabytes ?? 0} MB`;
    process.stdout.write(
      `${row.series.padEnd(5)} ${row.release.padEnd(width)}  ${state.padStart(6)}  ${row.package} ${row.packageVersion}\n`,
    );
  }
}

/** @throws KernelError for one that there is not */
function architectureNamed(word: string | undefined): Architecture {
  const wanted = parseWanted(word === undefined ? '6.12' : `6.12/${word}`);
  return wanted.kind === 'package' ? wanted.architecture : ARCHITECTURES.x86_64;
}

/** The list, newest first: the newest of each series and all that is here, or everything. Pure. */
function listRows(available: readonly KernelPackage[], cached: readonly CachedKernel[], all: boolean): Row[] {
  const here = new Map(cached.map((one) => [one.release, one]));
  const seen = new Set<string>();
  const rows = available.flatMap((one): Row[] => {
    const series = seriesOf(one.version);
    const isFirst = !seen.has(series);
    const there = here.get(one.release);
    const isThere = there?.package === one.name;
    if (!all && !isFirst && !isThere) return [];
    seen.add(series);
    if (isThere) here.delete(one.release);
    return [
      {
        series,
        release: one.release,
        package: one.name,
        packageVersion: one.packageVersion,
        megabytes: Math.round(one.size / 1e6),
        cached: isThere,
        ...(there === undefined ? {} : { image: there.image }),
      },
    ];
  });
  // Fetched once, and no longer to be had.
  const rest = [...here.values()].map((one): Row => ({
    series: /^\d+\.\d+/.exec(one.packageVersion)?.[0] ?? '',
    release: one.release,
    package: one.package,
    packageVersion: one.packageVersion,
    cached: true,
    image: one.image,
  }));
  return [...rows, ...rest];
}
