import { describe, expect, test } from 'vitest';
import { encodePacket } from '../packet/index.ts';
import { FLAG, type TcpOption } from '../packet/types.ts';
import { segment } from '../wire/forward/testing/conversation.ts';
import { carriedBy, onlyOn, reinjections, retransmittedAfter } from './data-map.ts';
import { Trace } from './trace.ts';

const ISN = 0xfffffff0;

function mapping(dsn: bigint, ssn: number, dataLength: number): TcpOption {
  return {
    kind: 'dss',
    reserved: 0,
    dataFin: false,
    dsn8: true,
    hasMap: true,
    dataAck8: false,
    hasDataAck: false,
    dsn,
    ssn,
    dataLength,
  };
}

/** A trace of the client's segments: time, path, relative sequence number, bytes, and what is on it. */
function traceOf(
  rows: readonly (readonly [at: number, path: string, ssn: number, length: number, option?: TcpOption])[],
): Trace {
  const trace = new Trace(() => undefined);
  const paths = [...new Set(rows.map(([, path]) => path))];
  for (const [at, path, ssn, length, option] of [...paths.map((path) => [0, path, 0, 0] as const), ...rows]) {
    const packet = segment('up', {
      seq: (ISN + ssn) >>> 0,
      flags: ssn === 0 ? FLAG.SYN : FLAG.ACK,
      payload: 'x'.repeat(length),
      options: option === undefined ? [] : [option],
    });
    packet.tcp.srcPort = 40_000 + paths.indexOf(path);
    trace.enter({ at, path, way: 'up', bytes: encodePacket(packet), fate: 'passed' });
  }
  return trace;
}

describe('carriedBy', () => {
  test('places segments by their mappings, over the wrap of sequence numbers, also those that a mapping before covers', () => {
    const { sent } = traceOf([
      [1, 'a', 1, 10, mapping(0x1_ffff_fffan, 1, 20)],
      [2, 'a', 11, 10],
      [3, 'b', 1, 5, mapping(0x2_0000_000en, 1, 5)],
    ]);
    expect(carriedBy(sent, 'client').map(({ path, ssn, dsn, length }) => [path, ssn, dsn, length])).toEqual([
      ['a', 1, 0, 10],
      ['a', 11, 10, 10],
      ['b', 1, 20, 5],
    ]);
  });

  test('leaves out what no mapping covers, and what the other side sends', () => {
    const { sent } = traceOf([
      [1, 'a', 1, 10, mapping(1n, 1, 10)],
      [2, 'a', 11, 10],
    ]);
    expect(carriedBy(sent, 'client')).toHaveLength(1);
    expect(carriedBy(sent, 'server')).toEqual([]);
  });
});

describe('reinjections and retransmissions', () => {
  const { sent } = traceOf([
    [1, 'a', 1, 10, mapping(100n, 1, 10)],
    [2, 'a', 11, 10, mapping(110n, 11, 10)],
    [3, 'b', 1, 10, mapping(120n, 1, 10)],
    [4, 'a', 1, 10, mapping(100n, 1, 10)],
    [5, 'b', 11, 4, mapping(113n, 11, 4)],
    [6, 'a', 11, 10, mapping(110n, 11, 10)],
    [7, 'a', 21, 10, mapping(130n, 21, 10)],
  ]);
  const carried = carriedBy(sent, 'client');

  test('find data that went again on another path, also in other pieces', () => {
    const found = reinjections(carried, 'a', ['b'], 0);
    expect(found.map(({ first, again }) => [first.at, again.at])).toEqual([[2, 5]]);
    expect(reinjections(carried, 'a', ['b'], 6)).toEqual([]);
    expect(reinjections(carried, 'b', ['a'], 0)).toEqual([]);
  });

  test('leave out what the others had as well', () => {
    expect(onlyOn(carried, 'a', ['b'], 5).map(({ at }) => at)).toEqual([1, 2, 4]);
    expect(onlyOn(carried, 'a', ['b'], 6).map(({ at }) => at)).toEqual([1, 4]);
    expect(onlyOn(carried, 'a', ['a'], 9)).toEqual([]);
  });

  test('count as retransmitted only what went again with its numbers after it was repeated elsewhere', () => {
    const found = reinjections(carried, 'a', ['b'], 0);
    expect(retransmittedAfter(carried, 'a', found).map(({ at }) => at)).toEqual([6]);
    expect(retransmittedAfter(carried, 'a', [])).toEqual([]);
  });
});
