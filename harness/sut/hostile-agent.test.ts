/** Agents that write too much, or what is not text: bounded memory, and an error that can be read. */
import { afterEach, expect, test } from 'vitest';
import { LINE_LIMIT, LOG_LIMIT } from './capped-log.ts';
import { introduce } from './introduce.ts';
import { spawnAgent, type SpawnedAgent } from './spawn-agent.ts';
import { AgentLost } from './types.ts';

const opened: SpawnedAgent[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((agent) => agent.close()));
});

const GREETING = 'agent protocol=2 name=fake kernel=9 pid=1 features=mptcp';

/** An agent that runs JavaScript after its greeting; `say` writes to its output. */
async function agentThat(body: string, timeoutMs = 60_000): Promise<SpawnedAgent> {
  const script = `
    const say = (text) => require('fs').writeSync(1, text);
    say(${JSON.stringify(`${GREETING}\n`)});
    process.stdin.once('data', () => { ${body} });`;
  const agent = await spawnAgent({ command: [process.execPath, '-e', script], name: 'fake', timeoutMs });
  opened.push(agent);
  return agent;
}

const size = (agent: SpawnedAgent): number => agent.log.reduce((sum, { text }) => sum + text.length, 0);

test.each([
  ['binary junk', 'say(Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 7 + 128) & 255)) + "\\n")', /invalid/],
  ['an answer twice', 'say("1 ok\\n1 ok\\n")', /answered an unknown request: 1 ok/],
  ['half an answer, then its end', 'say("1 o"); process.exit(4)', /exited with status 4/],
  ['eight megabytes without a newline', 'say("x".repeat(8 << 20))', /characters without a newline/],
  ['an invalid line of a megabyte', 'say("x".repeat(1 << 20) + "\\n")', /invalid answer: x{200}\.\.\. \(1048576/],
])('%s', async (_, body, message) => {
  const agent = await agentThat(body);
  // One of the two may be answered before the agent is lost.
  const ends = await Promise.allSettled([agent.request('hello'), agent.request('hello')]);
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  expect(reasons.length).toBeGreaterThan(0);
  for (const reason of reasons) {
    expect(reason).toBeInstanceOf(AgentLost);
    expect((reason as AgentLost).message).toMatch(message);
    expect((reason as AgentLost).message.length).toBeLessThan(2_000);
  }
});

test('an agent that never answers uname is lost, and the question ends', async () => {
  const agent = await agentThat('', 300);
  await expect(introduce(agent)).rejects.toThrow(/did not answer '1 uname' within 300 ms/);
});

test('a flood of log lines is cut, and the log says so; the answer after it counts', async () => {
  const flood = 'for (let i = 0; i < 320; i++) require("fs").writeSync(2, ("y".repeat(99) + "\\n").repeat(1000));';
  const agent = await agentThat(`${flood} require("fs").writeSync(2, "end\\n"); say("1 ok x=1\\n")`);
  expect(await agent.request('hello')).toEqual({ x: '1' });
  // The two streams have no common order: wait for the limit, which 32 megabytes of log must reach.
  await expect.poll(() => agent.log.at(-1)?.text, { timeout: 60_000 }).toMatch(/^\(the log is full/);
  expect(size(agent)).toBeLessThan(LOG_LIMIT + 1_000);
});

test('a long line of the log is cut, and says so, also as the last words of an agent', async () => {
  const agent = await agentThat('require("fs").writeSync(2, "z".repeat(200000) + "\\n"); process.exit(1)');
  const error = await agent.request('hello').catch((reason: unknown) => reason);
  expect((error as AgentLost).message).toMatch(/stderr: z{200}\.\.\. \(/);
  const line = agent.log.find(({ direction }) => direction === 'stderr');
  expect(line?.text.slice(LINE_LIMIT)).toBe(` (${200_000 - LINE_LIMIT} characters more are left out)`);
});
