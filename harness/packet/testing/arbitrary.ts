/** Well-formed values of the packet model: each encodes, and decodes to itself. */
import fc, { type Arbitrary } from 'fast-check';
import { encodedLength } from '../options.ts';
import { MAX_OPTION_BYTES } from '../tcp.ts';
import type { IpHeader, Packet, TcpOption, TcpSegment } from '../types.ts';
import { tcpOption } from './samples.ts';
import { bits, ipv4Address, ipv6Address, bytes, u16, u32, u8 } from './values.ts';

/** As many of the options, from the first on, as fit into a TCP header. */
function fitting(options: TcpOption[]): TcpOption[] {
  const kept: TcpOption[] = [];
  let room = MAX_OPTION_BYTES;
  for (const option of options) {
    room -= encodedLength(option);
    if (room < 0) break;
    kept.push(option);
  }
  return kept;
}

/** Options that fit into one header; sometimes an `eol` ends them, with padding after it or without. */
export const optionList: Arbitrary<TcpOption[]> = fc
  .tuple(fc.array(tcpOption, { maxLength: 4 }), fc.constantFrom('none', 'eol', 'padded'), bytes(1, 3))
  .map(([options, end, raw]) => {
    if (end === 'none') return fitting(options);
    const closing: TcpOption[] = end === 'eol' ? [{ kind: 'eol' }] : [{ kind: 'eol' }, { kind: 'padding', raw }];
    const list = [...fitting(options), ...closing];
    return list.reduce((sum, option) => sum + encodedLength(option), 0) <= MAX_OPTION_BYTES ? list : fitting(options);
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
  payload: bytes(0, 64),
});

const extension = fc.tuple(fc.constantFrom(0, 43, 51, 60, 135), bytes(14)).map(([type, data]) => ({ type, data }));

/** Extension headers of 16 bytes each (AH counts in words of 4) that lead from one to the next and then to TCP. */
const extensions = fc.array(extension, { minLength: 1, maxLength: 3 }).map((list) =>
  list.map(({ type, data }, i) => {
    const next = list[i + 1]?.type ?? 6;
    return { type, raw: Uint8Array.from([next, type === 51 ? 2 : 1, ...data]) };
  }),
);

const ipv4Header: Arbitrary<IpHeader> = fc
  .tuple(ipv4Address, ipv4Address, u8, u16, fc.constantFrom(0, 0x4000, 0x8000), u8, fc.constantFrom(0, 4, 8, 40))
  .chain(([src, dst, tos, id, fragment, ttl, optionBytes]) =>
    bytes(optionBytes).map((options): IpHeader => ({
      family: 'ipv4',
      src,
      dst,
      tos,
      id,
      fragment,
      ttl,
      protocol: 6,
      ...(optionBytes > 0 && { options }),
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
