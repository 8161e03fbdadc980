/** `shell`, as a user would run it: in a namespace, in a guest, with and without a terminal. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  begin,
  buildProgram,
  ending,
  execute,
  mptcpConformance,
  processesOf,
  PROGRAM,
  temporaryFolder,
  until,
} from '../testing/command.ts';

const SCENARIO = '3.5-fast-close/sent/abort-by-application#role=initiator,ipv4';
const LIMIT_MS = 240_000;
const folder = temporaryFolder();

beforeAll(buildProgram, 120_000);
afterAll(folder.remove);

describe('shell', { timeout: LIMIT_MS }, () => {
  test('runs a command in the namespace of the stack, while the scenario is kept', async () => {
    const { code, stdout, stderr } = await mptcpConformance(
      'shell',
      SCENARIO,
      '--command',
      'ip -br addr; ip mptcp limits',
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^a@\S+ .*10\.\d+\.\d+\.2\//m);
    expect(stdout).toMatch(/^add_addr_accepted 0 subflows/m);
    expect(stderr).toContain(`${SCENARIO}: all steps are done`);
    expect(stderr).toContain('1 scenarios: 1 pass');
  });

  test('is a shell where there is a terminal', async () => {
    const words = [process.execPath, PROGRAM, 'shell', SCENARIO].map((word) => `'${word}'`).join(' ');
    const child = begin(['script', '-qec', `SHELL=/bin/sh ${words}`, '/dev/null'], {});
    const { stdout } = await ending(child);
    // Its input has ended at once, and so does the shell.
    expect(stdout).toContain('all steps are done');
    expect(stdout).toContain('1 scenarios: 1 pass');
  });

  test('says how to enter where there is no terminal, and removes everything when it is interrupted', async () => {
    const child = begin([process.execPath, PROGRAM, 'shell', SCENARIO], {});
    let said = '';
    child.stdout?.on('data', (part: Buffer) => (said += part.toString()));
    const ended = ending(child);
    await until('the command that enters', () => /enter with: .*\n/.test(said), LIMIT_MS / 2);
    const [, command = ''] = /enter with: (.*)\n/.exec(said) ?? [];
    const inside = await execute([...command.split(' '), 'ip', '-br', 'link']);
    expect(inside.stdout, inside.stderr).toMatch(/^a@/m);
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(0);
    expect(processesOf(child.pid ?? 0)).toEqual([]);
  });

  test('refuses more than one scenario, and stacks without a shell', async () => {
    const many = await mptcpConformance('shell', '3.5-fast-close/sent');
    expect(many.code).toBe(2);
    expect(many.stderr).toMatch(/names \d+ scenarios; give one id, such as 3\.5-fast-close\/sent/);
    const reference = await mptcpConformance('shell', SCENARIO, '--sut', 'reference');
    expect(reference.stderr).toContain('does not work with --sut reference; it works with netns, docker, kernel:6.12');
    const gone = await mptcpConformance('shell', '--enter', join(folder.path, 'nowhere'));
    expect(gone.stderr).toMatch(/no guest: .*ENOENT/);
  });

  test("is busybox in a guest, and the guest's log and trace are evidence", async () => {
    const { code, stdout, stderr } = await mptcpConformance(
      ...['shell', SCENARIO, '--sut', 'kernel:6.12', '--command', 'uname -r; ip addr show dev a'],
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^6\.12\.\d+/m);
    expect(stdout).toMatch(/inet 10\.\d+\.\d+\.2\/24 scope global a/);

    const output = join(folder.path, 'traced');
    const watched = ['--trace', 'mptcp:*', '--dyndbg', 'file net/mptcp/* +p', '--ladder', '-o', output];
    const run = await mptcpConformance('run', SCENARIO, '--sut', 'kernel:6.12', ...watched);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/kernel: trace ack_update_msk:/);
    expect(run.stdout).toMatch(/kernel: MPTCP: /);
    const [scenario] = (
      JSON.parse(readFileSync(join(output, 'results.json'), 'utf8')) as {
        scenarios: { evidence: { dmesg: string; trace: string } }[];
      }
    ).scenarios;
    for (const path of [scenario?.evidence.dmesg, scenario?.evidence.trace])
      expect(existsSync(join(output, path ?? ''))).toBe(true);
    // The kernel sends the SYN after it has opened the subflow and before the tester has seen it.
    const ladder = run.stdout;
    expect(ladder.indexOf('kernel: MPTCP: subflow=')).toBeLessThan(ladder.indexOf('◀────────┤  a SYN'));
  });

  test('names an event that the guest does not have', async () => {
    const run = await mptcpConformance(
      ...['run', SCENARIO, '--sut', 'kernel:6.12', '--trace', 'mptcp:nothing', '-o', join(folder.path, 'bad')],
    );
    expect(run.code).toBe(2);
    expect(run.stdout + run.stderr).toMatch(/the guest refused to trace: EINVAL: no such event/);
  });
});
