import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeOptions, encodedLength, encodeOptions } from './options.ts';
import { optionList, tcpOption } from './testing/arbitrary.ts';
import type { TcpOption } from './types.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const seq = (from: number, count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => from + i);

const dssFlags = { reserved: 0, dataFin: false, dsn8: false, hasMap: false, dataAck8: false, hasDataAck: false };

/** Octets written out by hand from the figures of the RFC. */
const forms: [string, TcpOption, string][] = [
  ['mss', { kind: 'mss', mss: 1460 }, '02 04 05b4'],
  ['wscale', { kind: 'wscale', shift: 7 }, '03 03 07'],
  ['sack_ok', { kind: 'sack_ok' }, '04 02'],
  ['sack', { kind: 'sack', blocks: [{ left: 1, right: 0xfffffffe }] }, '05 0a 00000001 fffffffe'],
  ['ts', { kind: 'ts', value: 0xdeadbeef, echo: 1 }, '08 0a deadbeef 00000001'],
  ['fastopen request', { kind: 'fastopen', cookie: hex('') }, '22 02'],
  ['fastopen cookie', { kind: 'fastopen', cookie: hex('01020304') }, '22 06 01020304'],
  ['unknown', { kind: 'unknown', code: 253, data: hex('aabb') }, 'fd 04 aabb'],
  ['mp_capable syn', { kind: 'mp_capable', version: 1, flags: 0x81 }, '1e 04 01 81'],
  ['mp_capable synack', { kind: 'mp_capable', version: 1, flags: 1, senderKey: 0x0102030405060708n },
    '1e 0c 01 01 0102030405060708'],
  ['mp_capable ack', { kind: 'mp_capable', version: 1, flags: 1, senderKey: 1n, receiverKey: 0xffffffffffffffffn },
    '1e 14 01 01 0000000000000001 ffffffffffffffff'],
  ['mp_capable data', { kind: 'mp_capable', version: 1, flags: 1, senderKey: 1n, receiverKey: 2n, dataLength: 5 },
    '1e 16 01 01 0000000000000001 0000000000000002 0005'],
  ['mp_capable data checksum',
    { kind: 'mp_capable', version: 1, flags: 0x81, senderKey: 1n, receiverKey: 2n, dataLength: 5, checksum: 0xabcd },
    '1e 18 01 81 0000000000000001 0000000000000002 0005 abcd'],
  ['mp_capable v0 syn', { kind: 'mp_capable', version: 0, flags: 0x81, senderKey: 3n }, '1e 0c 00 81 0000000000000003'],
  ['mp_join syn', { kind: 'mp_join', form: 'syn', reserved: 5, backup: true, addressId: 9, token: 0x11223344, nonce: 2 },
    '1e 0c 1b 09 11223344 00000002'],
  ['mp_join synack', { kind: 'mp_join', form: 'synack', reserved: 0, backup: false, addressId: 9, hmac: seq(1, 8), nonce: 2 },
    '1e 10 10 09 0102030405060708 00000002'],
  ['mp_join ack', { kind: 'mp_join', form: 'ack', reserved: 0xabc, hmac: seq(1, 20) },
    '1e 18 1abc 0102030405060708090a0b0c0d0e0f1011121314'],
  ['dss data fin alone', { ...dssFlags, kind: 'dss', dataFin: true }, '1e 04 20 10'],
  ['dss widths without fields', { ...dssFlags, kind: 'dss', reserved: 0x7f, dsn8: true, dataAck8: true }, '1e 04 2fea'],
  ['dss ack 4', { ...dssFlags, kind: 'dss', hasDataAck: true, dataAck: 0xfffefdfcn }, '1e 08 20 01 fffefdfc'],
  ['dss ack 8', { ...dssFlags, kind: 'dss', hasDataAck: true, dataAck8: true, dataAck: 1n }, '1e 0c 20 03 0000000000000001'],
  ['dss map 4', { ...dssFlags, kind: 'dss', hasMap: true, dsn: 7n, ssn: 8, dataLength: 9 },
    '1e 0e 20 04 00000007 00000008 0009'],
  ['dss map 8 checksum', { ...dssFlags, kind: 'dss', hasMap: true, dsn8: true, dsn: 7n, ssn: 8, dataLength: 9, checksum: 10 },
    '1e 14 20 0c 0000000000000007 00000008 0009 000a'],
  ['dss all',
    { kind: 'dss', reserved: 0, dataFin: true, dsn8: true, hasMap: true, dataAck8: true, hasDataAck: true,
      dataAck: 6n, dsn: 7n, ssn: 8, dataLength: 9, checksum: 10 },
    '1e 1c 20 1f 0000000000000006 0000000000000007 00000008 0009 000a'],
  ['add_addr 4', { kind: 'add_addr', reserved: 0, echo: true, addressId: 3, address: '192.0.2.1' }, '1e 08 31 03 c0000201'],
  ['add_addr 4 port', { kind: 'add_addr', reserved: 0, echo: true, addressId: 3, address: '192.0.2.1', port: 80 },
    '1e 0a 31 03 c0000201 0050'],
  ['add_addr 4 hmac', { kind: 'add_addr', reserved: 0, echo: false, addressId: 3, address: '192.0.2.1', hmac: seq(1, 8) },
    '1e 10 30 03 c0000201 0102030405060708'],
  ['add_addr 4 port hmac',
    { kind: 'add_addr', reserved: 7, echo: false, addressId: 3, address: '192.0.2.1', port: 80, hmac: seq(1, 8) },
    '1e 12 3e 03 c0000201 0050 0102030405060708'],
  ['add_addr 6', { kind: 'add_addr', reserved: 0, echo: true, addressId: 3, address: '2001:db8::1' },
    '1e 14 31 03 20010db8000000000000000000000001'],
  ['add_addr 6 port', { kind: 'add_addr', reserved: 0, echo: true, addressId: 3, address: '2001:db8::1', port: 80 },
    '1e 16 31 03 20010db8000000000000000000000001 0050'],
  ['add_addr 6 hmac', { kind: 'add_addr', reserved: 0, echo: false, addressId: 3, address: '2001:db8::1', hmac: seq(1, 8) },
    '1e 1c 30 03 20010db8000000000000000000000001 0102030405060708'],
  ['add_addr 6 port hmac',
    { kind: 'add_addr', reserved: 0, echo: false, addressId: 3, address: '::ffff:192.0.2.1', port: 80, hmac: seq(1, 8) },
    '1e 1e 30 03 00000000000000000000ffffc0000201 0050 0102030405060708'],
  ['remove_addr', { kind: 'remove_addr', reserved: 0, addressIds: [1] }, '1e 04 40 01'],
  ['remove_addr list', { kind: 'remove_addr', reserved: 15, addressIds: [1, 2, 255] }, '1e 06 4f 01 02 ff'],
  ['mp_prio', { kind: 'mp_prio', reserved: 0, backup: true }, '1e 03 51'],
  ['mp_prio v0', { kind: 'mp_prio', reserved: 0, backup: false, addressId: 4 }, '1e 04 50 04'],
  ['mp_fail', { kind: 'mp_fail', reserved: 0, dsn: 0x0102030405060708n }, '1e 0c 60 00 0102030405060708'],
  ['mp_fastclose', { kind: 'mp_fastclose', reserved: 1, receiverKey: 0x0102030405060708n }, '1e 0c 70 01 0102030405060708'],
  ['mp_tcprst', { kind: 'mp_tcprst', reserved: 5, transient: true, reason: 6 }, '1e 04 8b 06'],
  ['mp_experimental', { kind: 'mp_experimental', nibble: 2, data: hex('aabbcc') }, '1e 06 f2 aabbcc'],
  ['mptcp_unknown', { kind: 'mptcp_unknown', subtype: 9, nibble: 3, data: hex('') }, '1e 03 93'],
];

