import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { filesBelow } from './files-below.ts';

const folder = mkdtempSync(join(tmpdir(), 'files-below-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('follows links to folders and files; a circle, a dangling link and node_modules end nothing', () => {
  for (const name of ['own/node_modules', 'shared/deep']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['own/a.yaml', 'own/node_modules/n.yaml', 'shared/deep/b.yaml'])
    writeFileSync(join(folder, name), '');
  symlinkSync(join(folder, 'shared'), join(folder, 'own', 'linked'));
  symlinkSync(join(folder, 'own'), join(folder, 'shared', 'circle'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'own', 'dangling'));
  symlinkSync(join(folder, 'own', 'a.yaml'), join(folder, 'own', 'z.yaml'));
  expect(filesBelow(join(folder, 'own'))).toEqual(['a.yaml', 'linked/deep/b.yaml', 'z.yaml']);
});
