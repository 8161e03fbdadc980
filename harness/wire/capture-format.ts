/** Reads capture files as they come, chunk by chunk: classic pcap and pcapng. Pure. */
import { ExplainedError } from '../document/explained-error.ts';

/** Receiver of the packets that a reader finds. */
export interface CaptureSink {
  /**
   * One packet.
   *
   * @param at milliseconds since 1970
   * @param bytes from the link layer on; a view, valid for the time of the call
   * @param originalLength bytes on the wire
   */
  packet(at: number, linkType: number, bytes: Uint8Array, originalLength: number): void;
  /** The file says that the capture missed packets; the sum so far. */
  dropped?(count: number): void;
}

/** The file is not what it seems to be. The message says where and what. */
export class CaptureFormatError extends ExplainedError {
  override readonly name = 'CaptureFormatError';
}

/** The largest record or block taken for real; packets have at most 256 KiB. */
const MAX_RECORD = 16 * 1024 * 1024;

/** Reads one format. Takes records from the start of `bytes` and returns how many bytes it took. */
export interface RecordReader {
  read(bytes: Uint8Array, view: DataView): number;
}

function tooLong(what: string, length: number): CaptureFormatError {
  return new CaptureFormatError(`${what} has a length of ${length} bytes, the maximum is ${MAX_RECORD}`);
}

/** The magic numbers of classic pcap, read as little-endian. */
const PCAP_MAGIC: Readonly<Record<number, { little: boolean; nanos: boolean }>> = {
  0xa1b2c3d4: { little: true, nanos: false },
  0xd4c3b2a1: { little: false, nanos: false },
  0xa1b23c4d: { little: true, nanos: true },
  0x4d3cb2a1: { little: false, nanos: true },
};
const SECTION_HEADER = 0x0a0d0d0a;

/** A reader for a file by its first bytes (at least 24 of them); undefined when they belong to no known format. */
export function readerFor(head: Uint8Array, sink: CaptureSink): RecordReader | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const magic = view.getUint32(0, true);
  if (magic === SECTION_HEADER) return new PcapngReader(sink);
  const form = PCAP_MAGIC[magic];
  return form === undefined ? undefined : new PcapReader(sink, form.little, form.nanos);
}

/** Classic pcap, either byte order, microseconds or nanoseconds. */
class PcapReader implements RecordReader {
  readonly #sink: CaptureSink;
  readonly #little: boolean;
  readonly #perMilli: number;
  #linkType = -1;

  constructor(sink: CaptureSink, little: boolean, nanos: boolean) {
    this.#sink = sink;
    this.#little = little;
    this.#perMilli = nanos ? 1e6 : 1e3;
  }

  read(bytes: Uint8Array, view: DataView): number {
    let at = 0;
    if (this.#linkType < 0) {
      if (bytes.length < 24) return 0;
      // The upper bits hold the length of a frame check sequence.
      this.#linkType = view.getUint32(20, this.#little) & 0xffff;
      at = 24;
    }
    const little = this.#little;
    while (at + 16 <= bytes.length) {
      const captured = view.getUint32(at + 8, little);
      if (captured > MAX_RECORD) throw tooLong('a record', captured);
      if (at + 16 + captured > bytes.length) break;
      const time = view.getUint32(at, little) * 1000 + view.getUint32(at + 4, little) / this.#perMilli;
      const original = view.getUint32(at + 12, little);
      this.#sink.packet(time, this.#linkType, bytes.subarray(at + 16, at + 16 + captured), original);
      at += 16 + captured;
    }
    return at;
  }
}

interface Interface {
  linkType: number;
  snaplen: number;
  /** Ticks of its clock per millisecond. */
  perMilli: number;
  /** Milliseconds to add. */
  offset: number;
}

/** pcapng (draft-ietf-opsawg-pcapng): sections, interfaces, packets of all three kinds, statistics. */
class PcapngReader implements RecordReader {
  readonly #sink: CaptureSink;
  #little = true;
  #interfaces: Interface[] = [];
  #lastAt = 0;
  readonly #drops = new Map<number, number>();

  constructor(sink: CaptureSink) {
    this.#sink = sink;
  }