describe('every form', () => {
  test.each(forms)('%s', (_name, option, octets) => {
    expect(encodeOptions([option])).toEqual(hex(octets));
    expect(decodeOptions(hex(octets))).toEqual([option]);
    expect(encodedLength(option)).toBe(hex(octets).length);
  });

  test('MP_CAPABLE and MP_JOIN of other lengths than these are malformed', () => {
    const lengthsRead = (subtype: number): number[] => Array.from({ length: 38 }, (_, i) => i + 3).filter((length) => {
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
    fc.assert(fc.property(tcpOption, (option) => {
      const bytes = encodeOptions([option]);
      expect(decodeOptions(bytes)).toEqual([option]);
      expect(bytes).toHaveLength(encodedLength(option));
      expect(bytes[1] ?? 0).toBe(option.kind === 'nop' ? 0 : bytes.length);
    }), { numRuns: 1000 });
  });

  test('lists of options decode to themselves', () => {
    fc.assert(fc.property(optionList, (options) => {
      expect(decodeOptions(encodeOptions(options))).toEqual(options);
    }), { numRuns: 500 });
  });

  const noise = fc.uint8Array({ maxLength: 64 });
  /** Octets that look like options far more often than noise does. */
  const likely = fc
    .array(fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 30, 34), fc.integer({ min: 0, max: 40 }), fc.nat(255)), { maxLength: 40 })
    .map((list) => Uint8Array.from(list));

  test('any octets encode again to themselves', () => {
    fc.assert(fc.property(fc.oneof(noise, likely), (bytes) => {
      expect(encodeOptions(decodeOptions(bytes))).toEqual(bytes);
    }), { numRuns: 5000 });
  });

  test('every prefix of a list encodes again to itself', () => {
    fc.assert(fc.property(optionList, (options) => {
      const bytes = encodeOptions(options);
      for (let end = 0; end <= bytes.length; end++) {
        const prefix = bytes.slice(0, end);
        expect(encodeOptions(decodeOptions(prefix))).toEqual(prefix);
      }
    }), { numRuns: 100 });
  });

  test('a lying Length octet is written, and what comes of it encodes again to itself', () => {
    fc.assert(fc.property(tcpOption.filter((option) => option.kind !== 'nop'), fc.nat(255), (option, length) => {
      const bytes = encodeOptions([{ ...option, length } as TcpOption]);
      expect(bytes[1]).toBe(length);
      expect(bytes).toHaveLength(encodedLength(option));
      expect(encodeOptions(decodeOptions(bytes))).toEqual(bytes);
    }), { numRuns: 500 });
  });
});

