import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DocumentError, formatDiagnostic } from '../document/diagnostic.ts';
import { loadCatalogue } from './load.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'catalogue-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function clause(id: string, extra: Record<string, string> = {}): string {
  const fields = {
    keyword: 'advice',
    summary: 'A summary that is long enough.',
    roles: '[sender]',
    broken: 'Something is seen on the wire.',
    judged: '[passive]',
    concerns: '[DSS]',
    ...extra,
  };
  const present = Object.entries(fields).filter(([, value]) => value !== '');
  return `  - id: ${id}\n${present.map(([key, value]) => `    ${key}: ${value}\n`).join('')}`;
}

function write(name: string, section: string, ...clauses: string[]): void {
  writeFileSync(join(dir, name), `section: "${section}"\ntitle: A title\nclauses:\n${clauses.join('')}`);
}

/** Problems as `file:line:column: message [CODE]`, the directory and the carets left out. */
function problems(): string[] {
  try {
    loadCatalogue(dir);
  } catch (error) {
    if (error instanceof DocumentError) {
      return error.diagnostics.map((one) => formatDiagnostic(one).replaceAll(`${dir}/`, '').split('\n')[0] ?? '');
    }
    throw error;
  }
  return [];
}

describe('loadCatalogue', () => {
  test('reads sections and clauses in the order of the RFC', () => {
    write('3.10-b.yaml', '3.10', clause('3.10-1.s1'));
    write('3.2-a.yaml', '3.2', clause('3.2-1.s2', { related: '[3.10-1.s1]' }), clause('3.2-1.s10'));
    const catalogue = loadCatalogue(dir);
    expect(catalogue.all.map(({ id }) => id)).toEqual(['3.2-1.s2', '3.2-1.s10', '3.10-1.s1']);
    expect(catalogue.sections).toMatchObject([{ section: '3.2', title: 'A title' }, { section: '3.10' }]);
    expect(catalogue.get('3.2-1.s2')).toMatchObject({ section: '3.2', keyword: 'advice', related: ['3.10-1.s1'] });
    expect(catalogue.get('3.2-1.s3')).toBeUndefined();
    expect(catalogue.bySection('3.2')).toHaveLength(2);
    expect(catalogue.bySection('3')).toEqual([]);
    expect(catalogue.nearestId('3.2-1s2')).toBe('3.2-1.s2');
    expect(catalogue.anchorUrl('3.2-1.s2')).toContain('#section-3.2-1');
  });

  test('refuses a directory without clause files', () => {
    expect(() => loadCatalogue(dir)).toThrow(
      /no clause files .* expected the directory suites\/rfc8684\/clauses \[EMPTY\]/,
    );
  });

  test('places a YAML error', () => {
    writeFileSync(join(dir, '3-a.yaml'), 'section: "3"\ntitle: [x\nclauses: 1\n');
    expect(problems()[0]).toMatch(/^3-a\.yaml:\d+:\d+: .* \[YAML_SYNTAX\]$/);
  });

  test('names the nearest valid word for a wrong keyword, role or concern', () => {
    write('3-a.yaml', '3', clause('3-1.s1', { keyword: 'MUSTNOT', roles: '[initator]', concerns: '[MP_CAPABEL]' }));
    expect(problems()).toEqual([
      expect.stringMatching(
        /^3-a\.yaml:5:14: clauses\.0\.keyword: "MUSTNOT" is not valid here; did you mean "MUST NOT"\?/,
      ),
      expect.stringMatching(/^3-a\.yaml:7:13: clauses\.0\.roles\.0: "initator" .*; did you mean "initiator"\?/),
      expect.stringMatching(/^3-a\.yaml:10:16: clauses\.0\.concerns\.0: "MP_CAPABEL" .*; did you mean "MP_CAPABLE"\?/),
    ]);
  });

  test('points at an unknown key, and says what is missing', () => {
    write('3-a.yaml', '3', clause('3-1.s1', { sumary: 'A summary that is long enough.', summary: '' }));
    expect(problems()).toEqual([
      '3-a.yaml:4:5: clauses.0 lacks "summary"; add it [SCHEMA]',
      '3-a.yaml:10:5: unknown key "sumary"; did you mean "summary"? [UNKNOWN_KEY]',
    ]);
  });

  test('says what form an id has', () => {
    write('3-a.yaml', '3', clause('3-1'));
    expect(problems()).toEqual([
      expect.stringMatching(
        /^3-a\.yaml:4:9: clauses\.0\.id: "3-1" has the wrong format: Paragraph anchor and sentence/,
      ),
    ]);
  });

  test('says which type was expected', () => {
    write('3-a.yaml', '3', clause('3-1.s1', { roles: 'sender' }));
    expect(problems()).toEqual(['3-a.yaml:7:12: clauses.0.roles: expected array, got "sender" [SCHEMA]']);
  });

  test('finds ids used twice, in one file or in two', () => {
    write('3-a.yaml', '3', clause('3-1.s1'), clause('3-1.s1'));
    write('3-b.yaml', '3', clause('3-1.s1'));
    expect(problems()).toEqual([
      expect.stringMatching(
        /^3-a\.yaml:11:9: "3-1\.s1" is already used at .*3-a\.yaml:4; ids are unique \[DUPLICATE\]/,
      ),
      expect.stringMatching(/^3-b\.yaml:4:9: "3-1\.s1" is already used/),
    ]);
  });

  test('finds ids out of order, in the wrong section, or both whole and in parts', () => {
    write('3-a.yaml', '3', clause('3-2.s1'), clause('3-1.s1'), clause('3.1-1.s1'), clause('3.1-1.s1.1'));
    expect(problems()).toEqual([
      '3-a.yaml:11:9: "3-1.s1" follows "3-2.s1"; expected the order of the RFC [BAD_CATALOGUE]',
      '3-a.yaml:18:9: "3.1-1.s1" is not of section 3; expected an id that starts with "3-" [BAD_CATALOGUE]',
      '3-a.yaml:25:9: "3.1-1.s1.1" is not of section 3; expected an id that starts with "3-" [BAD_CATALOGUE]',
      expect.stringMatching(/^3-a\.yaml:25:9: "3\.1-1\.s1\.1" is a part of "3\.1-1\.s1"/),
    ]);
  });

  test('finds a file whose name is not its section', () => {
    write('3.1-a.yaml', '3', clause('3-1.s1'));
    expect(problems()).toEqual(['3.1-a.yaml:1:10: section 3 belongs in 3-<title>.yaml [BAD_CATALOGUE]']);
  });

  test('finds related ids that no clause has', () => {
    write('3-a.yaml', '3', clause('3-1.s1', { related: '[3-1.s2, 3-1.s1]' }));
    expect(problems()).toEqual([
      '3-a.yaml:11:15: no clause has the id "3-1.s2"; did you mean "3-1.s1"? [UNKNOWN_CLAUSE]',
      '3-a.yaml:11:23: "3-1.s1" names itself as related; remove it [BAD_CATALOGUE]',
    ]);
  });

  const why = 'Two stacks would number their data differently.';

  test('wants a why for stated clauses, and only for those', () => {
    const stated = { keyword: 'stated' };
    write('3-a.yaml', '3', clause('3-1.s1', { ...stated, why }), clause('3-1.s2', stated));
    expect(problems()).toEqual([
      '3-a.yaml:13:14: "3-1.s2" is stated without a "why"; add what breaks between two stacks without it, or make it advice [BAD_CATALOGUE]',
    ]);
    write('3-a.yaml', '3', clause('3-1.s1', { why }), clause('3-1.s2', { ...stated, why }));
    expect(problems()).toEqual([
      '3-a.yaml:11:5: "3-1.s1" has a "why", but its keyword is advice; only stated clauses have one: remove it [BAD_CATALOGUE]',
    ]);
  });

  test('a clause that repeats another has its keyword', () => {
    const should = clause('3-1.s1', { keyword: 'SHOULD' });
    write('3-a.yaml', '3', should, clause('3-1.s2', { keyword: 'SHOULD', repeats: '3-1.s1' }));
    expect(problems()).toEqual([]);
    write('3-a.yaml', '3', should, clause('3-1.s2', { keyword: 'MUST', repeats: '3-1.s1' }));
    expect(problems()).toEqual([
      '3-a.yaml:18:14: "3-1.s2" is MUST, but "3-1.s1", which it repeats, is SHOULD; use the same level [BAD_CATALOGUE]',
    ]);
    write('3-a.yaml', '3', should, clause('3-1.s2', { keyword: 'SHOULD', repeats: '3-1.s3' }));
    expect(problems()).toEqual([expect.stringContaining('no clause has the id "3-1.s3"')]);
    write('3-a.yaml', '3', clause('3-1.s1', { repeats: '3-1.s2' }), clause('3-1.s2', { repeats: '3-1.s2' }));
    expect(problems()).toEqual([
      expect.stringContaining('"3-1.s2" repeats another clause itself'),
      expect.stringContaining('"3-1.s2" repeats another clause itself'),
    ]);
  });

  test('wants a reason for unobservable clauses, and only for those', () => {
    const reason = 'Nobody outside can tell this.';
    write(
      '3-a.yaml',
      '3',
      clause('3-1.s1', { judged: '[unobservable]' }),
      clause('3-1.s2', { reason }),
      clause('3-1.s3', { judged: '[unobservable, active]', reason }),
    );
    expect(problems()).toEqual([
      '3-a.yaml:9:13: "3-1.s1" is unobservable without a reason; add "reason" [BAD_CATALOGUE]',
      '3-a.yaml:18:5: "3-1.s2" has a reason but is judged: passive; remove "reason" [BAD_CATALOGUE]',
      '3-a.yaml:24:13: "unobservable" is combined with other words; use it alone [BAD_CATALOGUE]',
    ]);
  });
});
