import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { YamlFile } from '../document/yaml-file.ts';
import { findLacks, lacksOf, loadPics, toPics } from './pics.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'suites', 'pics');
const pics = (lacks: string) => toPics(new YamlFile('f.yaml', `sut: x\nlacks:\n${lacks}`));
const lack = (more: string) => `  - {feature: a, reason: r, link: "https://x.org", ${more}}\n`;

describe('a statement', () => {
  test.each([
    ['before: "6.2"', '6.1.0-56-cloud-amd64', true],
    ['before: "6.2"', '6.2.1', false],
    ['before: "6.11"', '6.2', true],
    ['before: "6.11"', '7.0', false],
    ['from: "6.12"', '6.11', false],
    ['from: "6.12"', '6.12.3', true],
    ['from: "6.1", before: "6.3"', '6.2', true],
    ['from: "6.1", before: "6.3"', '6.3', false],
  ])('%s, for %s: %s', (range, release, isLacking) => {
    expect(lacksOf(pics(lack(range)), release).has('a')).toBe(isLacking);
  });

  test('gives the reason and where it is written', () => {
    expect(lacksOf(pics('  - {feature: a, reason: r, link: "https://x.org"}\n'), '6.1').get('a')).toBe(
      'r (https://x.org)',
    );
    expect(lacksOf(pics(lack('before: "9.9"')), 'lab-7')).toEqual(new Map());
    expect(lacksOf(pics('  - {feature: a, reason: r, link: "https://x.org"}\n'), '').has('a')).toBe(true);
  });

  test('says where it is wrong', () => {
    expect(() => pics('  - {feature: a, reason: r}\n')).toThrow(/f\.yaml:3:5: lacks\.0 lacks "link"/);
    expect(() => pics(lack('before: 6.10'))).toThrow(/quote it/);
  });
});

test('what Linux says is well-formed, and other stacks say nothing', () => {
  expect(loadPics(join(FOLDER, 'linux.yaml')).sut).toBe('linux');
  expect([...findLacks(FOLDER, 'linux', '6.1.1').keys()]).toContain('tcp-fastopen');
  expect(findLacks(FOLDER, 'linux', '6.18.1').size).toBe(0);
  expect(findLacks(FOLDER, 'other', '6.1')).toEqual(new Map());
});
