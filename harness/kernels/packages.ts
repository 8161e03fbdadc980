/** Reads apt's lists for Debian's kernel packages. Pure. */
import { compareKernelVersions, parseVersion, seriesOf, type KernelVersion } from './version.ts';

/** A package that can be fetched. */
export interface KernelPackage {
  /** The package of the whole kernel: `linux-image-6.12.117+deb13-cloud-amd64`. */
  name: string;
  /** Version of the package. */
  packageVersion: string;
  version: KernelVersion;
  /** `uname -r` of the kernel in it. */
  release: string;
  /** Names of all packages that hold a part of it: image, modules, configuration. */
  parts: string[];
  /** Bytes to fetch for all parts. */
  size: number;
}

interface Paragraph {
  name: string;
  version: string;
  depends: string;
  size: number;
}

/** Bytes. */
const SMALLEST_KERNEL = 5e6;

/** Names of images, the release without its architecture and the flavour as groups. */
function imageName(architecture: string): RegExp {
  return new RegExp(`^linux-image-(\\d[\\w.+~-]*?)-(cloud-)?${architecture}(-unsigned)?$`);
}

function paragraphs(text: string): Paragraph[] {
  return text.split('\n\n').flatMap((block) => {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
    const name = field('Package');
    return name.startsWith('linux-')
      ? [{ name, version: field('Version'), depends: field('Depends'), size: Number(field('Size')) }]
      : [];
  });
}

/**
 * Since 6.19 the image is a package that only asks for its parts. The contents of `linux-base-*` (configuration,
 * lists) are not needed, and the archive no longer has them for some kernels.
 */
function partsOf({ name, depends }: Paragraph, all: ReadonlyMap<string, Paragraph>): string[] {
  const asked = depends
    .split(/[,|]/)
    .map((one) => one.trim().split(' ')[0] ?? '')
    .filter((one) => /^linux-(?:binary|modules|base)-\d/.test(one));
  const parts = asked.filter((one) => all.has(one) || !one.startsWith('linux-base-'));
  return parts.some((part) => part.startsWith('linux-binary-')) ? parts : [name, ...parts];
}

/** Preference among builds for a guest: the cloud flavour is small and starts quickly; signed images are in common use. */
function rank(name: string): number {
  return (name.includes('-cloud-') ? 2 : 0) + (name.endsWith('-unsigned') ? 0 : 1);
}

/**
 * The kernels among the packages that `apt-cache dumpavail` lists, newest first; of several builds of one version the
 * best for a guest comes first.
 *
 * @param architecture Debian's name: `amd64`
 */
export function findKernels(dump: string, architecture: string): KernelPackage[] {
  const image = imageName(architecture);
  const all = new Map(paragraphs(dump).map((one) => [one.name, one]));
  const kernels = [...all.values()].flatMap((one): KernelPackage[] => {
    const match = image.exec(one.name);
    const version = parseVersion(one.version);
    if (match === null || version === undefined) return [];
    const parts = partsOf(one, all);
    if (!parts.every((part) => all.has(part)) || one.name.includes('-rt-')) return [];
    const release = `${match[1] ?? ''}-${match[2] ?? ''}${architecture}`;
    const size = parts.reduce((sum, part) => sum + (all.get(part)?.size ?? 0), 0);
    // A name without a kernel, that only leads to the newest.
    if (size < SMALLEST_KERNEL) return [];
    return [{ name: one.name, packageVersion: one.version, version, release, parts, size }];
  });
  return kernels.sort(
    (a, b) =>
      compareKernelVersions(b.version, a.version) ||
      rank(b.name) - rank(a.name) ||
      // `~` marks a build for an older release.
      Number(a.packageVersion.includes('~')) - Number(b.packageVersion.includes('~')) ||
      b.packageVersion.localeCompare(a.packageVersion, 'en', { numeric: true }),
  );
}

/**
 * The kernels that were asked for, the best first: those of a series (`6.12`), of a version (`6.12.117`), of a release, or
 * of a package's name.
 */
export function chooseKernels(kernels: readonly KernelPackage[], wanted: string): KernelPackage[] {
  const exact = kernels.find((one) => one.name === wanted || one.release === wanted);
  if (exact !== undefined) return [exact];
  const version = /^\d+\.\d+(?:\.\d+)?(?:[-~]rc\d+)?$/.test(wanted) ? parseVersion(wanted) : undefined;
  if (version === undefined) return [];
  const isSeries = /^\d+\.\d+$/.test(wanted);
  return kernels.filter((one) =>
    isSeries ? seriesOf(one.version) === wanted : compareKernelVersions(one.version, version) === 0,
  );
}
