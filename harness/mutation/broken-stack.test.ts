import { expect, test } from 'vitest';
import type { Packet } from '../packet/types.ts';
import { FLAG } from '../packet/types.ts';
import type { Break } from './breaks.ts';
import { parsePacketLine, parsePacketTail } from '../notation/packet-line.ts';
import { BrokenStack } from './broken-stack.ts';
import type { Scope } from '../notation/evaluate.ts';
import type { Arrival } from '../engine/packet-view.ts';

const scope: Scope = { lookup: () => undefined };
const packet: Packet = {
  ip: { family: 'ipv4', src: '10.0.0.1', dst: '10.0.0.2' } as Packet['ip'],
  tcp: {
    srcPort: 1,
    dstPort: 2,
    seq: 5,
    ack: 6,
    flags: FLAG.ACK,
    window: 7,
    urgent: 0,
    payload: new Uint8Array(3),
    options: [
      {
        kind: 'dss',
        reserved: 0,
        dataFin: false,
        dsn8: false,
        hasMap: false,
        dataAck8: false,
        hasDataAck: true,
        dataAck: 1n,
      },
    ],
  } as unknown as Packet['tcp'],
};
const arrival: Arrival = {
  packet,
  subflow: undefined,
  before: { receiveNext: 0, dataNext: 1n },
  at: 0,
  link: 'a',
  index: 0,
  consumed: false,
};

function broken(one: Partial<Break>): BrokenStack {
  return new BrokenStack({
    clause: 'c',
    stack: 'errs',
    place: { file: 'x', line: 1, column: 1 },
    from: 'start',
    skip: 0,
    scenarios: [],
    ...one,
  });
}

test('drops what fits, after those that are spared, and nothing else', () => {
  const stack = broken({ drop: parsePacketLine('any ACK <dss, ...>'), skip: 1 });
  expect(stack.received(arrival, undefined, scope)).toEqual([packet]);
  expect(stack.received(arrival, undefined, scope)).toEqual([]);
  expect(broken({ drop: parsePacketLine('any RST') }).received(arrival, undefined, scope)).toEqual([packet]);
});

test('says whether it has met anything to alter', () => {
  const stack = broken({ drop: parsePacketLine('any ACK <dss, ...>'), skip: 1 });
  stack.received(arrival, undefined, scope);
  expect(stack.hasErred).toBe(false);
  stack.received(arrival, undefined, scope);
  expect(stack.hasErred).toBe(true);
});

test('changes flags, length and options', () => {
  const change = { line: parsePacketLine('any ACK'), to: parsePacketTail('RST len=1 <dss rsv=5, !mp_fail>') };
  const [changed] = broken({ change }).received(arrival, undefined, scope);
  expect(changed?.tcp).toMatchObject({ flags: FLAG.RST, options: [{ kind: 'dss', reserved: 5 }] });
  expect(changed?.tcp.payload).toHaveLength(1);
  const [bare] = broken({ change: { ...change, to: parsePacketTail('<!dss>') } }).received(arrival, undefined, scope);
  expect(bare?.tcp.options).toEqual([]);
});

test('adds a packet once, and errs from the body on unless told otherwise', () => {
  const add = { line: parsePacketLine('any FIN/ACK'), after: parsePacketLine('any any') };
  const stack = broken({ add, from: 'body' });
  expect(stack.received(arrival, undefined, scope)).toHaveLength(1);
  stack.bodyBegins();
  expect(stack.received(arrival, undefined, scope)[1]?.tcp.flags).toBe(FLAG.FIN | FLAG.ACK);
  expect(stack.received(arrival, undefined, scope)).toHaveLength(1);
});

test('gives the application another answer, in place of an error too', () => {
  const stack = broken({ answer: { command: 'recv', fields: { bytes: '9' } } });
  expect(stack.answered('recv', { bytes: '1', eof: '0' })).toEqual({ bytes: '9', eof: '0' });
  expect(stack.answered('recv', { error: 'ETIMEDOUT', text: 'late' })).toEqual({ bytes: '9' });
  expect(stack.answered('poll', { bytes: '1' })).toEqual({ bytes: '1' });
});
