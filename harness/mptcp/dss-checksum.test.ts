import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DssChecksum, dssChecksum } from './dss-checksum.ts';

const mapping = fc.record({
  dsn: fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
  ssn: fc.integer({ min: 0, max: 0xffffffff }),
  dataLength: fc.integer({ min: 0, max: 0xffff }),
});
const data = fc.uint8Array({ maxLength: 200 });

describe('DSS checksum', () => {
  // Python 3: words of struct.pack('>QIHH', dsn, ssn, length, 0) + data, added with end-around carry, inverted
  test.each<[bigint, number, number, Uint8Array, number]>([
    [0x0123456789abcdefn, 1, 5, Buffer.from('hello'), 0x1e02],
    [0xffffffffffffffffn, 0xffffffff, 0xffff, new Uint8Array(7).fill(0xff), 0x00ff],
    [0n, 0, 0, new Uint8Array(0), 0xffff],
    [1n << 32n, 7, 3, Buffer.from('ab'), 0x9e92],
  ])('%d %i %i', (dsn, ssn, dataLength, bytes, expected) => {
    expect(dssChecksum({ dsn, ssn, dataLength, data: bytes })).toBe(expected);
  });

  test('pieces of any length give what the whole gives', () => {
    fc.assert(
      fc.property(mapping, fc.array(data, { maxLength: 6 }), (m, pieces) => {
        const sum = new DssChecksum();
        for (const piece of pieces) sum.add(piece);
        const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
        expect(sum.length).toBe(whole.length);
        expect(sum.value(m)).toBe(dssChecksum({ ...m, data: whole }));
      }),
      { numRuns: 500 },
    );
  });

  test('one flipped bit of the data or the mapping changes it', () => {
    fc.assert(
      fc.property(
        mapping,
        data.filter((bytes) => bytes.length > 0),
        fc.nat(),
        (m, bytes, bit) => {
          const right = dssChecksum({ ...m, data: bytes });
          const flipped = bytes.slice();
          flipped[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7);
          expect(dssChecksum({ ...m, data: flipped })).not.toBe(right);
          expect(dssChecksum({ ...m, dsn: m.dsn ^ (1n << BigInt(bit % 64)), data: bytes })).not.toBe(right);
          expect(dssChecksum({ ...m, ssn: (m.ssn ^ (1 << (bit % 32))) >>> 0, data: bytes })).not.toBe(right);
          expect(dssChecksum({ ...m, dataLength: m.dataLength ^ (1 << (bit % 16)), data: bytes })).not.toBe(right);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('values that do not fit', () => {
    const m = { dsn: 0n, ssn: 0, dataLength: 0, data: new Uint8Array(0) };
    expect(() => dssChecksum({ ...m, dsn: 1n << 64n })).toThrow('dsn: expected an integer of 64 bits');
    expect(() => dssChecksum({ ...m, ssn: -1 })).toThrow('ssn: expected an integer of 32 bits, got -1');
    expect(() => dssChecksum({ ...m, dataLength: 65536 })).toThrow('dataLength: expected an integer of 16 bits');
  });
});
