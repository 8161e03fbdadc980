/**
 * Proves that nothing grows unnoticed: a new member of each family, added to a copy of the sources and handled nowhere,
 * is an error of the compiler or of the linter, which names the places that have to handle it.
 */
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const copy = mkdtempSync(join(tmpdir(), 'growth-'));
const run = promisify(execFile);

/** Files that the tools read. */
const COPIED = [
  'bin',
  'docker',
  'docs',
  'harness',
  'scripts',
  'eslint.config.js',
  'knip.jsonc',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

const GROWN_COMMAND = "\n  grown: { group: 'octets', args: { fd: needed(text) }, answers: {}, does: 'Grows.' },";

/** The source file that has a declaration. */
function declaring(text: string): string {
  const files = readdirSync(join(root, 'harness'), { recursive: true, encoding: 'utf8' });
  const found = files.find(
    (name) => name.endsWith('.ts') && readFileSync(join(root, 'harness', name), 'utf8').includes(text),
  );
  if (found === undefined) throw new Error(`no file below harness has "${text}"`);
  return join('harness', found);
}

/** Adds a member to a union type: its first one, so that comments between the others stay where they are. */
function addToUnion(name: string, member: string): void {
  const declaration = `export type ${name} =`;
  const file = join(copy, declaring(declaration));
  const start = new RegExp(`${declaration}\\s*\\|?`);
  writeFileSync(file, readFileSync(file, 'utf8').replace(start, `${declaration} ${member} |`));
}

/** Output of a tool on both streams; tools fail when they find something. */
async function output(command: string, args: string[]): Promise<string> {
  try {
    return (await run(command, args, { cwd: copy, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return stdout + stderr;
  }
}

/** Inserts text after the first place where `anchor` is in a file of the copy. */
function insertAfter(path: string, anchor: string, text: string): void {
  const file = join(copy, path);
  const before = readFileSync(file, 'utf8');
  if (!before.includes(anchor)) throw new Error(`${path} lacks "${anchor}"`);
  writeFileSync(
    file,
    before.replace(anchor, () => anchor + text),
  );
}

/** Lines of the compiler's or linter's report that are about a member. */
let reports: string[] = [];

beforeAll(async () => {
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

  const registry = 'harness/packet/options/registry.ts';
  insertAfter(registry, 'export const MPTCP_OPTIONS = {', '\n  mp_grown: mpGrown,');
  appendFileSync(join(copy, registry), "import { mpGrown } from './mp-grown.ts';\n");
  const prio = readFileSync(join(copy, 'harness/packet/options/mp-prio.ts'), 'utf8');
  const grown = prio
    .replaceAll('mp_prio', 'mp_grown')
    .replaceAll('mpPrio', 'mpGrown')
    .replace('subtype: 5', 'subtype: 9');
  writeFileSync(join(copy, 'harness/packet/options/mp-grown.ts'), grown);

  insertAfter('harness/sut/commands/octets.ts', 'BYTES_COMMANDS = {', GROWN_COMMAND);
  insertAfter('docker/agent/commands.def', '*/\n', 'COMMAND("grown", command_grown, "fd")\n');

  addToUnion('Step', "{ kind: 'step-grown'; place: Place; text: string; clauses: string[] }");
  addToUnion('Verdict', "'verdict-grown'");
  addToUnion('StackKindName', "'stack-grown'");

  const linted = ['harness/mutation/mutations.ts', 'harness/engine/run-steps.ts'];
  const [compiled, checked] = await Promise.all([
    output('npx', ['tsc', '--noEmit', '--pretty', 'false']),
    output('npx', ['eslint', '--format', 'json', ...linted]),
  ]);
  const results = JSON.parse(checked) as { filePath: string; messages: { line: number; message: string }[] }[];
  reports = [
    ...compiled.split(/\n(?=\S)/),
    ...results.flatMap(({ filePath, messages }) =>
      messages.map(({ line, message }) => `${filePath.slice(copy.length + 1)}(${line}): ${message}`),
    ),
  ];
}, 300_000);

afterAll(() => rmSync(copy, { recursive: true }));

/** Files that a report about `member` stands in. */
function placesOf(member: string): Set<string> {
  return new Set(reports.filter((one) => one.includes(member)).map((one) => one.replace(/\(.*/s, '')));
}

describe('what is added and not handled is an error:', () => {
  test('an option', () => {
    expect(placesOf('mp_grown')).toEqual(new Set(['harness/packet/testing/samples.ts']));
  });

  test('a verb of a step', () => {
    for (const file of ['scenario/step-verbs.ts', 'engine/run-steps.ts', 'mutation/mutations.ts'])
      expect(placesOf('step-grown')).toContain(`harness/${file}`);
  });

  test('a verdict', () => expect(placesOf('verdict-grown').size).toBeGreaterThan(0));

  test('an agent command: on the page, in the C table and in the C agent', { timeout: 60_000 }, async () => {
    const tested = await output('npx', ['vitest', 'run', 'harness/sut/protocol-document.test.ts', '--no-color']);
    expect(tested).toMatch(/FAIL .* is what the page shows/);
    expect(tested).toMatch(/\+ *COMMAND\("grown"|- *COMMAND\("grown"|\| `grown` \|/);
    const sources = readdirSync(join(copy, 'docker/agent')).filter((name) => name.endsWith('.c'));
    const linked = await output('cc', [
      '-D_GNU_SOURCE',
      '-o',
      'agent',
      ...sources.map((name) => join('docker/agent', name)),
    ]);
    expect(linked).toMatch(/undefined reference to .command_grown/);
  });

  test('a kind of stack', () => expect(placesOf('stack-grown')).toContain('harness/topology/stacks/registry.ts'));
});

test('an export that nothing imports and modules that import each other are errors', { timeout: 60_000 }, async () => {
  const file = 'harness/report/exit-code.ts';
  appendFileSync(join(copy, file), "\nexport { twin } from './grown-twin.ts';\nexport const unread = 1;\n");
  writeFileSync(join(copy, 'harness/report/grown-twin.ts'), "import './exit-code.ts';\nexport const twin = 2;\n");
  const said = await output('npx', ['knip', '--no-progress']);
  expect(said).toMatch(/unread +harness\/report\/exit-code\.ts/);
  expect(said).toMatch(/Circular dependencies|cycles/i);
  expect(said).toContain('grown-twin.ts');
});
