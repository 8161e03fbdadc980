/** The agent's reaction to malformed requests, and to pipes that end. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agentProgram, unshared } from './testing/isolated-agent.ts';

let child: ChildProcessWithoutNullStreams;
let lines: AsyncIterator<string>;

beforeEach(async () => {
  const [program = '', ...args] = unshared(await agentProgram(), '--die-with-parent');
  child = spawn(program, args);
  lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect(await answer()).toMatch(/^agent protocol=2 name=mptcp-agent stack=linux kernel=\S+ pid=\d+ features=\S*mptcp/);
});

afterEach(() => {
  child.kill('SIGKILL');
});

async function answer(): Promise<string> {
  const next = await lines.next();
  return next.done === true ? '(end)' : next.value;
}

test.each([
  ['nonsense', /^nonsense bad a command follows/],
  ['1 frobnicate', /^1 bad frobnicate/],
  ['1 hello x', /^1 bad an argument is key=value/],
  ['1 hello x=1', /^1 bad hello takes no x=/],
  ['1 log text=%zz', /^1 bad a value has %/],
  ['1 log text=%00', /^1 bad a value has %/],
  ['1 log text=a text=b', /^1 bad an argument is given twice/],
  ['1 log text=a=b', /^1 bad a value writes =/],
  ['1 log text=a\x01', /^1 bad a line holds no control/],
  ['1 log text=a\0b', /^1 bad a line holds no control/],
  ['\x1b[A ok', /^- bad a request begins with an id/],
  ['%% %%', /^- bad/],
  [`${'i'.repeat(65)} hello`, /^- bad/],
  [`1 log ${Array.from({ length: 70 }, (_, i) => `k${i}=1`).join(' ')}`, /^1 bad more than 64 arguments/],
  ['1 recv fd=', /^1 bad recv needs fd=/],
  ['1 socket family=ipx', /^1 bad family=ipx/],
  [`1 log text=${'x'.repeat(70_000)}`, /^1 bad a line has at most 65536 bytes/],
  ['x'.repeat(200_000), /^- bad/],
])('refuses "%s" and goes on', async (line, expected) => {
  child.stdin.write(`${line}\n`);
  expect(await answer()).toMatch(expected);
  child.stdin.write('\n  \n2 log text=still%20here\n');
  expect(await answer()).toBe('2 ok');
});

test('outlives bytes of no meaning', async () => {
  const noise = Buffer.alloc(300_000);
  for (let i = 0, state = 1; i < noise.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    noise[i] = state >>> 16;
  }
  child.stdin.write(noise);
  child.stdin.write('\nlast hello\n');
  for (;;) {
    const line = await answer();
    if (line.startsWith('last ok ')) break;
    expect(line).toMatch(/^\S+ bad /);
  }
});

test('takes a line of 65,536 bytes', async () => {
  const head = '1 log text=';
  child.stdin.write(`${head}${'x'.repeat(65_536 - head.length)}\n`);
  expect(await answer()).toBe('1 ok');
});

test('reads a carriage return before the newline as part of it', async () => {
  child.stdin.write('1 log text=a\r\n');
  expect(await answer()).toBe('1 ok');
});

test('exits at the end of its input, also when something waits', async () => {
  child.stdin.end('1 link-wait dev=never0 timeout=60000\n2 log text=x\nunfinished line');
  expect(await answer()).toBe('2 ok');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('goes on when nobody reads its answers any more', async () => {
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  child.stdin.end('1 hello\n2 hello\n3 log text=alive\n');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(stderr).toMatch(/standard output is closed \(EPIPE\)/);
  expect(stderr).toContain('alive');
});

test.each([['--frob'], ['--control=/dev/hvc0']])('refuses to start with %s', async (argument) => {
  const other = spawn(await agentProgram(), [argument]);
  expect(await once(other, 'exit')).toEqual([2, null]);
});

// Only root may mount /dev, and only in a mount namespace of its own does that reach nobody.
test.runIf(process.getuid?.() === 0)('serves as the first process of a machine', async () => {
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child'];
  const first = spawn('unshare', [...namespaces, await agentProgram(), '--init']);
  first.stdin.end('1 sysctl-get name=net.mptcp.enabled\n2 exit\n');
  let said = '';
  first.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  // Turning off a pid namespace ends its first process with SIGINT.
  const [status, signal] = (await once(first, 'close')) as [number | null, string | null];
  expect(said).toMatch(/^agent protocol=2 .* pid=1 .*\n1 ok value=\d\n2 ok\n$/);
  expect(signal ?? status).toSatisfy((end) => end === 'SIGINT' || end === 130);
});