  read(bytes: Uint8Array, view: DataView): number {
    let at = 0;
    while (at + 12 <= bytes.length) {
      const type = view.getUint32(at, this.#little);
      if (type === SECTION_HEADER) this.#section(view, at);
      const length = view.getUint32(at + 4, this.#little);
      if (length < 12 || length % 4 !== 0)
        throw new CaptureFormatError(`a block has an invalid length of ${length} bytes`);
      if (length > MAX_RECORD) throw tooLong('a block', length);
      if (at + length > bytes.length) break;
      this.#block(type, bytes.subarray(at + 8, at + length - 4));
      at += length;
    }
    return at;
  }

  #section(view: DataView, at: number): void {
    const order = view.getUint32(at + 8, true);
    if (order !== 0x1a2b3c4d && order !== 0x4d3c2b1a) {
      throw new CaptureFormatError('a section header has no byte-order magic');
    }
    this.#little = order === 0x1a2b3c4d;
    this.#interfaces = [];
    this.#drops.clear();
  }

  #block(type: number, body: Uint8Array): void {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    if (type === 6) this.#packet(body, view, view.byteLength < 20 ? -1 : view.getUint32(0, this.#little), 4);
    else if (type === 2) this.#packet(body, view, view.byteLength < 20 ? -1 : view.getUint16(0, this.#little), 4);
    else if (type === 3) this.#simple(body, view);
    else if (type === 1) this.#interface(body, view);
    else if (type === 5) this.#statistics(body, view);
  }

  #packet(body: Uint8Array, view: DataView, index: number, at: number): void {
    const one = this.#interfaces[index];
    if (one === undefined) throw new CaptureFormatError('a packet names an interface without a description');
    const captured = view.getUint32(at + 8, this.#little);
    const start = at + 16;
    if (start + captured > body.length)
      throw new CaptureFormatError(`a packet of ${captured} bytes is in a block of ${body.length}`);
    const high = view.getUint32(at, this.#little);
    const low = view.getUint32(at + 4, this.#little);
    this.#lastAt = high * (4294967296 / one.perMilli) + low / one.perMilli + one.offset;
    this.#sink.packet(
      this.#lastAt,
      one.linkType,
      body.subarray(start, start + captured),
      view.getUint32(at + 12, this.#little),
    );
  }

  /** A simple packet has no time: that of the packet before stands in for it. */
  #simple(body: Uint8Array, view: DataView): void {
    const [one] = this.#interfaces;
    if (one === undefined || body.length < 4)
      throw new CaptureFormatError('a simple packet comes before its interface');
    const original = view.getUint32(0, this.#little);
    const captured = Math.min(original, one.snaplen === 0 ? original : one.snaplen, body.length - 4);
    this.#sink.packet(this.#lastAt, one.linkType, body.subarray(4, 4 + captured), original);
  }

  #interface(body: Uint8Array, view: DataView): void {
    if (body.length < 8) throw new CaptureFormatError('the description of an interface is too short');
    const one: Interface = {
      linkType: view.getUint16(0, this.#little),
      snaplen: view.getUint32(4, this.#little),
      perMilli: 1e3,
      offset: 0,
    };
    for (const [code, value] of this.#options(body.subarray(8))) {
      if (code === 9 && value.length >= 1) one.perMilli = ticksPerMilli(value[0] ?? 6);
      if (code === 14 && value.length >= 8) {
        one.offset = Number(new DataView(value.buffer, value.byteOffset, 8).getBigInt64(0, this.#little)) * 1000;
      }
    }
    this.#interfaces.push(one);
  }

  #statistics(body: Uint8Array, view: DataView): void {
    if (body.length < 12) return;
    for (const [code, value] of this.#options(body.subarray(12))) {
      if ((code !== 5 && code !== 7) || value.length < 8) continue;
      const count = Number(new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0, this.#little));
      // Statistics are totals: the latest of an interface counts.
      this.#drops.set(view.getUint32(0, this.#little) * 16 + code, count);
      this.#sink.dropped?.([...this.#drops.values()].reduce((sum, more) => sum + more, 0));
    }
  }

  #options(bytes: Uint8Array): [number, Uint8Array][] {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const found: [number, Uint8Array][] = [];
    for (let at = 0; at + 4 <= bytes.length;) {
      const code = view.getUint16(at, this.#little);
      const length = view.getUint16(at + 2, this.#little);
      if (code === 0 || at + 4 + length > bytes.length) break;
      found.push([code, bytes.subarray(at + 4, at + 4 + length)]);
      at += 4 + ((length + 3) & ~3);
    }
    return found;
  }
}

/** `if_tsresol`: a power of 10, or of 2 when the top bit is set; units of 1/n seconds. */
function ticksPerMilli(resolution: number): number {
  const perSecond = (resolution & 0x80) !== 0 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
  return perSecond / 1000;
}
