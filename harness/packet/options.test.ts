import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeOptions, encodedLength, encodeOptions } from './options.ts';
import { optionList } from './testing/arbitrary.ts';
import { forms, hex, tcpOption } from './testing/samples.ts';
import type { TcpOption } from './types.ts';

describe('every form', () => {
  test.each(forms)('%s', (_name, option, bytes) => {
    expect(encodeOptions([option])).toEqual(hex(bytes));
    expect(decodeOptions(hex(bytes))).toEqual([option]);
    expect(encodedLength(option)).toBe(hex(bytes).length);
  });

  test('MP_CAPABLE and MP_JOIN of other lengths than these are malformed', () => {
    const lengthsRead = (subtype: number): number[] =>
      Array.from({ length: 38 }, (_, i) => i + 3).filter((length) => {
        const area = new Uint8Array(length);
        area.set([30, length, subtype << 4]);
        return decodeOptions(area)[0]?.kind !== 'malformed';
      });
    expect(lengthsRead(0)).toEqual([4, 12, 20, 22, 24]);
    expect(lengthsRead(1)).toEqual([12, 16, 24]);
    expect(lengthsRead(3)).toEqual([8, 10, 16, 18, 20, 22, 28, 30]);
    expect(lengthsRead(5)).toEqual([3, 4]);
    expect(lengthsRead(6)).toEqual([12]);
    expect(lengthsRead(7)).toEqual([12]);
    expect(lengthsRead(8)).toEqual([4]);
    expect(lengthsRead(4)[0]).toBe(4);
  });

  test('every combination of DSS flags has one length, and one more with a mapping', () => {
    for (let flags = 0; flags < 32; flags++) {
      const read = Array.from({ length: 38 }, (_, i) => i + 3).filter((length) => {
        const area = new Uint8Array(length);
        area.set(length > 3 ? [30, length, 0x20, flags] : [30, length, 0x20]);
        return decodeOptions(area)[0]?.kind === 'dss';
      });
      expect(read).toHaveLength(flags & 4 ? 2 : 1);
    }
  });
});

describe('round trips', () => {
  test('well-formed options decode to themselves', () => {
    fc.assert(
      fc.property(tcpOption, (option) => {
        const bytes = encodeOptions([option]);
        expect(decodeOptions(bytes)).toEqual([option]);
        expect(bytes).toHaveLength(encodedLength(option));
        expect(bytes[1] ?? 0).toBe(option.kind === 'nop' ? 0 : bytes.length);
      }),
      { numRuns: 1000 },
    );
  });

  test('lists of options decode to themselves', () => {
    fc.assert(
      fc.property(optionList, (options) => {
        expect(decodeOptions(encodeOptions(options))).toEqual(options);
      }),
      { numRuns: 500 },
    );
  });

  const noise = fc.uint8Array({ maxLength: 64 });
  /** Bytes that look like options far more often than noise does. */
  const likely = fc
    .array(fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 30, 34), fc.integer({ min: 0, max: 40 }), fc.nat(255)), {
      maxLength: 40,
    })
    .map((list) => Uint8Array.from(list));

  test('any bytes encode again to themselves', () => {
    fc.assert(
      fc.property(fc.oneof(noise, likely), (bytes) => {
        expect(encodeOptions(decodeOptions(bytes))).toEqual(bytes);
      }),
      { numRuns: 5000 },
    );
  });

  test('every prefix of a list encodes again to itself', () => {
    fc.assert(
      fc.property(optionList, (options) => {
        const bytes = encodeOptions(options);
        for (let end = 0; end <= bytes.length; end++) {
          const prefix = bytes.slice(0, end);
          expect(encodeOptions(decodeOptions(prefix))).toEqual(prefix);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('a lying Length byte is written, and what comes of it encodes again to itself', () => {
    fc.assert(
      fc.property(
        tcpOption.filter((option) => option.kind !== 'nop'),
        fc.nat(255),
        (option, length) => {
          const bytes = encodeOptions([{ ...option, length } as TcpOption]);
          expect(bytes[1]).toBe(length);
          expect(bytes).toHaveLength(encodedLength(option));
          expect(encodeOptions(decodeOptions(bytes))).toEqual(bytes);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('malformed options', () => {
  const only = (text: string): TcpOption | undefined => decodeOptions(hex(text))[0];

  test.each([
    ['1e', { code: 30, reason: 'no_length', message: 'MPTCP option at the end without its Length byte' }],
    ['02 01 05', { code: 2, reason: 'short_length', message: 'TCP option MSS with Length 1, the minimum is 2' }],
    [
      '1e 0c 01',
      { code: 30, subtype: 0, reason: 'truncated', message: 'MP_CAPABLE with Length 12, but only 3 bytes are left' },
    ],
    ['1e 02', { code: 30, reason: 'bad_length', message: 'MPTCP option with Length 2, expected at least 3' }],
    [
      '1e 05 20 05 00',
      { code: 30, subtype: 2, reason: 'bad_length', message: 'DSS with Length 5, expected 18 or 20, from its flags' },
    ],
    ['02 03 05', { code: 2, reason: 'bad_length', message: 'TCP option MSS with Length 3, expected 4' }],
    ['05 02', { code: 5, reason: 'bad_length', message: 'TCP option SACK with Length 2, expected 10, 18, 26 or 34' }],
  ])('%s', (bytes, expected) => {
    expect(only(bytes)).toEqual({ kind: 'malformed', ...expected, raw: hex(bytes) });
  });

  test('reading goes on after a bad length, and stops where the end is unknown', () => {
    expect(decodeOptions(hex('02 03 05 04 02')).map((option) => option.kind)).toEqual(['malformed', 'sack_ok']);
    expect(decodeOptions(hex('02 00 04 02')).map((option) => option.kind)).toEqual(['malformed']);
  });

  test('what follows an eol is padding, whatever it holds', () => {
    expect(decodeOptions(hex('04 02 00 1e 04'))).toEqual([
      { kind: 'sack_ok' },
      { kind: 'eol' },
      { kind: 'padding', raw: hex('1e04') },
    ]);
  });
});

describe('values that do not fit', () => {
  test.each<[TcpOption, string]>([
    [{ kind: 'mss', mss: 65536 }, 'mss: expected an integer from 0 to 65535, got 65536'],
    [
      { kind: 'mp_tcprst', reserved: 8, transient: false, reason: 0 },
      'mp_tcprst.reserved: expected an integer from 0 to 7',
    ],
    [{ kind: 'mp_fail', reserved: 0, dsn: -1n }, 'mp_fail.dsn: expected an integer of 64 bits, got -1'],
    [
      {
        kind: 'dss',
        reserved: 0,
        dataFin: false,
        dsn8: false,
        hasMap: false,
        dataAck8: false,
        hasDataAck: true,
        dataAck: 1n << 32n,
      },
      'use the 8-byte form',
    ],
    [{ kind: 'unknown', code: 1, data: hex('') }, 'unknown.code: expected a kind from 2 to 255, got 1'],
    [
      { kind: 'add_addr', reserved: 0, echo: false, addressId: 1, address: '1.2.3' },
      'address "1.2.3": expected 4 numbers',
    ],
  ])('%#', (option, message) => {
    expect(() => encodeOptions([option])).toThrow(message);
  });
});
