/** Keeps docs/errors.md true: a section for each code, whose example gives the message shown. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCatalogue } from '../catalogue/load.ts';
import { loadDeviations } from '../report/deviations-file.ts';
import { findContradictions } from '../scenario/contradictions.ts';
import { lintScenarios } from '../scenario/lint.ts';
import { loadSuite, openLibrary } from '../scenario/load.ts';
import { findTopology, loadTopology } from '../topology/load.ts';
import { DIAGNOSTIC_CODES, DocumentError, type Diagnostic } from './diagnostic.ts';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'errors.md'), 'utf8');
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text]),
);
const catalogue = loadCatalogue(join(root, 'suites', 'rfc8684', 'clauses'));
const folder = mkdtempSync(join(tmpdir(), 'errors-page-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads a file as what its name says it is. */
function load(file: string): void {
  if (file.endsWith('.suite.yaml')) {
    const scenarios = loadSuite(file, openLibrary(join(root, 'suites')));
    const found = lintScenarios(scenarios, catalogue, (name) => findTopology(join(root, 'topologies'), name));
    found.push(...findContradictions(scenarios));
    if (found.length > 0) throw new DocumentError(found);
  } else if (/\/\d[^/]*$/.test(file)) {
    loadCatalogue(join(file, '..'));
  } else if (file.endsWith('linux.yaml')) {
    loadDeviations(file);
  } else {
    loadTopology(file);
  }
}

function diagnosticsOf(file: string): { diagnostics: readonly Diagnostic[]; message: string } {
  try {
    load(file);
  } catch (error) {
    if (error instanceof DocumentError) return { diagnostics: error.diagnostics, message: error.message };
    throw error;
  }
  return { diagnostics: [], message: '' };
}

test('the page has a section for each code, in the order of the list, and no other', () => {
  expect([...sections.keys()]).toEqual(DIAGNOSTIC_CODES);
});

describe('the example of', () => {
  test.each(DIAGNOSTIC_CODES)('%s gives the message that the page shows', (code) => {
    const section = sections.get(code) ?? '';
    const [, name = 'missing.yaml', text] = /^`(.+)`:\n\n```yaml\n([^]*?)```/m.exec(section) ?? [];
    const shown = /```text\n([^]*?)\n```\n\n(\S[^]*)/.exec(section);
    const inner = mkdtempSync(join(folder, 'example-'));
    if (text !== undefined) writeFileSync(join(inner, name), text);
    const { diagnostics, message } = diagnosticsOf(join(inner, name));
    expect(diagnostics.map((one) => one.code)).toEqual([code]);
    expect(message.replaceAll(`${inner}/`, '')).toBe(shown?.[1]);
    expect(shown?.[2], 'the remedy').toMatch(/\w+ \w+/);
  });
});
