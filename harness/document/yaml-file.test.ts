import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { DocumentError, formatDiagnostic, type Diagnostic } from './diagnostic.ts';
import { projectFile } from './project-file.ts';
import { projectSchema } from './schema.ts';
import { diagnoseAt, readYaml, YamlFile } from './yaml-file.ts';

const text = "a: one\nb:\n  - \"two words\"\n  - {c: 3, d: 'it''s'}\nlong: >-\n  folded\n  text\n";
const file = new YamlFile('f.yaml', text);

/** `line:column` and the characters that the caret is under. */
function spot({ place, sourceLine, span }: Diagnostic): string {
  return `${place.line}:${place.column} ${sourceLine.slice(place.column - 1, place.column - 1 + span)}`;
}

function thrown(load: () => unknown): string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof DocumentError)
      return error.diagnostics.map((one) => formatDiagnostic(one).split('\n')[0] ?? '');
    throw error;
  }
  return [];
}

describe('places', () => {
  test('a scalar is underlined whole', () => {
    expect(spot(file.diagnose(['a'], 'SCHEMA', ''))).toBe('1:4 one');
    expect(spot(file.diagnose(['b', 0], 'SCHEMA', ''))).toBe('3:5 "two words"');
    expect(spot(file.diagnose(['b', '1', 'c'], 'SCHEMA', ''))).toBe('4:9 3');
  });

  test('a list or map has a caret at its start', () => {
    expect(spot(file.diagnose(['b', 1], 'SCHEMA', ''))).toBe('4:5 {');
    expect(spot(file.diagnose([], 'SCHEMA', ''))).toBe('1:1 a');
  });

  test('what is not there has the place of what is around it', () => {
    expect(spot(file.diagnose(['b', 1, 'x', 'y'], 'SCHEMA', ''))).toBe('4:5 {');
    expect(file.placeOf(['b', 7])).toEqual({ file: 'f.yaml', line: 3, column: 3 });
    expect(new YamlFile('f.yaml', '').placeOf(['a'])).toEqual({ file: 'f.yaml', line: 1, column: 1 });
  });

  test('a key', () => {
    expect(spot(file.diagnoseKey(['b', 1], 'c', 'SCHEMA', ''))).toBe('4:6 c');
    expect(spot(file.diagnoseKey([], 'long', 'SCHEMA', ''))).toBe('5:1 long');
    expect(spot(file.diagnoseKey(['b', 1], 'zz', 'SCHEMA', ''))).toBe('4:5 {');
    expect(spot(new YamlFile('f', '1: x\n').diagnoseKey([], '1', 'SCHEMA', ''))).toBe('1:1 1');
  });

  test('some characters of a text, quoted or not', () => {
    expect(spot(file.diagnoseWithin(['a'], 'NOTATION', '', 1, 2))).toBe('1:5 ne');
    expect(spot(file.diagnoseWithin(['b', 0], 'NOTATION', '', 4, 5))).toBe('3:10 words');
    expect(spot(file.diagnoseWithin(['a'], 'NOTATION', '', 99, 5))).toBe('1:7 ');
  });

  test('the whole where the text is not in the file as it is', () => {
    expect(spot(file.diagnoseWithin(['b', 1, 'd'], 'NOTATION', '', 3, 1))).toBe("4:15 'it''s'");
    expect(spot(file.diagnoseWithin(['long'], 'NOTATION', '', 3, 1))).toBe('5:7 >-');
    expect(spot(file.diagnoseWithin(['nothing'], 'NOTATION', '', 3, 1))).toBe('1:1 a');
  });

  test('follow an alias to where its value stands', () => {
    const aliased = new YamlFile('f', 'x: &n {v: 1}\ny: *n\n');
    expect(aliased.value).toEqual({ x: { v: 1 }, y: { v: 1 } });
    expect(spot(aliased.diagnose(['y', 'v'], 'SCHEMA', ''))).toBe('1:11 1');
  });

  test('do not mind carriage returns', () => {
    expect(spot(new YamlFile('f', 'a: 1\r\nb: two\r\n').diagnose(['b'], 'SCHEMA', ''))).toBe('2:4 two');
  });
});

