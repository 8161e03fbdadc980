import { describe, expect, test } from 'vitest';
import { encodePacket } from '../packet/index.ts';
import { FLAG, type TcpOption } from '../packet/types.ts';
import { Forwarder } from '../wire/forward/forwarder.ts';
import { segment, type Made } from '../wire/forward/testing/conversation.ts';
import type { Way } from '../wire/forward/types.ts';
import { capacity, rate } from './capacity.ts';
import type { Pair } from './hosts.ts';
import type { MultipathScenario } from './scenario.ts';
import { RunState, type Connection } from './state.ts';
import { Trace } from './trace.ts';
import { leastRoom } from './window.ts';

const SHAPE = { up: { rate: 8e6 }, down: { rate: 8e6 } };
const PATHS = new Map([
  ['a', { shape: SHAPE, middleboxes: [] }],
  ['b', { shape: { up: {}, down: {}, shares: 'a' }, middleboxes: [] }],
]);

function state(): RunState {
  const run = new RunState(
    { family: 'ipv4', paths: PATHS } as unknown as MultipathScenario,
    {} as Pair,
    new Trace(() => undefined),
  );
  for (const [name, port] of [
    ['main', 5002],
    ['plain', 5001],
    ['plain-b', 5003],
  ] as const)
    run.connections.set(name, { name, port } as Connection);
  // Marks at 0, 100 and 200 milliseconds.
  for (const [i, name] of ['start', 'middle', 'end'].entries()) run.marks.set(name, run.startedAt + 100 * i);
  return run;
}

function bytesOf(way: Way, made: Made, port: number): Uint8Array {
  const packet = segment(way, made);
  if (way === 'up') packet.tcp.dstPort = port;
  else packet.tcp.srcPort = port;
  return encodePacket(packet);
}

function left(run: RunState, at: number, path: string, port: number, length: number, way: Way = 'up'): void {
  run.trace.leave({ at: run.startedAt + at, path, way, bytes: bytesOf(way, { payload: 'x'.repeat(length) }, port) });
}

function sent(run: RunState, at: number, path: string, way: Way, made: Made): void {
  run.trace.enter({ at: run.startedAt + at, path, way, bytes: bytesOf(way, made, 5002), fate: 'passed' });
}

describe('judge-capacity', () => {
  const given = { of: 'main', against: 'plain', since: 'middle', before: 'end' };

  test('compares what connections got through in the same time, subflows together, on all paths or on one', () => {
    const run = state();
    left(run, 50, 'a', 5002, 1000);
    for (const [path, port] of [
      ['a', 5001],
      ['a', 5002],
      ['b', 5002],
      ['b', 5002],
    ] as const)
      left(run, 150, path, port, 1000);
    left(run, 160, 'a', 5002, 0);
    left(run, 170, 'a', 5002, 1000, 'down');
    expect(capacity(run, { ...given, 'at-most': 3.01 })).toMatchObject({
      isMet: true,
      actual: '3.00 (0.25 Mbit/s / 0.08 Mbit/s in 100 ms)',
    });
    expect(capacity(run, { ...given, 'at-most': 2.9 }).isMet).toBe(false);
    expect(capacity(run, { ...given, 'at-least': 3.1 }).isMet).toBe(false);
    expect(capacity(run, { ...given, path: 'a', 'at-most': 1.01 }).isMet).toBe(true);
  });

  test('compares with the average of several', () => {
    const run = state();
    for (const port of [5001, 5001, 5001, 5003, 5002, 5002]) left(run, 150, 'a', port, 1000);
    expect(capacity(run, { ...given, against: ['plain', 'plain-b'], 'at-most': 1.01 }).isMet).toBe(true);
    expect(capacity(run, { ...given, against: ['plain', 'plain-b'], 'at-most': 0.99 }).isMet).toBe(false);
  });

  test('says nothing where one of them stood still', () => {
    const run = state();
    left(run, 150, 'a', 5002, 1000);
    expect(capacity(run, { ...given, 'at-most': 2 }).isMet).toBeUndefined();
    expect(capacity(run, { ...given, of: 'plain', against: 'main', 'at-most': 2 }).isMet).toBeUndefined();
    // One that has left the path that is asked about goes on elsewhere.
    left(run, 150, 'b', 5001, 1000);
    expect(capacity(run, { ...given, of: 'plain', against: 'main', path: 'a', 'at-most': 2 })).toMatchObject({
      isMet: true,
      actual: expect.stringMatching(/^0\.00/) as string,
    });
  });
});

