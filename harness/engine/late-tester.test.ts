/** Retransmissions that the stack makes because the tester was slow do not count as new packets. */
import { expect, test } from 'vitest';
import { encodePacket } from '../packet/index.ts';
import { FLAG, type TcpOption } from '../packet/types.ts';
import { parsePacketLine } from '../notation/packet-line.ts';
import type { Scenario, Step } from '../scenario/suite.ts';
import type { Cell, CellLink } from '../topology/contract.ts';
import { runSteps, ScenarioStopped, type StepRun } from './run-steps.ts';
import { Session } from './session.ts';
import { fromStack } from './testing/subflows.ts';

const profile = { timestamps: false, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 as const };
const base = { place: { file: 'x', line: 1, column: 1 }, text: '', clauses: ['c'] };
const expects = (line: string): Step => ({ ...base, kind: 'expect', line: parsePacketLine(line), within: 100 });

/** Runs the steps with these packets of the stack, which are there from the start. */
async function verdicts(packets: [port: number, seq: number, length: number, dsn?: bigint][], steps: Step[]) {
  const link = { spec: { name: 'a', families: ['ipv4'] }, tester: { ipv4: '192.0.2.1' }, sut: { ipv4: '192.0.2.2' } };
  const cell: Cell = {
    topology: { name: 'one', title: '', hosts: ['sut'], links: [] },
    agents: new Map(),
    links: [link as CellLink],
    close: () => Promise.resolve(),
  };
  let deliver: (bytes: Uint8Array) => void = () => undefined;
  const session = new Session({
    scenario: {
      profile,
      family: 'ipv4',
      subflows: { a: { link: 1, addressId: 0 }, b: { link: 1, addressId: 2 } },
    } as unknown as Scenario,
    cell,
    waits: { answer: 100, grace: 1 },
    random: { uint32: () => 1, uint64: () => 1n },
    onPacket: () => undefined,
    openPort: (_link, onPacket) => {
      deliver = (bytes) => {
        onPacket({ at: performance.now(), direction: 'in', link: 'a', bytes });
      };
      return { link: 'a', echo: () => Promise.resolve(1), close: () => undefined, send: () => Promise.resolve() };
    },
  });
  const run: StepRun = { session, levelOf: () => 'must', results: [], ladder: [] };
  await session.patience.ready();
  for (const [port, seq, length, dsn] of packets) {
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
              dsn,
              ssn: seq,
              dataLength: length,
            },
          ];
    const packet = fromStack({
      seq,
      flags: length === 0 ? FLAG.SYN : FLAG.ACK | FLAG.PSH,
      srcPort: port,
      payload: new Uint8Array(length),
      options: dss,
    });
    deliver(encodePacket(packet));
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
