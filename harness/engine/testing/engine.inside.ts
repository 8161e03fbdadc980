/** Scenarios on this kernel, with an agent or a stack that lets the harness down. Started by topology/inside.test.ts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSuite, openLibrary } from '../../scenario/load.ts';
import type { Scenario } from '../../scenario/suite.ts';
import { findTopology } from '../../topology/load.ts';
import { createNetnsDriver } from '../../topology/netns.ts';
import type { Cell, Driver } from '../../topology/contract.ts';
import { readPcap } from '../../wire/pcap-read.ts';
import { openLink } from '../../topology/open-link.ts';
import { openPort } from '../../wire/raw-link.ts';
import { runScenario, type EngineContext, type ScenarioRun } from '../run-scenario.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
let folder = '';
let driver: Driver;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-engine-'));
  driver = createNetnsDriver({ agentPath: process.env['MPTCP_CONFORMANCE_AGENT'] ?? '' });
});

afterAll(async () => {
  await driver.close();
  rmSync(folder, { recursive: true, force: true });
});

function scenario(steps: string, extra = ''): Scenario {
  const file = join(folder, 'probe.suite.yaml');
  const body = steps
    .trim()
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
  writeFileSync(
    file,
    `title: Probe\nsection: "3.1"\nsut: responder\nscenarios:\n  probe:\n    title: Probe\n    family: [ipv4]\n${extra}    steps:\n${body}\n`,
  );
  const [loaded] = loadSuite(file, openLibrary(join(ROOT, 'suites')));
  if (loaded === undefined) throw new Error('no scenario');
  return loaded;
}

async function run(one: Scenario, change: Partial<EngineContext> = {}): Promise<ScenarioRun> {
  return runScenario(one, {
    driver,
    topology: (name) => findTopology(join(ROOT, 'topologies'), name),
    levelOf: () => 'must',
    openPort: openLink,
    evidenceRoot: folder,
    waits: { answer: 300, grace: 5 },
    lacks: new Map(),
    rerun: () => 'again',
    ...change,
  });
}

/** The same driver, but something happens to every cell as soon as it is there. */
function sabotaged(harm: (cell: Cell) => void): Driver {
  return {
    name: 'sabotaged',
    problems: (topology) => driver.problems(topology),
    close: () => Promise.resolve(),
    async build(topology) {
      const cell = await driver.build(topology);
      harm(cell);
      return cell;
    },
  };
}

function agentPid(cell: Cell): number {
  const [agent] = cell.agents.values();
  if (agent === undefined) throw new Error('no agent');
  return agent.pid;
}

const HANDSHAKE = `
- sut: listen
- send: a SYN
- expect: a SYN/ACK <mp_capable len=12>
  clause: 3.1-6.2.s1
- send: a ACK
- sut: accept
- use: exchange-mptcp
  clause: 3.1-15.s9`;

describe('an agent that lets the harness down is an error, not a verdict', () => {
  test('killed', async () => {
    const { result, agentLog } = await run(scenario(HANDSHAKE), {
      driver: sabotaged((cell) => process.kill(agentPid(cell), 'SIGKILL')),
    });
    expect(result.verdict).toBe('error');
    expect(result.reason).toMatch(/AgentLost.*SIGKILL/s);
    expect(agentLog.length).toBeGreaterThan(0);
  });

  test('hung', { timeout: 40_000 }, async () => {
    const { result } = await run(scenario(HANDSHAKE), {
      driver: sabotaged((cell) => process.kill(agentPid(cell), 'SIGSTOP')),
    });
    expect(result.verdict).toBe('error');
    expect(result.reason).toMatch(/AgentLost/);
  });
});

