import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCatalogue, openProject } from '../../inputs/project.ts';
import { readGroup, writeGroups } from './suite-groups.ts';

describe('groups of suites', () => {
  test('stand in files that can be taken away', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-groups-'));
    try {
      const [first, ...others] = openProject().scenarios;
      const groups = [
        { scenarios: [first!], clauses: openCatalogue().all },
        { scenarios: others, clauses: [] },
      ];
      const { paths, remove } = writeGroups(groups, folder);
      expect(paths.map(readGroup)).toEqual(groups);
      remove();
      expect(paths.some((path) => existsSync(path))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
