/** Completion, asked as shells ask. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completionScript } from './completion.ts';
import { completionWords } from './completion-words.ts';
import { withoutVariant } from '../inputs/judges.ts';
import { buildProgram as buildCommand } from '../program.ts';
import { openProject } from '../inputs/project.ts';
import { buildProgram, PROGRAM, ROOT, SCENARIO, temporaryFolder } from '../testing/command.ts';

const folder = temporaryFolder();
const program = buildCommand([]);
const script = join(folder.path, 'completion.bash');

beforeAll(() => {
  buildProgram();
  writeFileSync(script, completionScript(program, 'bash'));
}, 60_000);
afterAll(() => folder.remove());

/** Words that bash offers in place of the last one. */
function offered(...words: string[]): string[] {
  const ask =
    'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mptcp_conformance; printf "%s\\n" "${COMPREPLY[@]}"';
  const command = join(ROOT, 'bin', 'mptcp-conformance.mjs');
  const { stdout, stderr } = spawnSync('bash', ['-c', ask, script, command, ...words], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash offers', () => {
  test.each([
    [['ex'], ['explain', 'export']],
    [['run', '--sec'], ['--section']],
    [
      ['run', '--keep-captures', ''],
      ['all', 'failed'],
    ],
    [
      ['clauses', '--level', 'm'],
      ['must', 'may'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [
      ['run', '--section', '3.3.'],
      ['3.3.1', '3.3.2', '3.3.3', '3.3.4', '3.3.5', '3.3.6', '3.3.7', '3.3.8'],
    ],
    [['show', SCENARIO.slice(0, -3)], [SCENARIO]],
    [
      ['explain', '3.1-20.8.'],
      ['3.1-20.8.s1', '3.1-20.8.s2', '3.1-20.8.s3', '3.1-20.8.s4'],
    ],
  ])('%j', (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });

  test('every command of the help, and none that is hidden', () => {
    const visible = program
      .createHelp()
      .visibleCommands(program)
      .map((command) => command.name());
    expect(
      offered('')
        .filter((word) => !word.startsWith('-'))
        .sort(),
    ).toEqual([...new Set([...visible, 'help'])].sort());
    expect(visible).not.toContain('complete');
  });
});

test.each(['bash', 'zsh', 'fish'] as const)('%s can read its script', (shell) => {
  const file = join(folder.path, `completion.${shell}`);
  writeFileSync(file, completionScript(program, shell));
  const { error, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
  // A shell that is not installed has nobody to complete for.
  if (error === undefined) expect(stderr).toBe('');
});

test('the words are those of the project, without loading it', () => {
  const { catalogue, ...project } = openProject();
  const scenarios = [...project.scenarios, ...project.multipath];
  expect(completionWords('clauses')).toEqual(catalogue.all.map(({ id }) => id).sort());
  expect(completionWords('sections')).toEqual(
    [...catalogue.sections.map(({ section }) => section), 'multipath', 'path-manager'].sort(),
  );
  expect(completionWords('scenarios')).toEqual(
    [...new Set(scenarios.flatMap((one) => [one.suite, withoutVariant(one.id)]))].sort(),
  );
});

test('a shell does not wait: less than 300 ms of processor time', () => {
  const timed = 'TIMEFORMAT="%U %S"; time "$0" "$@" > /dev/null';
  const { stderr } = spawnSync('bash', ['-c', timed, process.execPath, PROGRAM, 'complete', 'scenarios'], {
    encoding: 'utf8',
  });
  const [user = 9, system = 9] = stderr.trim().split(' ').map(Number);
  expect(user + system).toBeLessThan(0.3);
});
