/** Options of every kind: each form by example, and arbitrary values. A new kind has its samples here. */
import fc, { type Arbitrary } from 'fast-check';
import { isAssignedSubtype, type OptionKind, type OptionOf } from '../options/registry.ts';
import type { MptcpOption, OptionAddAddr, OptionDss, OptionMpCapable, OptionMpJoin, TcpOption } from '../types.ts';
import { bits, ipv4Address, ipv6Address, bytes, u16, u32, u64, u8 } from './values.ts';

/** Bytes from hex digits; spaces are ignored. */
export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const seq = (from: number, count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => from + i);

const dssFlags = { reserved: 0, dataFin: false, dsn8: false, hasMap: false, dataAck8: false, hasDataAck: false };

/** A form of an option: a name, the value, and its bytes written out by hand from the figures of the RFCs. */
type Form<K extends OptionKind> = [name: string, option: OptionOf<K>, bytes: string];

/** Every form of every option that reads back as itself when it stands alone. */
const FORMS: { readonly [K in OptionKind]: readonly Form<K>[] } = {
  mss: [['mss', { kind: 'mss', mss: 1460 }, '02 04 05b4']],
  wscale: [['wscale', { kind: 'wscale', shift: 7 }, '03 03 07']],
  sack_ok: [['sack_ok', { kind: 'sack_ok' }, '04 02']],
  sack: [['sack', { kind: 'sack', blocks: [{ left: 1, right: 0xfffffffe }] }, '05 0a 00000001 fffffffe']],
  ts: [['ts', { kind: 'ts', value: 0xdeadbeef, echo: 1 }, '08 0a deadbeef 00000001']],
  fastopen: [
    ['fastopen request', { kind: 'fastopen', cookie: hex('') }, '22 02'],
    ['fastopen cookie', { kind: 'fastopen', cookie: hex('01020304') }, '22 06 01020304'],
  ],
  unknown: [['unknown', { kind: 'unknown', code: 253, data: hex('aabb') }, 'fd 04 aabb']],
  mp_capable: [
    ['mp_capable syn', { kind: 'mp_capable', version: 1, flags: 0x81 }, '1e 04 01 81'],
    [
      'mp_capable synack',
      { kind: 'mp_capable', version: 1, flags: 1, senderKey: 0x0102030405060708n },
      '1e 0c 01 01 0102030405060708',
    ],
    [
      'mp_capable ack',
      { kind: 'mp_capable', version: 1, flags: 1, senderKey: 1n, receiverKey: 0xffffffffffffffffn },
      '1e 14 01 01 0000000000000001 ffffffffffffffff',
    ],
    [
      'mp_capable data',
      { kind: 'mp_capable', version: 1, flags: 1, senderKey: 1n, receiverKey: 2n, dataLength: 5 },
      '1e 16 01 01 0000000000000001 0000000000000002 0005',
    ],
    [
      'mp_capable data checksum',
      { kind: 'mp_capable', version: 1, flags: 0x81, senderKey: 1n, receiverKey: 2n, dataLength: 5, checksum: 0xabcd },
      '1e 18 01 81 0000000000000001 0000000000000002 0005 abcd',
    ],
    [
      'mp_capable v0 syn',
      { kind: 'mp_capable', version: 0, flags: 0x81, senderKey: 3n },
      '1e 0c 00 81 0000000000000003',
    ],
  ],
  mp_join: [
    [
      'mp_join syn',
      { kind: 'mp_join', form: 'syn', reserved: 5, backup: true, addressId: 9, token: 0x11223344, nonce: 2 },
      '1e 0c 1b 09 11223344 00000002',
    ],
    [
      'mp_join synack',
      { kind: 'mp_join', form: 'synack', reserved: 0, backup: false, addressId: 9, hmac: seq(1, 8), nonce: 2 },
      '1e 10 10 09 0102030405060708 00000002',
    ],
    [
      'mp_join ack',
      { kind: 'mp_join', form: 'ack', reserved: 0xabc, hmac: seq(1, 20) },
      '1e 18 1abc 0102030405060708090a0b0c0d0e0f1011121314',
    ],
  ],
  dss: [
    ['dss data fin alone', { ...dssFlags, kind: 'dss', dataFin: true }, '1e 04 20 10'],
    [
      'dss widths without fields',
      { ...dssFlags, kind: 'dss', reserved: 0x7f, dsn8: true, dataAck8: true },
      '1e 04 2fea',
    ],
    ['dss ack 4', { ...dssFlags, kind: 'dss', hasDataAck: true, dataAck: 0xfffefdfcn }, '1e 08 20 01 fffefdfc'],
    [
      'dss ack 8',
      { ...dssFlags, kind: 'dss', hasDataAck: true, dataAck8: true, dataAck: 1n },
      '1e 0c 20 03 0000000000000001',
    ],
    [
      'dss map 4',
      { ...dssFlags, kind: 'dss', hasMap: true, dsn: 7n, ssn: 8, dataLength: 9 },
      '1e 0e 20 04 00000007 00000008 0009',
    ],
    [
      'dss map 8 checksum',
      { ...dssFlags, kind: 'dss', hasMap: true, dsn8: true, dsn: 7n, ssn: 8, dataLength: 9, checksum: 10 },
      '1e 14 20 0c 0000000000000007 00000008 0009 000a',
    ],
    [
      'dss all',
      {
        kind: 'dss',
        reserved: 0,
        dataFin: true,
        dsn8: true,
        hasMap: true,
        dataAck8: true,
        hasDataAck: true,
        dataAck: 6n,
        dsn: 7n,
        ssn: 8,
        dataLength: 9,
        checksum: 10,
      },
      '1e 1c 20 1f 0000000000000006 0000000000000007 00000008 0009 000a',
    ],
  ],
  add_addr: [
    [
      'add_addr 4',
      { kind: 'add_addr', reserved: 0, echo: true, addressId: 3, address: '192.0.2.1' },
      '1e 08 31 03 c0000201',
    ],
    [
      'add_addr 4 port',
      { kind: 'add_addr', reserved: 0, echo: true, addressId: 3, address: '192.0.2.1', port: 80 },
      '1e 0a 31 03 c0000201 0050',
    ],
    [
      'add_addr 4 hmac',
      { kind: 'add_addr', reserved: 0, echo: false, addressId: 3, address: '192.0.2.1', hmac: seq(1, 8) },
      '1e 10 30 03 c0000201 0102030405060708',
    ],
    [
      'add_addr 4 port hmac',
      { kind: 'add_addr', reserved: 7, echo: false, addressId: 3, address: '192.0.2.1', port: 80, hmac: seq(1, 8) },
      '1e 12 3e 03 c0000201 0050 0102030405060708',
    ],
    [
      'add_addr 6',
      { kind: 'add_addr', reserved: 0, echo: true, addressId: 3, address: '2001:db8::1' },
      '1e 14 31 03 20010db8000000000000000000000001',
    ],
    [
      'add_addr 6 port',
      { kind: 'add_addr', reserved: 0, echo: true, addressId: 3, address: '2001:db8::1', port: 80 },
      '1e 16 31 03 20010db8000000000000000000000001 0050',
    ],
    [
      'add_addr 6 hmac',
      { kind: 'add_addr', reserved: 0, echo: false, addressId: 3, address: '2001:db8::1', hmac: seq(1, 8) },
      '1e 1c 30 03 20010db8000000000000000000000001 0102030405060708',
    ],
    [
      'add_addr 6 port hmac',
      {
        kind: 'add_addr',
        reserved: 0,
        echo: false,
        addressId: 3,
        address: '::ffff:192.0.2.1',
        port: 80,
        hmac: seq(1, 8),
      },
      '1e 1e 30 03 00000000000000000000ffffc0000201 0050 0102030405060708',
    ],
  ],
  remove_addr: [
    ['remove_addr', { kind: 'remove_addr', reserved: 0, addressIds: [1] }, '1e 04 40 01'],
    ['remove_addr list', { kind: 'remove_addr', reserved: 15, addressIds: [1, 2, 255] }, '1e 06 4f 01 02 ff'],
  ],
  mp_prio: [
    ['mp_prio', { kind: 'mp_prio', reserved: 0, backup: true }, '1e 03 51'],
    ['mp_prio v0', { kind: 'mp_prio', reserved: 0, backup: false, addressId: 4 }, '1e 04 50 04'],
  ],
  mp_fail: [['mp_fail', { kind: 'mp_fail', reserved: 0, dsn: 0x0102030405060708n }, '1e 0c 60 00 0102030405060708']],
  mp_fastclose: [
    [
      'mp_fastclose',
      { kind: 'mp_fastclose', reserved: 1, receiverKey: 0x0102030405060708n },
      '1e 0c 70 01 0102030405060708',
    ],
  ],
  mp_tcprst: [['mp_tcprst', { kind: 'mp_tcprst', reserved: 5, transient: true, reason: 6 }, '1e 04 8b 06']],
  mp_experimental: [
    ['mp_experimental', { kind: 'mp_experimental', nibble: 2, data: hex('aabbcc') }, '1e 06 f2 aabbcc'],
  ],
  mptcp_unknown: [['mptcp_unknown', { kind: 'mptcp_unknown', subtype: 9, nibble: 3, data: hex('') }, '1e 03 93']],
  // Without a Length byte: the tests of lists have them.
  nop: [],
  eol: [],
  padding: [],
  raw: [],
  malformed: [],
};