describe('judge-rate', () => {
  const given = { path: 'a', since: 'middle', before: 'end', against: { since: 'start', before: 'middle' } };

  test('compares a path with itself before', () => {
    const run = state();
    for (const at of [10, 20, 110]) sent(run, at, 'a', 'up', { payload: 'x'.repeat(1000) });
    sent(run, 120, 'b', 'up', { payload: 'x'.repeat(1000) });
    expect(rate(run, { ...given, 'at-least': 0.49 })).toMatchObject({
      isMet: true,
      actual: '0.50 (0.08 Mbit/s / 0.16 Mbit/s for 100 ms)',
    });
    expect(rate(run, { ...given, 'at-least': 0.6 }).isMet).toBe(false);
    expect(rate(run, { ...given, path: 'b', 'at-least': 0.1 }).isMet).toBeUndefined();
    run.forwarder = Object.create(Forwarder.prototype, { lateness: { value: 0.03 } }) as Forwarder;
    expect(rate(run, { ...given, 'at-least': 0.6 }).isMet).toBeUndefined();
  });

  test('compares it with what it allows, its bottleneck being that of another', () => {
    const run = state();
    for (let i = 0; i < 50; i++) sent(run, 110 + i, 'b', 'up', { payload: 'x'.repeat(1000) });
    const asked = { ...given, path: 'b', against: 'limit' as const };
    expect(rate(run, { ...asked, 'at-least': 0.5 }).isMet).toBe(true);
    expect(rate(run, { ...asked, 'at-least': 0.6 }).isMet).toBe(false);
  });

  test('finds a rate too low for want of a window only where the window was full', () => {
    const full = connection(state());
    const either = { ...given, against: 'limit' as const, 'at-least': 0.5 };
    const asked = { ...either, 'for-want-of': 'window' as const };
    mapped(full, 120, 1001, 9000);
    expect(rate(full, asked)).toMatchObject({
      isMet: false,
      actual: expect.stringContaining('always had room for 1000 bytes') as string,
    });
    const open = connection(state());
    mapped(open, 120, 1001, 1000);
    expect(rate(open, asked).isMet).toBe(true);
    expect(rate(open, either).isMet).toBe(false);
    const still = connection(state());
    mapped(still, 90, 1001, 1000);
    expect(rate(still, asked).isMet).toBeUndefined();
  });
});

const ACK: TcpOption = {
  kind: 'dss',
  reserved: 0,
  dataFin: false,
  dsn8: false,
  hasMap: false,
  dataAck8: false,
  hasDataAck: true,
  dataAck: 1001n,
};

/** A connection whose receiver has announced 1,000 times 2^3 bytes after data 1,001, and then less. */
function connection(run: RunState): RunState {
  const arrives = (at: number, made: Made): void => {
    const packet = segment('down', made);
    packet.tcp.srcPort = 5002;
    packet.tcp.window = at > 60 ? 500 : 1250;
    run.trace.leave({ at: run.startedAt + at, path: 'a', way: 'down', bytes: encodePacket(packet) });
  };
  arrives(10, { flags: FLAG.SYN | FLAG.ACK, options: [{ kind: 'wscale', shift: 3 }] });
  arrives(50, { options: [ACK] });
  // The right edge does not go back.
  arrives(130, { options: [ACK] });
  return run;
}

function mapped(run: RunState, at: number, dsn: number, length: number): void {
  const options: TcpOption[] = [{ ...ACK, hasMap: true, dsn: BigInt(dsn), ssn: 1, dataLength: length } as TcpOption];
  sent(run, at, 'a', 'up', { payload: 'x', options });
}

describe('the room in the receive window', () => {
  test('reaches from the last data to the furthest edge that was announced, and is asked of a time', () => {
    const run = connection(state());
    expect(leastRoom(run, 'client', { since: run.startedAt, before: Infinity })).toBeUndefined();
    mapped(run, 20, 1001, 1000);
    mapped(run, 110, 2001, 4000);
    mapped(run, 140, 1001, 1000);
    const at = (from: number, to: number): number | undefined =>
      leastRoom(run, 'client', { since: run.startedAt + from, before: run.startedAt + to });
    expect(at(0, 100)).toBe(9000);
    expect(at(100, 200)).toBe(5000);
    expect(leastRoom(run, 'server', { since: run.startedAt, before: Infinity })).toBeUndefined();
  });
});

describe('segments dropped by choice', () => {
  test('count as repaired once the receiver has acknowledged them on their path', () => {
    const run = state();
    const { trace } = run;
    expect([trace.dropped('a'), trace.hasRecovered('a')]).toEqual([0, true]);
    const drop = (path: string): void => {
      trace.enter({
        at: run.startedAt + 10,
        path,
        way: 'up',
        bytes: bytesOf('up', { seq: 100, payload: 'x'.repeat(50) }, 5002),
        fate: 'dropped',
      });
    };
    drop('a');
    expect([trace.dropped('a'), trace.dropped('b'), trace.hasRecovered('a')]).toEqual([1, 0, false]);
    sent(run, 20, 'b', 'down', { ack: 150 });
    sent(run, 21, 'a', 'down', { ack: 100 });
    sent(run, 5, 'a', 'down', { ack: 150 });
    expect(trace.hasRecovered('a')).toBe(false);
    sent(run, 30, 'a', 'down', { ack: 150 });
    expect(trace.hasRecovered('a')).toBe(true);
  });
});
