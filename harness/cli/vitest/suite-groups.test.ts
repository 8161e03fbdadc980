import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCatalogue, openProject } from '../project.ts';
import { readGroup, shareOut, writeGroups } from './suite-groups.ts';

describe('groups of suites', () => {
  it('weigh about the same and hold every file once', () => {
    const weights = new Map([['a', 10], ['b', 9], ['c', 5], ['d', 4], ['e', 1]]);
    const groups = shareOut(weights, 2);
    expect(groups.flat().toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
    const sums = groups.map((files) => files.reduce((sum, file) => sum + (weights.get(file) ?? 0), 0));
    expect(sums.toSorted((a, b) => a - b)).toEqual([14, 15]);
  });

  it('are no more than there are files', () => {
    expect(shareOut(new Map([['a', 1]]), 4)).toEqual([['a']]);
    expect(shareOut(new Map(), 4)).toEqual([]);
  });

  it('stand in files that can be taken away', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-groups-'));
    try {
      const [first, ...others] = openProject().scenarios;
      const groups = [{ scenarios: [first!], clauses: openCatalogue().all }, { scenarios: others, clauses: [] }];
      const { paths, remove } = writeGroups(groups, folder);
      expect(paths.map(readGroup)).toEqual(groups);
      remove();
      expect(paths.some((path) => existsSync(path))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