/** All of them, one after the other. */
export const forms: [string, TcpOption, string][] = Object.values<readonly Form<OptionKind>[]>(FORMS).flatMap(
  (list) => [...list],
);

const capable: Arbitrary<OptionMpCapable> = fc
  .tuple(bits(4), u8, fc.constantFrom(4, 12, 20, 22, 24), u64, u64, u16, u16)
  .map(([version, flags, length, senderKey, receiverKey, dataLength, checksum]) => ({
    kind: 'mp_capable',
    version,
    flags,
    ...(length >= 12 && { senderKey }),
    ...(length >= 20 && { receiverKey }),
    ...(length >= 22 && { dataLength }),
    ...(length >= 24 && { checksum }),
  }));

const dss: Arbitrary<OptionDss> = fc
  .record({
    reserved: bits(7),
    dataFin: fc.boolean(),
    dsn8: fc.boolean(),
    hasMap: fc.boolean(),
    dataAck8: fc.boolean(),
    hasDataAck: fc.boolean(),
    withChecksum: fc.boolean(),
    dataAck: u64,
    dsn: u64,
    ssn: u32,
    dataLength: u16,
    checksum: u16,
  })
  .map(({ withChecksum, dataAck, dsn, ssn, dataLength, checksum, ...flags }) => ({
    kind: 'dss',
    ...flags,
    ...(flags.hasDataAck && { dataAck: BigInt.asUintN(flags.dataAck8 ? 64 : 32, dataAck) }),
    ...(flags.hasMap && { dsn: BigInt.asUintN(flags.dsn8 ? 64 : 32, dsn), ssn, dataLength }),
    ...(flags.hasMap && withChecksum && { checksum }),
  }));