describe('verdicts', () => {
  test('passes what the stack keeps, with a capture of the whole conversation and counters', async () => {
    const { result } = await run(scenario(HANDSHAKE));
    expect(result.reason).toBeUndefined();
    expect(result.verdict).toBe('pass');
    expect(result.counters['MPCapableSYNRX']).toBe(1);
    const { packets } = await readPcap(join(folder, '..', result.evidence.pcap ?? ''));
    expect(packets).toHaveLength(result.ladder.filter((entry) => entry.kind === 'packet').length);
    expect(packets.length).toBeGreaterThanOrEqual(7);
  });

  test('speaks on each link the family that the link has', async () => {
    const { result } = await run(
      scenario(
        `${HANDSHAKE}\n- send: b SYN <mp_join token=$tester.token>\n- expect: b RST\n  clause: 3.2-19.s1`,
        '    topology: dual-stack\n    subflows: { b: { link: 2, id: 2 } }\n',
      ),
    );
    expect(result.verdict, result.reason).toBe('pass');
    const other = result.ladder.filter(({ kind, subflow }) => kind === 'packet' && subflow === 'b');
    expect(other).toHaveLength(2);
  });

  test('goes over links that are slow, narrow and lossy', async () => {
    const { result } = await run(scenario(HANDSHAKE, '    topology: asymmetric\n'), {
      waits: { answer: 2000, grace: 15 },
    });
    expect(result.verdict, result.reason).toBe('pass');
    const [syn, answer] = result.ladder.filter(({ kind }) => kind === 'packet');
    // 5 ms there and 5 ms back; timers may be a millisecond early, each.
    expect((answer?.at ?? 0) - (syn?.at ?? 0)).toBeGreaterThanOrEqual(8);
  });

  test('fails a packet that differs, and says in what', async () => {
    const { result } = await run(
      scenario('- sut: listen\n- send: a SYN\n- expect: a SYN/ACK <mp_capable len=13 B=1>\n  clause: 3.1-6.2.s1'),
    );
    expect(result.verdict).toBe('fail');
    expect(result.expectations[0]?.differences).toEqual([
      { field: 'mp_capable.len', expected: '13', actual: '12' },
      { field: 'mp_capable.B', expected: '1', actual: '0' },
    ]);
    expect(result.expectations[0]?.actual).toMatch(/^a SYN\/ACK seq=0 ack=1 /);
  });

  test('fails silence within the time limit', async () => {
    const { result } = await run(scenario('- sut: listen\n- send: a ACK\n- expect: a SYN/ACK\n  clause: 3.1-6.2.s1'));
    expect(result.verdict).toBe('fail');
  });

  test('is inconclusive where a step without a clause is not met', async () => {
    const { result } = await run(scenario(`- send: a SYN\n- expect: a SYN/ACK\n- expect: a ACK\n  clause: 3.1-6.2.s1`));
    expect(result.verdict).toBe('inconclusive');
    expect(result.reason).toMatch(/differs in flags/);
  });

  test('is inconclusive where the preamble is not met, whatever it is about', async () => {
    const { result } = await run(
      scenario(
        '- expect: a ACK\n  clause: 3.1-6.2.s1',
        '    preamble:\n      - send: a SYN\n      - expect: a SYN/ACK\n',
      ),
    );
    expect(result.verdict).toBe('inconclusive');
  });

  test('is skipped where the stack lacks what it needs, with the reason', async () => {
    const { result } = await run(scenario(HANDSHAKE, '    needs: [mptcp-v0]\n'), {
      lacks: new Map([['mptcp-v0', 'only version 1 is there']]),
    });
    expect(result).toMatchObject({
      verdict: 'skip',
      reason: 'the stack is declared to lack mptcp-v0: only version 1 is there',
    });
  });

  test('is an error where the capture is not the conversation', async () => {
    const spoil: EngineContext['openPort'] = (link, family, onPacket, onError) =>
      openPort({
        device: link.device,
        link: link.spec.name,
        family,
        testerAddress: link.tester[family],
        sutAddress: link.sut[family],
        onError,
        onPacket: (packet) => {
          onPacket(packet);
          // The caller's buffer changes after the packet was written.
          packet.bytes[0] = 0;
        },
      });
    const { result } = await run(scenario(HANDSHAKE), { openPort: spoil });
    expect(result.verdict).toBe('error');
    expect(result.reason).toMatch(/does not contain the \d+ packets exchanged/);
  });
});

describe("a scenario whose stack's kernel gets into trouble", () => {
  /** The same driver, but the kernel complains as long as `complains` says so. */
  function complaining(complains: (alone: boolean) => boolean, asked: boolean[] = []): Driver {
    return {
      name: 'complaining',
      problems: (topology) => driver.problems(topology),
      close: () => Promise.resolve(),
      async build(topology, { alone = false } = {}) {
        asked.push(alone);
        const cell = await driver.build(topology);
        const trouble = { kind: 'oops', title: 'BUG: of the test', console: ['before', 'BUG: of the test'] } as const;
        return { ...cell, troubles: () => (complains(alone) ? [{ ...trouble, console: [...trouble.console] }] : []) };
      },
    };
  }

  test('runs again with nothing beside it, and has failed when it shows again', async () => {
    const asked: boolean[] = [];
    const { result } = await run(scenario(HANDSHAKE), { driver: complaining(() => true, asked) });
    expect(asked).toEqual([false, true]);
    expect(result).toMatchObject({
      verdict: 'fail',
      reason: 'the kernel under test reported a problem (oops): BUG: of the test',
      trouble: { kind: 'oops', title: 'BUG: of the test', alone: true },
    });
    expect(readFileSync(join(folder, '..', result.trouble?.console ?? ''), 'utf8')).toBe('before\nBUG: of the test\n');
  });

  test('keeps the verdict of the second run when it does not, and what was seen', async () => {
    const { result } = await run(scenario(HANDSHAKE), { driver: complaining((alone) => !alone) });
    expect(result).toMatchObject({ verdict: 'pass', trouble: { kind: 'oops', alone: false } });
  });

  test('runs once where the kernel is well', async () => {
    const asked: boolean[] = [];
    const { result } = await run(scenario(HANDSHAKE), { driver: complaining(() => false, asked) });
    expect(asked).toEqual([false]);
    expect(result.trouble).toBeUndefined();
  });
});
