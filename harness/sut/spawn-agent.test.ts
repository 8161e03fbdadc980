/** Agents that fail: every way has to end in AgentLost, promptly. */
import { afterEach, expect, test } from 'vitest';
import { spawnAgent, type SpawnAgentOptions, type SpawnedAgent } from './spawn-agent.ts';
import { introduce } from './introduce.ts';
import { isolatedAgent } from './testing/isolated-agent.ts';
import { AgentLost } from './types.ts';

const opened: SpawnedAgent[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((agent) => agent.close()));
});

/** An agent written in the shell, to say what a true one would not. */
async function shellAgent(script: string, options: Partial<SpawnAgentOptions> = {}): Promise<SpawnedAgent> {
  const agent = await spawnAgent({ command: ['/bin/sh', '-c', script], name: 'fake', ...options });
  opened.push(agent);
  return agent;
}

const greeting = 'echo "agent protocol=2 name=fake kernel=none pid=1 features=a,b";';

test('reads the greeting', async () => {
  const agent = await shellAgent(`${greeting} cat >/dev/null`, { pid: 4711 });
  const features = new Set(['a', 'b']);
  expect(agent.greeting).toEqual({ protocol: 2, name: 'fake', stack: '', kernel: 'none', pid: 1, features });
  expect(agent.pid).toBe(4711);
});

test.each([
  ['', 'read line; echo "1 err 38 ENOSYS"; cat >/dev/null', { stack: 'fake' }],
  ['', 'read line; echo "1 bad no such command"; cat >/dev/null', { stack: 'fake' }],
  [
    ' stack=acme-os',
    'read line; echo "1 ok version=%233 machine=mips"; cat >/dev/null',
    { stack: 'acme-os', build: '#3', machine: 'mips' },
  ],
])('takes the stack from the greeting, and does without uname: %s', async (word, script, expected) => {
  const agent = await shellAgent(`echo "agent protocol=2 name=fake kernel=9.4 pid=1 features=mptcp${word}";${script}`);
  expect(await introduce(agent)).toEqual({ version: '9.4', mptcp: true, ...expected });
});

test.each([
  ['exit 3', /fake \(pid \d+\) exited with status 3/],
  ['echo "no such thing" >&2; exit 1', /exited with status 1\n {2}stderr: no such thing/],
  ['echo hello', /wrote hello, expected its greeting .*; see docs\/agent-protocol.md/],
  ['echo "agent protocol=9"', /has protocol version 9, this suite has 2; use the agent of this release/],
  ['echo "agent name=x"', /has protocol version \(none\)/],
  ['exec sleep 60', /sent no greeting within 200 ms/],
  ['kill -SEGV $$', /was ended by SIGSEGV/],
])('refuses an agent that does: %s', async (script, message) => {
  await expect(shellAgent(script, { timeoutMs: 200 })).rejects.toThrow(message);
});

test('tells that the program is not there', async () => {
  const started = spawnAgent({ command: ['/nonexistent/agent'], name: 'absent' });
  await expect(started).rejects.toThrow(
    /agent absent cannot be started: '\/nonexistent\/agent': .*ENOENT; check that the program exists/,
  );
  await expect(started).rejects.toBeInstanceOf(AgentLost);
});

test.each([
  [
    'read line; echo "1 maybe"; cat >/dev/null',
    /wrote an invalid answer: 1 maybe: an id is followed by ok, err or bad/,
  ],
  ['read line; echo "77 ok"; cat >/dev/null', /answered an unknown request: 77 ok/],
  ['read line; echo "agent protocol=2"; cat >/dev/null', /sent a second greeting/],
  ['read line; echo "out of memory" >&2; exit 1', /exited with status 1\n {2}stderr: out of memory/],
  ['read line; kill -ABRT $$', /was ended by SIGABRT/],
])('loses an agent that goes: %s', async (script, message) => {
  const agent = await shellAgent(greeting + script);
  const other = expect(agent.request('hello')).rejects.toThrow(message);
  await expect(agent.request('hello')).rejects.toThrow(message);
  await other;
  await expect(agent.request('hello')).rejects.toThrow(message);
});

test('rejects all that waits when the agent is killed', async () => {
  const agent = await isolatedAgent();
  opened.push(agent);
  const waiting = [agent.request('link-wait', { dev: 'never0' }), agent.request('sync')].map((request) =>
    expect(request).rejects.toThrow(/was ended by SIGKILL/),
  );
  const began = performance.now();
  process.kill(agent.pid, 'SIGKILL');
  await Promise.all(waiting);
  expect(performance.now() - began).toBeLessThan(1_000);
});

test('notices an agent that hangs, and ends it', async () => {
  const agent = await isolatedAgent({ timeoutMs: 150, timeScale: 2 });
  opened.push(agent);
  process.kill(agent.pid, 'SIGSTOP');
  await expect(agent.request('uname')).rejects.toThrow(/did not answer '2 uname' within 300 ms; it hangs/);
  await agent.close();
  expect(() => process.kill(agent.pid, 0)).toThrow(/ESRCH/);
});

test('allows a command the time that it asks for', async () => {
  const agent = await isolatedAgent({ timeoutMs: 150 });
  opened.push(agent);
  await expect(agent.request('link-wait', { dev: 'never0', timeout: 250 })).rejects.toMatchObject({
    code: 'ETIMEDOUT',
  });
});

test('closes once, ends what waits, and refuses what comes after', async () => {
  const agent = await isolatedAgent();
  const waiting = expect(agent.request('sync')).resolves.toEqual({});
  await waiting;
  const pending = expect(agent.request('link-wait', { dev: 'never0' })).rejects.toThrow(
    /was closed while this request waited/,
  );
  await Promise.all([agent.close(), agent.close(), pending]);
  expect(() => process.kill(agent.pid, 0)).toThrow(/ESRCH/);
  await expect(agent.request('hello')).rejects.toThrow(/agent test is closed \(request: hello\)/);
});

test('kills an agent that does not exit when asked', async () => {
  const agent = await shellAgent(`${greeting} while :; do sleep 1; done`, { graceMs: 50 });
  const began = performance.now();
  await agent.close();
  expect(performance.now() - began).toBeLessThan(1_000);
});

test('keeps what was said', async () => {
  const agent = await isolatedAgent();
  await agent.request('log', { text: 'a word' });
  await agent.close();
  const said = agent.log.map((line) => `${line.direction} ${line.text}`);
  expect(said[0]).toMatch(/^from agent protocol=2/);
  const wanted = ['to 2 log text=a%20word', 'from 2 ok', 'stderr mptcp-agent: a word', 'to 3 exit'];
  expect(said).toEqual(expect.arrayContaining(wanted));
});
