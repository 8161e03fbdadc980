import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { dsnAdd, seqAdd } from '../mptcp/index.ts';
import { ByteQueue } from './byte-queue.ts';
import { Reassembly, SubflowReassembly } from './reassembly.ts';

const start = fc.oneof(fc.constant(0xffff_fff0), fc.nat({ max: 0xffff_ffff }));

test('pieces in any order, twice and overlapping, give the stream', () => {
  const piece = fc.tuple(fc.nat({ max: 99 }), fc.integer({ min: 1, max: 40 }));
  fc.assert(
    fc.property(
      start,
      fc.array(piece, { maxLength: 20 }),
      fc.shuffledSubarray([0, 20, 40, 60, 80], { minLength: 5 }),
      (begin, some, order) => {
        const stream = Uint8Array.from({ length: 100 }, (_, at) => at);
        const queue = new SubflowReassembly();
        const whole = order.map((at): [number, number] => [at, 20]);
        for (const [from, length] of [...some, ...whole])
          queue.add(seqAdd(begin, from), stream.subarray(from, from + length));
        expect(Buffer.concat(queue.take(begin))).toEqual(Buffer.from(stream));
        expect(queue.isEmpty).toBe(true);
      },
    ),
  );
});

test('of bytes that come twice, the first stay', () => {
  const queue = new Reassembly();
  queue.add(10n, Uint8Array.of(1, 1));
  queue.add(8n, Uint8Array.of(2, 2, 2, 2, 2, 2));
  expect(Buffer.concat(queue.take(8n))).toEqual(Buffer.of(2, 2, 1, 1, 2, 2));
});

test('nothing is taken before a hole, across the wrap of 64 bits', () => {
  const queue = new Reassembly();
  const last = (1n << 64n) - 1n;
  queue.add(dsnAdd(last, 1), Uint8Array.of(7));
  expect(queue.take(last)).toEqual([]);
  expect(queue.runs()).toEqual([{ start: 0n, end: 1n }]);
  queue.add(last, Uint8Array.of(6));
  expect(Buffer.concat(queue.take(last))).toEqual(Buffer.of(6, 7));
});

test('what is cut off is forgotten', () => {
  const queue = new Reassembly();
  queue.add(5n, Uint8Array.of(1, 2, 3, 4));
  queue.cut(7n);
  expect(queue.bytes).toBe(2);
});

test('a queue of bytes reads and drops what was appended', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 9 })),
      fc.nat({ max: 30 }),
      fc.nat({ max: 30 }),
      (pieces, drop, take) => {
        const queue = new ByteQueue();
        const all = Buffer.concat(pieces);
        for (const one of pieces) queue.append(one);
        expect(Buffer.from(queue.read(drop, take))).toEqual(all.subarray(drop, drop + take));
        queue.drop(drop);
        expect(queue.length).toBe(Math.max(0, all.length - drop));
        expect(Buffer.from(queue.take(take))).toEqual(all.subarray(drop, drop + take));
      },
    ),
  );
});