describe('YAML that cannot be read', () => {
  test('tells of everything at once', () => {
    expect(thrown(() => new YamlFile('f', 'a: [1\nb: "x\n')).length).toBeGreaterThan(1);
  });

  test('has a code of its own for a key that comes twice', () => {
    expect(thrown(() => new YamlFile('f', 'a: 1\na: 2\n'))).toEqual(['f:2:1: Map keys must be unique [DUPLICATE]']);
  });

  test('knows aliases without an anchor', () => {
    expect(thrown(() => new YamlFile('f', 'a: *nowhere\n'))).toEqual([
      expect.stringMatching(/^f:1:\d+: .*nowhere.* \[YAML_SYNTAX\]$/),
    ]);
  });

  test('names a file that cannot be read', () => {
    expect(thrown(() => readYaml('/nonexistent/x.yaml'))).toEqual([
      expect.stringMatching(
        /^\/nonexistent\/x\.yaml:1:1: cannot be read: ENOENT.*; check the path \[FILE_UNREADABLE\]$/,
      ),
    ]);
    expect(thrown(() => readYaml('/'))).toEqual([expect.stringMatching(/EISDIR/)]);
  });
});

describe('a schema', () => {
  const schema = {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: { type: 'string', minLength: 3, description: 'What it is called.' },
      size: { type: 'string', pattern: '^\\d+mm$', description: 'How long.', examples: ['20mm'] },
      kind: { enum: ['red', 'green'] },
      list: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'integer', maximum: 5 } },
      map: { type: 'object', propertyNames: { pattern: '^[a-z]+$', description: 'Small letters.' } },
      either: { type: 'object', anyOf: [{ required: ['x'] }, { required: ['y'] }] },
    },
  };
  const validate = new Ajv2020({ allErrors: true, verbose: true }).compile(schema);
  const problems = (content: string): string[] =>
    new YamlFile('f', content).problems(validate).map((one) => formatDiagnostic(one).split('\n')[0] ?? '');

  test.each([
    ['{}', 'f:1:1: the file lacks "name"; add it [SCHEMA]'],
    ['[]', 'f:1:1: the file: expected object, got [] [SCHEMA]'],
    ['', 'f:1:1: the file: expected object, got null [SCHEMA]'],
    ['name: abc\nnmae: x', 'f:2:1: unknown key "nmae"; did you mean "name"? [UNKNOWN_KEY]'],
    ['name: ab', 'f:1:7: name: too short: "ab"; expected at least 3 characters [SCHEMA]'],
    ['name: 6.10', 'f:1:7: name: expected string, got 6.1; quote it: "6.10" [SCHEMA]'],
    ['name: [a]', 'f:1:7: name: expected string, got ["a"] [SCHEMA]'],
    ['{name: abc, size: 20}', 'f:1:19: size: expected string, got 20: How long; write it as in 20mm [SCHEMA]'],
    ['{name: abc, size: 20cm}', 'f:1:19: size: "20cm" has the wrong format: How long; write it as in 20mm [SCHEMA]'],
    ['{name: abc, kind: gren}', 'f:1:19: kind: "gren" is not valid here; did you mean "green"? [SCHEMA]'],
    ['{name: abc, kind: 7}', 'f:1:19: kind: 7 is not valid here; expected one of: red, green [SCHEMA]'],
    ['{name: abc, list: []}', 'f:1:19: list: too few entries; expected at least 1 [SCHEMA]'],
    ['{name: abc, list: [1, 1]}', 'f:1:19: list: the list has a duplicate item; remove one [SCHEMA]'],
    ['{name: abc, list: [9]}', 'f:1:20: list.0: must be <= 5, got 9 [SCHEMA]'],
    ['{name: abc, map: {A: 1}}', 'f:1:19: "A" is not a valid name: Small letters [SCHEMA]'],
    ['{name: abc, either: {}}', 'f:1:21: either: expected one of x, y; add one [SCHEMA]'],
  ])('%j', (content, expected) => expect(problems(content)).toEqual([expected]));

  test('tells of everything in the order of the file, and throws it', () => {
    const content = 'size: 1\nkind: blue\nnmae: x\n';
    expect(problems(content).map((line) => line.split(':')[1])).toEqual(['1', '1', '2', '3']);
    expect(
      thrown(() => {
        new YamlFile('f', content).check(validate);
      }),
    ).toEqual(problems(content));
    expect(
      thrown(() => {
        new YamlFile('f', 'name: abc').check(validate);
      }),
    ).toEqual([]);
  });

  test('of the project is found and compiled once', () => {
    expect(projectSchema('suites/schema/pics.schema.json')).toBe(projectSchema('suites/schema/pics.schema.json'));
    expect(() => projectSchema('suites/schema/none.json')).toThrow(/none\.json is missing from this installation/);
  });
});

test('files of the project are found from its sources', () => {
  expect(projectFile('package.json')).toBe(join(import.meta.dirname, '..', '..', 'package.json'));
});

test('a place of a file on disk gets its line', () => {
  const place = { file: import.meta.filename, line: 1, column: 1 };
  expect(diagnoseAt(place, 'EMPTY', 'm').sourceLine).toBe("import { join } from 'node:path';");
});
