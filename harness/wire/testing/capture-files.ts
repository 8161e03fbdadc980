/** For tests: writes captures in all the formats that are read. */

/** One packet. */
export interface Recorded {
  /** Milliseconds since 1970. */
  at: number;
  bytes: Uint8Array;
  original: number;
}

/** Formats by name: `-big` for big-endian, `-nano` for nanoseconds. */
export type CaptureFormat =
  'pcap' | 'pcap-big' | 'pcap-nano' | 'pcap-nano-big' | 'pcapng' | 'pcapng-big' | 'pcapng-nano' | 'pcapng-simple';

/** The bytes of a capture file. */
export function captureFile(
  format: CaptureFormat,
  packets: readonly Recorded[],
  linkType: number,
  more: { dropped?: number } = {},
): Uint8Array {
  const little = !format.endsWith('-big');
  const nanos = format.includes('nano');
  if (format.startsWith('pcapng'))
    return pcapng(packets, linkType, little, nanos, format === 'pcapng-simple', more.dropped);
  return pcap(packets, linkType, little, nanos);
}

type Field = [size: 2 | 4 | 8, value: number | bigint];

function fields(little: boolean, ...list: Field[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(list.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, value] of list) {
    if (size === 2) view.setUint16(at, Number(value), little);
    else if (size === 4) view.setUint32(at, Number(value), little);
    else view.setBigUint64(at, BigInt(value), little);
    at += size;
  }
  return new Uint8Array(view.buffer);
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function pcap(packets: readonly Recorded[], linkType: number, little: boolean, nanos: boolean): Uint8Array {
  const head = fields(
    little,
    [4, nanos ? 0xa1b23c4d : 0xa1b2c3d4],
    [2, 2],
    [2, 4],
    [4, 0],
    [4, 0],
    [4, 262_144],
    [4, linkType],
  );
  return joined(
    head,
    ...packets.flatMap(({ at, bytes, original }) => {
      const seconds = Math.floor(at / 1000);
      const part = Math.round((at - seconds * 1000) * (nanos ? 1e6 : 1e3));
      return [fields(little, [4, seconds], [4, part], [4, bytes.length], [4, original]), bytes];
    }),
  );
}

function block(little: boolean, type: number, body: Uint8Array): Uint8Array {
  const padded = joined(body, new Uint8Array(-body.length & 3));
  const length = padded.length + 12;
  return joined(fields(little, [4, type], [4, length]), padded, fields(little, [4, length]));
}

function pcapng(
  packets: readonly Recorded[],
  linkType: number,
  little: boolean,
  nanos: boolean,
  simple: boolean,
  dropped?: number,
): Uint8Array {
  const section = block(little, 0x0a0d0d0a, fields(little, [4, 0x1a2b3c4d], [2, 1], [2, 0], [8, 0xffffffffffffffffn]));
  const resolution = nanos
    ? joined(fields(little, [2, 9], [2, 1]), Uint8Array.of(9, 0, 0, 0), fields(little, [2, 0], [2, 0]))
    : new Uint8Array(0);
  const description = block(little, 1, joined(fields(little, [2, linkType], [2, 0], [4, 262_144]), resolution));
  const blocks = packets.map(({ at, bytes, original }) => {
    if (simple) return block(little, 3, joined(fields(little, [4, original]), bytes));
    const ticks = BigInt(Math.round(at * 1000)) * (nanos ? 1000n : 1n);
    const head = fields(little, [4, 0], [4, ticks >> 32n], [4, ticks & 0xffffffffn], [4, bytes.length], [4, original]);
    return block(little, 6, joined(head, bytes));
  });
  const statistics =
    dropped === undefined
      ? new Uint8Array(0)
      : block(little, 5, fields(little, [4, 0], [4, 0], [4, 0], [2, 5], [2, 8], [8, dropped], [2, 0], [2, 0]));
  return joined(section, description, ...blocks, statistics);
}
