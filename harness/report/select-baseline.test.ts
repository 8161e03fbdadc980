import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { selectBaseline } from './select-baseline.ts';

const folder = mkdtempSync(join(tmpdir(), 'baselines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
for (const name of ['linux-6.1', 'linux-6.9', 'linux-6.12', 'linux-6.12.9', 'linux-7.0', 'acme-os-9.4', 'acme'])
  writeFileSync(join(folder, `${name}.yaml`), '');

test.each([
  ['linux', '6.12.4-amd64', 'exact', 'linux-6.12.yaml'],
  ['linux', '6.12.9+deb13', 'exact', 'linux-6.12.9.yaml'],
  ['linux', '6.12.90', 'exact', 'linux-6.12.yaml'],
  ['linux', '6.10.0', 'older', 'linux-6.9.yaml'],
  ['linux', '8.1', 'older', 'linux-7.0.yaml'],
  ['linux', '5.10.0', 'none', undefined],
  ['linux', 'weird', 'none', undefined],
  ['acme-os', '9.4-acme', 'exact', 'acme-os-9.4.yaml'],
  ['acme-os', '6.12.4', 'none', undefined],
  ['acme', 'weird', 'exact', 'acme.yaml'],
  ['../linux', '6.12', 'none', undefined],
])('the baseline of %s %s: %s %s', (name, kernel, match, file) => {
  const choice = selectBaseline({ name, kernel }, [folder]);
  expect([choice.match, choice.file]).toEqual([match, file === undefined ? undefined : join(folder, file)]);
});

test('says that it took an older one, or none', () => {
  expect(selectBaseline({ name: 'linux', kernel: '6.10.0' }, [folder]).message).toMatch(
    /linux-6\.9\.yaml, the nearest older one; there is none for 6\.10/,
  );
  expect(selectBaseline({ name: 'linux', kernel: '6.10.0' }, [join(folder, 'nowhere')]).message).toMatch(
    /nowhere has no linux-6\.10\.yaml or of an older version/,
  );
});
