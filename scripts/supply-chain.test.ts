/** Packages of an installation: pinned, licensed, and without unreviewed scripts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Locked {
  version?: string;
  license?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
}

interface Manifest {
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
}

const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, '..', name), 'utf8'));
const manifest = read('package.json') as Manifest;
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
const installed = Object.entries(packages).filter(([path]) => path !== '');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Licences that allow what this project does: it calls the packages and ships none of them. */
const LICENCES = new Set([
  '(MIT OR Apache-2.0)',
  '(MPL-2.0 OR Apache-2.0)',
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
]);

/** Packages whose manifest names no licence; each was looked up in its own files. */
const LOOKED_UP: Readonly<Record<string, string>> = {
  buildcheck: 'MIT',
  'color-convert': 'MIT',
  'cpu-features': 'MIT',
  ssh2: 'MIT',
};

/** Packages of an installation without the optional ones. */
const MOST_REQUIRED = 128;

describe('dependencies', () => {
  test('are exact versions', () => {
    const { dependencies, optionalDependencies, devDependencies } = manifest;
    const ranges = Object.entries({ ...dependencies, ...optionalDependencies, ...devDependencies });
    expect(ranges.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });

  test('come from the npm registry, with a digest', () => {
    const odd = installed.filter(
      ([, { resolved = 'https://registry.npmjs.org/', integrity }]) =>
        !resolved.startsWith('https://registry.npmjs.org/') || integrity === undefined,
    );
    expect(odd.map(([path]) => path)).toEqual([]);
  });

  test('have install scripts only where package.json says so', () => {
    const scripts = installed.filter(([, one]) => one.hasInstallScript === true && one.dev !== true);
    expect([...new Set(scripts.map(([path]) => nameOf(path)))].sort()).toEqual(
      Object.keys(manifest.allowScripts).sort(),
    );
  });

  test('have licences that we know', () => {
    const unknown = installed.filter(
      ([path, one]) => one.dev !== true && !LICENCES.has(one.license ?? LOOKED_UP[nameOf(path)] ?? ''),
    );
    expect(unknown.map(([path, one]) => `${nameOf(path)}: ${one.license ?? 'none named'}`)).toEqual([]);
  });

  test('are few where no optional ones are asked for', () => {
    const required = installed.filter(([, one]) => one.dev !== true && one.optional !== true);
    expect(required.length).toBeLessThanOrEqual(MOST_REQUIRED);
  });
});
