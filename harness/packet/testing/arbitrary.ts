import fc, { type Arbitrary } from 'fast-check';
import { formatAddress } from '../address.ts';
import { encodedLength } from '../options.ts';
import { isAssignedSubtype, type OptionOf } from '../options/registry.ts';
import { MAX_OPTION_OCTETS } from '../tcp.ts';
import type {
  IpHeader,
  MptcpOption,
  OptionAddAddr,
  OptionDss,
  OptionMpCapable,
  OptionMpJoin,
  Packet,
  TcpOption,
  TcpSegment,
} from '../types.ts';

/** Well-formed values of the packet model: each encodes, and decodes to itself. */

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
const bits = (count: number): Arbitrary<number> => fc.integer({ min: 0, max: 2 ** count - 1 });
const octets = (minLength: number, maxLength = minLength): Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });

export const ipv4Address = octets(4).map(formatAddress);
export const ipv6Address = fc
  .oneof(
    octets(16),
    // Long runs of zeros are what the text form is about; random octets never have them.
    fc
      .array(fc.constantFrom(0, 0, 0, 0xff, 0x01), { minLength: 16, maxLength: 16 })
      .map((list) => Uint8Array.from(list)),
  )
  .map(formatAddress);

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
  .tuple(bits(3), fc.boolean(), u8, fc.oneof(ipv4Address, ipv6Address), fc.option(u16), fc.option(octets(8)))
  .map(([reserved, echo, addressId, address, port, hmac]) => ({
    kind: 'add_addr',
    reserved,
    echo,
    addressId,
    address,
    ...(port !== null && { port }),
    ...(hmac !== null && { hmac }),
  }));

const u3 = bits(3);

const joins: readonly Arbitrary<OptionMpJoin>[] = [
  fc.record({
    kind: fc.constant('mp_join' as const),
    form: fc.constant('syn' as const),
    reserved: u3,
    backup: fc.boolean(),
    addressId: u8,
    token: u32,
    nonce: u32,
  }),
  fc.record({
    kind: fc.constant('mp_join' as const),
    form: fc.constant('synack' as const),
    reserved: u3,
    backup: fc.boolean(),
    addressId: u8,
    hmac: octets(8),
    nonce: u32,
  }),
  fc.record({
    kind: fc.constant('mp_join' as const),
    form: fc.constant('ack' as const),
    reserved: bits(12),
    hmac: octets(20),
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
      .tuple(u3, fc.boolean(), fc.option(u8))
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
    fc.record({ kind: fc.constant('mp_tcprst' as const), reserved: u3, transient: fc.boolean(), reason: u8 }),
  ],
  mp_experimental: [fc.record({ kind: fc.constant('mp_experimental' as const), nibble: bits(4), data: octets(0, 37) })],
  mptcp_unknown: [
    fc.record({
      kind: fc.constant('mptcp_unknown' as const),
      subtype: fc.integer({ min: 0, max: 15 }).filter((subtype) => !isAssignedSubtype(subtype)),
      nibble: bits(4),
      data: octets(0, 37),
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
    cookie: fc.constantFrom(0, 4, 6, 8, 10, 12, 14, 16).chain((length) => octets(length)),
  }),
  fc.record({
    kind: fc.constant('unknown' as const),
    code: u8.filter((code) => !known.has(code)),
    data: octets(0, 38),
  }),
);

export const tcpOption: Arbitrary<TcpOption> = fc.oneof(plainOption, mptcpOption);

/** As many of the options, from the first on, as fit into a TCP header. */
function fitting(options: TcpOption[]): TcpOption[] {
  const kept: TcpOption[] = [];
  let room = MAX_OPTION_OCTETS;
  for (const option of options) {
    room -= encodedLength(option);
    if (room < 0) break;
    kept.push(option);
  }
  return kept;
}

/** Options that fit into one header; sometimes an `eol` ends them, with padding behind it or without. */
export const optionList: Arbitrary<TcpOption[]> = fc
  .tuple(fc.array(tcpOption, { maxLength: 4 }), fc.constantFrom('none', 'eol', 'padded'), octets(1, 3))
  .map(([options, end, raw]) => {
    if (end === 'none') return fitting(options);
    const closing: TcpOption[] = end === 'eol' ? [{ kind: 'eol' }] : [{ kind: 'eol' }, { kind: 'padding', raw }];
    const list = [...fitting(options), ...closing];
    return list.reduce((sum, option) => sum + encodedLength(option), 0) <= MAX_OPTION_OCTETS ? list : fitting(options);
  });

const segment: Arbitrary<TcpSegment> = fc.record({
  srcPort: u16,
  dstPort: u16,
  seq: u32,
  ack: u32,
  flags: u8,
  window: u16,
  urgent: u16,
  options: optionList,
  payload: octets(0, 64),
});

const extension = fc.tuple(fc.constantFrom(0, 43, 51, 60, 135), octets(14)).map(([type, data]) => ({ type, data }));

/** Extension headers of 16 octets each (AH counts in words of 4) that lead from one to the next and then to TCP. */
const extensions = fc.array(extension, { minLength: 1, maxLength: 3 }).map((list) =>
  list.map(({ type, data }, i) => {
    const next = list[i + 1]?.type ?? 6;
    return { type, raw: Uint8Array.from([next, type === 51 ? 2 : 1, ...data]) };
  }),
);

const ipv4Header: Arbitrary<IpHeader> = fc
  .tuple(ipv4Address, ipv4Address, u8, u16, fc.constantFrom(0, 0x4000, 0x8000), u8, fc.constantFrom(0, 4, 8, 40))
  .chain(([src, dst, tos, id, fragment, ttl, optionOctets]) =>
    octets(optionOctets).map((options): IpHeader => ({
      family: 'ipv4',
      src,
      dst,
      tos,
      id,
      fragment,
      ttl,
      protocol: 6,
      ...(optionOctets > 0 && { options }),
    })),
  );

const ipv6Header: Arbitrary<IpHeader> = fc
  .tuple(ipv6Address, ipv6Address, u8, bits(20), u8, fc.option(extensions))
  .map(([src, dst, trafficClass, flowLabel, hopLimit, chain]): IpHeader => ({
    family: 'ipv6',
    src,
    dst,
    trafficClass,
    flowLabel,
    hopLimit,
    protocol: 6,
    ...(chain !== null && { extensions: chain }),
  }));

export const packet: Arbitrary<Packet> = fc.record({ ip: fc.oneof(ipv4Header, ipv6Header), tcp: segment });
