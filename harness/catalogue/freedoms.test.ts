import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DocumentError } from '../document/diagnostic.ts';
import { projectFile } from '../document/project-file.ts';
import { loadFreedoms } from './freedoms.ts';
import { loadCatalogue } from './load.ts';

const catalogue = loadCatalogue(projectFile('suites/rfc8684/clauses'));

test('reads those of this installation, every paragraph of a section that there is', () => {
  const all = loadFreedoms(projectFile('suites/freedoms.yaml'), catalogue);
  expect(all.length).toBeGreaterThanOrEqual(35);
  expect(all.filter(({ sysctls }) => sysctls.length > 0).length).toBeGreaterThanOrEqual(20);
  expect(all.find(({ name }) => name === 'checksum')?.sysctls).toEqual([
    { name: 'net.mptcp.checksum_enabled', value: '1' },
  ]);
});

test.each([
  ['paragraphs: [3.9.9-1]', /no section 3\.9\.9; did you mean/],
  ['paragraphs: [whatever]', /wrong form/],
  ['paragraphs: [3.1-27]\n    linux: { sysctl: { kernel.hostname: x } }', /kernel\.hostname|pattern|name/],
])('refuses %j', (lines, message) => {
  const file = join(mkdtempSync(join(tmpdir(), 'freedoms-')), 'freedoms.yaml');
  writeFileSync(file, `freedoms:\n  one:\n    title: A choice\n    wire: What it changes\n    ${lines}\n`);
  expect(() => loadFreedoms(file, catalogue)).toThrow(DocumentError);
  expect(() => loadFreedoms(file, catalogue)).toThrow(message);
});
