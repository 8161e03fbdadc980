/** Holds CONTRIBUTING's table of changes against the tree: every path is there, and no row grows unnoticed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** How many files each change touches, without tests and without what a command generates. */
const FILES: Readonly<Record<string, number>> = {
  'a scenario': 1,
  'a clause': 1,
  'a TCP or MPTCP option': 3,
  'a field of an option': 1,
  'a step verb': 4,
  'an agent command': 2,
  'a kind of stack': 5,
  'a monitor': 3,
  'a report format': 4,
  'a command': 3,
  'an architecture of guests': 2,
  'a finding against a stack': 1,
  'a freedom': 2,
  'a fault of the reference stack': 1,
};

const files = ['docker', 'docs', 'harness', 'reports', 'suites'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
);

/** Whether some file fits a path, in which `<...>` stands for one name. */
function isThere(path: string): boolean {
  const parts = path.split(/<[^>]+>/).map((part) => part.replaceAll(/[.+]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('[^/]+')}$`);
  return readdirSync(root).includes(path) || files.some((name) => pattern.test(name));
}

const [, section = ''] = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').split('## Where does a change go?');
const rows = [...section.matchAll(/^\| (an? .+?) \| (.+?) \|/gm)].map(([, change = '', cell = '']) => ({
  change,
  paths: [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path),
}));

test('has a row for every change that is counted, and no other', () => {
  expect(rows.map(({ change }) => change).sort()).toEqual(Object.keys(FILES).sort());
});

describe.each(rows)('$change', ({ change, paths }) => {
  test('names files that are there', () => {
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
  });

  test('touches as many files as before', () => expect(paths).toHaveLength(FILES[change] ?? 0));
});