const addAddr: Arbitrary<OptionAddAddr> = fc
  .tuple(bits(3), fc.boolean(), u8, fc.oneof(ipv4Address, ipv6Address), fc.option(u16), fc.option(bytes(8)))
  .map(([reserved, echo, addressId, address, port, hmac]) => ({
    kind: 'add_addr',
    reserved,
    echo,
    addressId,
    address,
    ...(port !== null && { port }),
    ...(hmac !== null && { hmac }),
  }));

const joins: readonly Arbitrary<OptionMpJoin>[] = [
  fc.record({
    kind: fc.constant('mp_join' as const),
    form: fc.constant('syn' as const),
    reserved: bits(3),
    backup: fc.boolean(),
    addressId: u8,
    token: u32,
    nonce: u32,
  }),
  fc.record({
    kind: fc.constant('mp_join' as const),
    form: fc.constant('synack' as const),
    reserved: bits(3),
    backup: fc.boolean(),
    addressId: u8,
    hmac: bytes(8),
    nonce: u32,
  }),
  fc.record({
    kind: fc.constant('mp_join' as const),
    form: fc.constant('ack' as const),
    reserved: bits(12),
    hmac: bytes(20),
  }),
];

/** Options of MPTCP by kind, in one or several forms. */
const MPTCP: { readonly [K in MptcpOption['kind']]: readonly Arbitrary<OptionOf<K>>[] } = {
  mp_capable: [capable],
  mp_join: joins,
  dss: [dss],
  add_addr: [addAddr],
  remove_addr: [
    fc.record({
      kind: fc.constant('remove_addr' as const),
      reserved: bits(4),
      addressIds: fc.array(u8, { minLength: 1, maxLength: 37 }),
    }),
  ],
  mp_prio: [
    fc
      .tuple(bits(3), fc.boolean(), fc.option(u8))
      .map(([reserved, backup, addressId]) => ({
        kind: 'mp_prio',
        reserved,
        backup,
        ...(addressId !== null && { addressId }),
      })),
  ],
  mp_fail: [fc.record({ kind: fc.constant('mp_fail' as const), reserved: bits(12), dsn: u64 })],
  mp_fastclose: [fc.record({ kind: fc.constant('mp_fastclose' as const), reserved: bits(12), receiverKey: u64 })],
  mp_tcprst: [
    fc.record({ kind: fc.constant('mp_tcprst' as const), reserved: bits(3), transient: fc.boolean(), reason: u8 }),
  ],
  mp_experimental: [fc.record({ kind: fc.constant('mp_experimental' as const), nibble: bits(4), data: bytes(0, 37) })],
  mptcp_unknown: [
    fc.record({
      kind: fc.constant('mptcp_unknown' as const),
      subtype: fc.integer({ min: 0, max: 15 }).filter((subtype) => !isAssignedSubtype(subtype)),
      nibble: bits(4),
      data: bytes(0, 37),
    }),
  ],
};

const mptcpOption: Arbitrary<MptcpOption> = fc.oneof(...Object.values<readonly Arbitrary<MptcpOption>[]>(MPTCP).flat());

const known = new Set([0, 1, 2, 3, 4, 5, 8, 30, 34]);

const plainOption: Arbitrary<TcpOption> = fc.oneof(
  fc.constant({ kind: 'nop' as const }),
  fc.record({ kind: fc.constant('mss' as const), mss: u16 }),
  fc.record({ kind: fc.constant('wscale' as const), shift: u8 }),
  fc.constant({ kind: 'sack_ok' as const }),
  fc.record({
    kind: fc.constant('sack' as const),
    blocks: fc.array(fc.record({ left: u32, right: u32 }), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('ts' as const), value: u32, echo: u32 }),
  fc.record({
    kind: fc.constant('fastopen' as const),
    cookie: fc.constantFrom(0, 4, 6, 8, 10, 12, 14, 16).chain((length) => bytes(length)),
  }),
  fc.record({ kind: fc.constant('unknown' as const), code: u8.filter((code) => !known.has(code)), data: bytes(0, 38) }),
);

export const tcpOption: Arbitrary<TcpOption> = fc.oneof(plainOption, mptcpOption);
