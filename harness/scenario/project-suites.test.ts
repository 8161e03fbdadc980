import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../catalogue/load.ts';
import { formatDiagnostic } from '../document/diagnostic.ts';
import { projectSchema } from '../document/schema.ts';
import { findTopology, MIDDLEBOX_SCHEMA } from '../topology/load.ts';
import { lintScenarios } from './lint.ts';
import { findSuites, loadSuite, openLibrary } from './load.ts';
import { SEQUENCES_SCHEMA } from './sequences.ts';

const root = join(import.meta.dirname, '..', '..');

describe('what the project ships', () => {
  test.each(['suite', 'clauses', 'topology', 'deviations'])(
    'the schema of %s files compiles in strict mode',
    (name) => {
      expect(projectSchema(`suites/schema/${name}.schema.json`, [MIDDLEBOX_SCHEMA, SEQUENCES_SCHEMA])).toBeTypeOf(
        'function',
      );
    },
  );

  test('the suites of the RFC load, and there is nothing to say about them', () => {
    const library = openLibrary(join(root, 'suites'));
    const scenarios = findSuites(join(root, 'suites', 'rfc8684')).flatMap((file) => loadSuite(file, library));
    const catalogue = loadCatalogue(join(root, 'suites', 'rfc8684', 'clauses'));
    const topology = (name: string) => findTopology(join(root, 'topologies'), name);
    expect(lintScenarios(scenarios, catalogue, topology).map(formatDiagnostic)).toEqual([]);
    expect(scenarios.length).toBeGreaterThan(0);
    expect(new Set(scenarios.map(({ id }) => id)).size).toBe(scenarios.length);
  });
});
