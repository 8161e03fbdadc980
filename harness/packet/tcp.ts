import { ByteWriter, EncodeError, inRange } from './bytes.ts';
import { notTcp } from './ip.ts';
import { decodeOptionArea, encodedLength, writeOption } from './options.ts';
import type { NotTcp, TcpOption, TcpSegment } from './types.ts';

/** Bytes that options can take: a header of 15 words, less the fixed 20 bytes (RFC 9293 §3.1). */
export const MAX_OPTION_BYTES = 40;

/**
 * The options with what is needed at the end to fill whole words: `nop` entries, or zeros when an `eol` is already
 * there. Returns the array itself when nothing is missing.
 */
export function padOptions(options: readonly TcpOption[]): readonly TcpOption[] {
  const length = options.reduce((sum, option) => sum + encodedLength(option), 0);
  const missing = -length & 3;
  if (missing === 0) return options;
  const last = options.at(-1);
  if (last?.kind === 'padding') {
    const raw = new Uint8Array(last.raw.length + missing);
    raw.set(last.raw);
    return [...options.slice(0, -1), { kind: 'padding', raw }];
  }
  if (options.some((option) => option.kind === 'eol')) {
    return [...options, { kind: 'padding', raw: new Uint8Array(missing) }];
  }
  return [...options, ...Array.from({ length: missing }, (): TcpOption => ({ kind: 'nop' }))];
}

/** The option area of a segment: encoded and padded to whole words. */
export function encodeOptionArea(segment: TcpSegment): Uint8Array {
  const w = new ByteWriter(MAX_OPTION_BYTES);
  for (const option of segment.options) writeOption(w, option);
  const filler = segment.options.some((option) => option.kind === 'eol' || option.kind === 'padding') ? 0 : 1;
  while (w.length % 4 !== 0) w.u8(filler, 'padding');
  if (w.length > MAX_OPTION_BYTES && segment.dataOffset === undefined) {
    throw new EncodeError(
      `options: expected at most ${MAX_OPTION_BYTES} bytes, got ${w.length}; remove one, or set dataOffset to a wrong value`,
    );
  }
  return w.bytes();
}

/** Appends a TCP segment with a checksum of zero when none is given; the caller puts the right one in. */
export function writeTcp(w: ByteWriter, tcp: TcpSegment, optionArea: Uint8Array): void {
  const dataOffset = inRange(tcp.dataOffset ?? 5 + optionArea.length / 4, 15, 'tcp.dataOffset');
  w.u16(tcp.srcPort, 'tcp.srcPort');
  w.u16(tcp.dstPort, 'tcp.dstPort');
  w.u32(tcp.seq, 'tcp.seq');
  w.u32(tcp.ack, 'tcp.ack');
  w.u8((dataOffset << 4) | (tcp.reserved ?? 0), 'tcp.dataOffset');
  w.u8(tcp.flags, 'tcp.flags');
  w.u16(tcp.window, 'tcp.window');
  w.u16(tcp.checksum ?? 0, 'tcp.checksum');
  w.u16(tcp.urgent, 'tcp.urgent');
  w.put(optionArea);
  w.put(tcp.payload);
}

/** Reads the TCP segment in `bytes[start..end)`; `view` covers `bytes`. */
export function decodeSegmentAt(bytes: Uint8Array, view: DataView, start: number, end: number): TcpSegment | NotTcp {
  const length = end - start;
  if (length < 20) return notTcp('truncated', `TCP header: expected 20 bytes, got ${length}`);
  const offsetByte = view.getUint8(start + 12);
  const dataOffset = offsetByte >> 4;
  if (dataOffset < 5) return notTcp('bad_header_length', `TCP data offset: expected 5 or more, got ${dataOffset}`);
  const payloadStart = start + dataOffset * 4;
  if (payloadStart > end) {
    return notTcp('bad_header_length', `TCP data offset: ${dataOffset} words, but the segment has ${length} bytes`);
  }
  const segment: TcpSegment = {
    srcPort: view.getUint16(start),
    dstPort: view.getUint16(start + 2),
    seq: view.getUint32(start + 4),
    ack: view.getUint32(start + 8),
    flags: view.getUint8(start + 13),
    window: view.getUint16(start + 14),
    urgent: view.getUint16(start + 18),
    options: decodeOptionArea(bytes, view, start + 20, payloadStart),
    payload: bytes.subarray(payloadStart, end),
    dataOffset,
    checksum: view.getUint16(start + 16),
  };
  if ((offsetByte & 0x0f) !== 0) segment.reserved = offsetByte & 0x0f;
  return segment;
}
