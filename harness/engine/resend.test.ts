import { expect, test } from 'vitest';
import { decodePacket, encodePacket, isNotTcp } from '../packet/index.ts';
import { FLAG } from '../packet/types.ts';
import { parsePacketLine } from '../notation/packet-line.ts';
import type { Scenario, Step } from '../scenario/suite.ts';
import type { Cell, CellLink } from '../topology/contract.ts';
import { runSteps, ScenarioStopped, type StepRun } from './run-steps.ts';
import { Session } from './session.ts';

const profile = { timestamps: true, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 as const };
const base = { place: { file: 'x', line: 1, column: 1 }, text: '' };
const STEPS: Step[] = [
  { ...base, kind: 'send', clauses: [], line: parsePacketLine('a SYN <>') },
  { ...base, kind: 'expect', clauses: ['c'], line: parsePacketLine('a SYN/ACK <>'), resend: true },
];

/** The answer of a stack to a SYN. */
function synAck(bytes: Uint8Array): Uint8Array {
  const packet = decodePacket(bytes);
  if (isNotTcp(packet)) throw new Error(packet.message);
  const { ip, tcp } = packet;
  return encodePacket({
    ip: { family: 'ipv4', src: ip.dst, dst: ip.src, tos: 0, id: 1, fragment: 0x4000, ttl: 64, protocol: 6 },
    tcp: {
      srcPort: tcp.dstPort,
      dstPort: tcp.srcPort,
      seq: 7,
      ack: tcp.seq + 1,
      flags: FLAG.SYN | FLAG.ACK,
      window: 1000,
      urgent: 0,
      options: [],
      payload: new Uint8Array(),
    },
  });
}

/** Runs the steps against a stack that answers what is sent the given time. */
async function sentTo(answers: number): Promise<{ verdict: string | undefined; sent: Uint8Array[] }> {
  const sent: Uint8Array[] = [];
  const link = {
    spec: { name: 'a', families: ['ipv4'] },
    tester: { ipv4: '10.0.0.1' },
    sut: { ipv4: '10.0.0.2' },
  } as CellLink;
  const cell: Cell = {
    topology: { name: 'one', title: '', hosts: ['sut'], links: [] },
    agents: new Map(),
    links: [link],
    close: () => Promise.resolve(),
  };
  const session = new Session({
    scenario: { profile, family: 'ipv4', subflows: {} } as unknown as Scenario,
    cell,
    waits: { answer: 100, grace: 1 },
    random: { uint32: () => 1, uint64: () => 1n },
    onPacket: () => undefined,
    openPort: (_link, onPacket) => ({
      link: 'a',
      echo: () => Promise.resolve(1),
      close: () => undefined,
      send: (bytes) => {
        sent.push(bytes);
        if (sent.length === answers)
          onPacket({ at: performance.now(), direction: 'in', link: 'a', bytes: synAck(bytes) });
        return Promise.resolve();
      },
    }),
  });
  const run: StepRun = { session, levelOf: () => 'must', results: [], ladder: [] };
  await session.patience.ready();
  await runSteps(STEPS, run, false).catch((error: unknown) => {
    if (!(error instanceof ScenarioStopped)) throw error;
  });
  return { verdict: run.results.at(-1)?.verdict, sent };
}

test('sends the last packet once more, as it was, when no answer comes', async () => {
  const { verdict, sent } = await sentTo(2);
  expect(verdict).toBe('pass');
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(sent[0]);
});

test('sends nothing again when the answer is there, and gives up after the second time', async () => {
  expect((await sentTo(1)).sent).toHaveLength(1);
  const silent = await sentTo(3);
  expect(silent.verdict).toBe('fail');
  expect(silent.sent).toHaveLength(2);
});
