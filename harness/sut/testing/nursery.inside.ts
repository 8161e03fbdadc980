/** Agents from a nursery. Started by topology/inside.test.ts, inside a tester namespace. */
import { existsSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AgentNursery } from '../nursery.ts';
import { connectAgent } from '../spawn-agent.ts';

const PATH = process.env['MPTCP_CONFORMANCE_AGENT'] ?? '';
let nursery: AgentNursery;

beforeAll(() => {
  nursery = new AgentNursery(PATH);
});
afterAll(() => nursery.close());

describe('a nursery of agents', () => {
  test('gives each agent a namespace of its own, in the order asked for', async () => {
    const agents = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => connectAgent(await nursery.start(), { name: `n${i}` })),
    );
    for (const agent of agents) expect((await agent.request('hello'))['pid']).toBe(String(agent.pid));
    const namespaces = ['self', ...agents.map(({ pid }) => pid)].map((pid) => readlinkSync(`/proc/${pid}/ns/net`));
    expect(new Set(namespaces).size).toBe(21);
    await Promise.all(agents.map((agent) => agent.close()));
    for (const { pid } of agents) expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  test("tells how an agent ended, with its last words and nobody else's", async () => {
    const [one, other] = await Promise.all(
      [0, 1].map(async (i) => connectAgent(await nursery.start(), { name: `w${i}` })),
    );
    await other!.request('log', { text: 'not mine' });
    await one!.request('log', { text: 'farewell' });
    process.kill(one!.pid, 'SIGSEGV');
    await expect(one!.request('sync')).rejects.toThrow(/was ended by SIGSEGV\n {2}stderr: mptcp-agent: farewell$/);
    await expect(other!.request('sync')).resolves.toEqual({});
    expect(other!.log.filter((line) => line.direction === 'stderr').map((line) => line.text)).toEqual([
      'mptcp-agent: not mine',
    ]);
    await Promise.all([one!.close(), other!.close()]);
  });

  test('takes its agents along when it ends, and starts none after', async () => {
    const own = new AgentNursery(PATH);
    const agent = await connectAgent(await own.start(), { name: 'orphan' });
    await own.close();
    await expect(agent.request('hello')).rejects.toThrow(/agent orphan .*lost its nursery: it exited with status 0/);
    await expect(own.start()).rejects.toThrow(/the nursery of agents exited with status 0/);
    await agent.close();
  });

  test('says so when its program is not there', async () => {
    const none = new AgentNursery('/nonexistent/agent');
    await expect(none.start()).rejects.toThrow(/cannot be started: .*ENOENT.*check that \/nonexistent\/agent exists/);
    await none.close();
  });
});
