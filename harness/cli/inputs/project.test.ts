import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { loadProject, openProject } from './project.ts';

const cache = mkdtempSync(join(tmpdir(), 'mptcp-conformance-project-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

test('is the same from the cache as from the suites', () => {
  vi.stubEnv('XDG_CACHE_HOME', cache);
  const loaded = loadProject();
  const first = openProject();
  expect(readdirSync(join(cache, 'mptcp-conformance', 'suites'))).toHaveLength(1);
  const second = openProject();
  expect(second.scenarios).not.toBe(first.scenarios);
  for (const opened of [first, second]) {
    expect(opened).toEqual(loaded);
    expect(opened.catalogue.get('3.1-2.s1')).toEqual(loaded.catalogue.get('3.1-2.s1'));
  }
});
