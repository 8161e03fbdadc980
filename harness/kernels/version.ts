/** Versions of kernels, as people and packages write them. Pure. */

/** Numbers of an upstream version, release candidates below the release: `7.3~rc2` is [7, 3, 0] with rc 2. */
export interface KernelVersion {
  numbers: readonly [major: number, minor: number, patch: number];
  /** Release candidate; absent for a release. */
  candidate?: number;
}

/** Reads `6.12`, `6.12.117-1`, `7.3~rc2-1~exp1`, `6.1.0-56-cloud-amd64`; undefined when it is not a version. */
export function parseVersion(text: string): KernelVersion | undefined {
  const match = /^(?:\d+:)?(\d+)\.(\d+)(?:\.(\d+))?(?:[~-]rc(\d+))?/.exec(text);
  if (match === null) return undefined;
  const [, major, minor, patch, candidate] = match;
  return {
    numbers: [Number(major), Number(minor), Number(patch ?? 0)],
    ...(candidate === undefined ? {} : { candidate: Number(candidate) }),
  };
}

/** Older first. */
export function compareKernelVersions(a: KernelVersion, b: KernelVersion): number {
  for (const [index, number] of a.numbers.entries()) {
    const difference = number - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return (a.candidate ?? Number.MAX_SAFE_INTEGER) - (b.candidate ?? Number.MAX_SAFE_INTEGER);
}

/** `6.12` for 6.12.117. */
export function seriesOf({ numbers: [major, minor] }: KernelVersion): string {
  return `${major}.${minor}`;
}
