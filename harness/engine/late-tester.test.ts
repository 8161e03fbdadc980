/** Retransmissions that the stack makes because the tester was slow do not count as new packets. */
import { expect, test } from 'vitest';
import { encodePacket } from '../packet/index.ts';
import { idsn } from '../mptcp/keys.ts';
import { FLAG, type TcpOption } from '../packet/types.ts';
import { parsePacketLine } from '../notation/packet-line.ts';
import type { Scenario, Step } from '../scenario/suite.ts';
import type { Cell, CellLink } from '../topology/contract.ts';
import { runSteps, ScenarioStopped, type StepRun } from './run-steps.ts';
import { Session } from './session.ts';
import { fromStack, REMOTE_KEY } from './testing/subflows.ts';

const profile = { timestamps: false, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 as const };
const base = { place: { file: 'x', line: 1, column: 1 }, text: '', clauses: ['c'] };
const expects = (line: string): Step => ({ ...base, kind: 'expect', line: parsePacketLine(line), within: 100 });

const nevers = (line: string, unless?: 'retransmitted'): Step => ({
  ...base,
  kind: 'never',
  line: parsePacketLine(line),
  from: 'start',
  ...(unless === undefined ? {} : { unless }),
});

/** The SYN of the first subflow tells the key, and with it where data sequence numbers begin. */
const MP_CAPABLE: TcpOption = { kind: 'mp_capable', version: 1, flags: 1, senderKey: REMOTE_KEY };

/** A packet of the stack: a SYN where it has no data. `link` is 1 unless given. */
type Sent = [port: number, seq: number, length: number, dsn?: bigint, link?: 1 | 2];

/** Runs the steps with these packets of the stack, which are there from the start. Subflow c is on link 2. */
async function verdicts(packets: Sent[], steps: Step[]) {
  const links = [1, 2].map((number) => ({
    spec: { name: `link${number}`, families: ['ipv4'] },
    tester: { ipv4: `192.0.${number + 1}.1` },
    sut: { ipv4: `192.0.${number + 1}.2` },
  }));
  const cell: Cell = {
    topology: { name: 'one', title: '', hosts: ['sut'], links: [] },
    agents: new Map(),
    links: links as CellLink[],
    close: () => Promise.resolve(),
  };
  const deliver = new Map<string, (bytes: Uint8Array) => void>();
  const session = new Session({
    scenario: {
      profile,
      family: 'ipv4',
      subflows: { a: { link: 1, addressId: 0 }, b: { link: 1, addressId: 2 }, c: { link: 2, addressId: 3 } },
    } as unknown as Scenario,
    cell,
    waits: { answer: 100, grace: 1 },
    random: { uint32: () => 1, uint64: () => 1n },
    onPacket: () => undefined,
    openPort: ({ spec: { name } }, onPacket) => {
      deliver.set(name, (bytes) => {
        onPacket({ at: performance.now(), direction: 'in', link: name, bytes });
      });
      return { link: name, echo: () => Promise.resolve(1), close: () => undefined, send: () => Promise.resolve() };
    },
  });
  const run: StepRun = { session, levelOf: () => 'must', results: [], ladder: [] };
  await session.patience.ready();
  for (const [port, seq, length, dsn, number = 1] of packets) {
    const dss: TcpOption[] =
      dsn === undefined
        ? []
        : [
            {
              kind: 'dss',
              reserved: 0,
              dataFin: false,
              dsn8: true,
              hasMap: true,
              dataAck8: true,
              hasDataAck: false,
              dsn: idsn(REMOTE_KEY) + dsn,
              ssn: seq,
              dataLength: length,
            },
          ];
    const packet = fromStack({
      seq,
      flags: length === 0 ? FLAG.SYN : FLAG.ACK | FLAG.PSH,
      srcPort: port,
      payload: new Uint8Array(length),
      options: length === 0 && port === 1 ? [MP_CAPABLE] : dss,
    });
    Object.assign(packet.ip, { src: `192.0.${number + 1}.2`, dst: `192.0.${number + 1}.1` });
    deliver.get(`link${number}`)?.(encodePacket(packet));
  }
  await runSteps(steps, run, false).catch((error: unknown) => {
    if (!(error instanceof ScenarioStopped)) throw error;
  });
  return run.results.map(({ verdict }) => verdict);
}

test('a segment that comes again is not the next one, unless a line says where it begins', async () => {
  const packets: [number, number, number][] = [
    [1, 0, 0],
    [1, 1, 10],
    [1, 1, 10],
    [1, 11, 10],
  ];
  const steps = [
    expects('a SYN'),
    expects('a PSH/ACK len=10'),
    expects('a PSH/ACK len=10'),
    expects('a PSH/ACK len=10'),
  ];
  expect(await verdicts(packets, steps)).toEqual(['pass', 'pass', 'pass', 'fail']);
  const again = [...steps.slice(0, 2), expects('a PSH/ACK seq=1 len=10'), expects('a PSH/ACK seq=11 len=10')];
  expect(await verdicts(packets, again)).toEqual(['pass', 'pass', 'pass', 'pass']);
});

/** The first subflow; a second one, with data that begins the connection on either. */
const JOINED: Sent[] = [
  [1, 0, 0],
  [2, 0, 0],
];
const NO_DATA_ON_B = 'b any len=1..65535';

test('data on another subflow is allowed "unless: retransmitted" only where its subflow had sent it twice', async () => {
  const first = [expects('a SYN'), expects('b SYN')];
  const timedOut: Sent[] = [...JOINED, [1, 1, 10, 1n], [1, 1, 10, 1n], [2, 1, 10, 1n]];
  const chosen: Sent[] = [...JOINED, [1, 1, 10, 1n], [2, 1, 10, 1n]];
  const fresh: Sent[] = [...JOINED, [1, 1, 10, 1n], [1, 1, 10, 1n], [2, 1, 10, 11n]];
  const excused = [...first, nevers(NO_DATA_ON_B, 'retransmitted')];
  expect(await verdicts(timedOut, excused)).toEqual(['pass', 'pass', 'pass']);
  expect(await verdicts(timedOut, [...first, nevers(NO_DATA_ON_B)])).toEqual(['pass', 'pass', 'fail']);
  expect(await verdicts(chosen, excused)).toEqual(['pass', 'pass', 'fail']);
  expect(await verdicts(fresh, excused)).toEqual(['pass', 'pass', 'fail']);
});

test('a line for a subflow that nothing has begun looks at the link of its name only', async () => {
  const steps = [expects('a SYN'), nevers('c SYN')];
  expect(
    await verdicts(
      [
        [1, 0, 0],
        [2, 0, 0],
      ],
      steps,
    ),
  ).toEqual(['pass', 'pass']);
  expect(
    await verdicts(
      [
        [1, 0, 0],
        [2, 0, 0, 0n, 2],
      ],
      steps,
    ),
  ).toEqual(['pass', 'fail']);
});