describe('malformed options', () => {
  const only = (text: string): TcpOption | undefined => decodeOptions(hex(text))[0];

  test.each([
    ['1e', { code: 30, reason: 'no_length', message: 'MPTCP option at the end without its Length octet' }],
    ['02 01 05', { code: 2, reason: 'short_length', message: 'TCP option MSS with Length 1, the least is 2' }],
    ['1e 0c 01', { code: 30, subtype: 0, reason: 'truncated',
      message: 'MP_CAPABLE with Length 12, but only 3 octets are left' }],
    ['1e 02', { code: 30, reason: 'bad_length', message: 'MPTCP option with Length 2, expected at least 3' }],
    ['1e 05 20 05 00', { code: 30, subtype: 2, reason: 'bad_length',
      message: 'DSS with Length 5, expected 18 or 20 by its flags' }],
    ['02 03 05', { code: 2, reason: 'bad_length', message: 'TCP option MSS with Length 3, expected 4' }],
    ['05 02', { code: 5, reason: 'bad_length', message: 'TCP option SACK with Length 2, expected 10, 18, 26 or 34' }],
  ])('%s', (octets, expected) => {
    expect(only(octets)).toEqual({ kind: 'malformed', ...expected, raw: hex(octets) });
  });

  test('reading goes on behind a bad length, and stops where no end can be told', () => {
    expect(decodeOptions(hex('02 03 05 04 02')).map((option) => option.kind)).toEqual(['malformed', 'sack_ok']);
    expect(decodeOptions(hex('02 00 04 02')).map((option) => option.kind)).toEqual(['malformed']);
  });

  test('what follows an eol is padding, whatever it holds', () => {
    expect(decodeOptions(hex('04 02 00 1e 04'))).toEqual([
      { kind: 'sack_ok' }, { kind: 'eol' }, { kind: 'padding', raw: hex('1e04') },
    ]);
  });
});

describe('values that do not fit', () => {
  test.each<[TcpOption, string]>([
    [{ kind: 'mss', mss: 65536 }, 'mss: expected an integer from 0 to 65535, got 65536'],
    [{ kind: 'mp_tcprst', reserved: 8, transient: false, reason: 0 }, 'mp_tcprst.reserved: expected an integer from 0 to 7'],
    [{ kind: 'mp_fail', reserved: 0, dsn: -1n }, 'mp_fail.dsn: expected an integer of 64 bits, got -1'],
    [{ ...dssFlags, kind: 'dss', hasDataAck: true, dataAck: 1n << 32n }, 'use the 8-octet form'],
    [{ kind: 'unknown', code: 1, data: hex('') }, 'unknown.code: expected a kind from 2 to 255, got 1'],
    [{ kind: 'add_addr', reserved: 0, echo: false, addressId: 1, address: '1.2.3' }, 'address "1.2.3": expected 4 numbers'],
  ])('%#', (option, message) => {
    expect(() => encodeOptions([option])).toThrow(message);
  });
});
