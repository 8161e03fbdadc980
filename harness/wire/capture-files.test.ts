/** Captures of all formats, whole, cut and damaged. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { readCapture, type CaptureEnd } from './capture-stream.ts';
import { CaptureError } from './pcap-error.ts';
import { captureFile, type Recorded } from './testing/capture-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PACKETS: Recorded[] = [1, 2, 3, 4, 5].map((i) => ({
  at: 1_700_000_000_000 + i * 0.25,
  bytes: Uint8Array.from({ length: 3 + i * 7 }, (_, j) => i + j),
  original: 3 + i * 7,
}));

interface Read extends Recorded {
  linkType: number;
}

async function read(
  contents: Uint8Array,
  chunk = 65536,
): Promise<{ packets: Read[]; end: CaptureEnd; dropped: number }> {
  const packets: Read[] = [];
  let dropped = 0;
  const chunks: Buffer[] = [];
  for (let at = 0; at < contents.length; at += chunk) chunks.push(Buffer.from(contents.subarray(at, at + chunk)));
  const end = await readCapture(
    'test',
    {
      packet: (at, linkType, bytes, original) => packets.push({ at, linkType, bytes: bytes.slice(), original }),
      dropped: (count) => (dropped = count),
    },
    Readable.from(chunks),
  );
  return { packets, end, dropped };
}

const FORMATS = [
  'pcap',
  'pcap-big',
  'pcap-nano',
  'pcap-nano-big',
  'pcapng',
  'pcapng-big',
  'pcapng-nano',
  'pcapng-simple',
] as const;

describe.each(FORMATS)('%s', (format) => {
  const contents = captureFile(format, PACKETS, 113);

  test.each([65536, 100, 7, 1])('in chunks of %i bytes', async (chunk) => {
    const { packets, end } = await read(contents, chunk);
    expect(end).toEqual({ bytes: contents.length, cutShort: false });
    const timed = format !== 'pcapng-simple';
    expect(packets).toEqual(PACKETS.map((one) => ({ ...one, linkType: 113, at: timed ? one.at : 0 })));
  });

  test('gzipped, in one member or two', async () => {
    const half = Math.floor(contents.length / 2);
    for (const zipped of [
      gzipSync(contents),
      Buffer.concat([gzipSync(contents.subarray(0, half)), gzipSync(contents.subarray(half))]),
    ]) {
      expect((await read(zipped, 50)).packets).toHaveLength(PACKETS.length);
    }
  });

  test('cut anywhere: what is whole is read, and it is said where the file ends', async () => {
    for (let length = 24; length < contents.length; length++) {
      const { packets, end } = await read(contents.subarray(0, length)).catch((error: unknown) => {
        expect(error).toBeInstanceOf(CaptureError);
        return { packets: [], end: { bytes: 0, cutShort: true } };
      });
      expect(packets.length).toBeLessThan(PACKETS.length + (format.startsWith('pcapng') ? 1 : 0));
      if (end.bytes !== length) expect(end.cutShort, `${length}`).toBe(true);
    }
  });

  test('damaged anywhere: never an exception, never a packet out of nowhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(contents.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 300 }),
        async (changes, chunk) => {
          const damaged = contents.slice();
          for (const [at, byte] of changes) damaged[at] = byte;
          await read(damaged, chunk).catch((error: unknown) => expect(error).toBeInstanceOf(CaptureError));
        },
      ),
      { numRuns: 150 },
    );
  });
});

test.each([
  ['fd377a585a000004', 'xz'],
  ['28b52ffd0458', 'zstd'],
  ['425a683931415926', 'bzip2'],
  ['04224d186440', 'lz4'],
])('a file that begins with %s is said to be compressed by %s, with what to write', async (magic, program) => {
  const file = Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(64)]);
  await expect(read(file)).rejects.toThrow(
    new RegExp(`is compressed by ${program}, [^]*${program} -dc .* \\| mptcp-conformance check -`),
  );
});

test('a file that is not a capture is refused with its first bytes', async () => {
  await expect(read(new TextEncoder().encode('{"this": "is no capture at all"}'))).rejects.toThrow(
    /is not a capture: it starts with 7b22/,
  );
  await expect(read(gzipSync('neither is this one, though compressed'))).rejects.toThrow(CaptureError);
  await expect(read(Uint8Array.of(0x1f, 0x8b, 1, 2, 3))).rejects.toThrow(/compressed data is damaged/);
  await expect(read(new Uint8Array(5))).rejects.toThrow(/truncated/);
  await expect(readCapture(join(folder, 'missing'), { packet: () => undefined })).rejects.toThrow(
    /missing: cannot be read/,
  );
});

test('damaged compressed data gives what came before it', async () => {
  const many = Array.from({ length: 3000 }, (_, i) => ({ ...PACKETS[0]!, at: 1_700_000_000_000 + i }));
  const zipped = gzipSync(captureFile('pcap', many, 1), { level: 0 });
  zipped[zipped.length - 40] = zipped[zipped.length - 40]! ^ 0xff;
  zipped.fill(0xff, zipped.length - 20);
  const { packets, end } = await read(zipped.subarray(0, zipped.length - 4), 4096);
  expect(packets.length).toBeGreaterThan(100);
  expect(end.problem).toBeDefined();
});

test('absurd lengths end the reading', async () => {
  const contents = captureFile('pcap', PACKETS, 1);
  new DataView(contents.buffer).setUint32(24 + 8, 0x7fffffff, true);
  expect((await read(contents)).end.problem).toMatch(/a record has a length of 2147483647 bytes/);
});

test('pcapng says what the capture missed', async () => {
  expect((await read(captureFile('pcapng', PACKETS, 1, { dropped: 42 }))).dropped).toBe(42);
});

test('a file is read as it stands on the disk', async () => {
  const path = join(folder, 'file.pcapng');
  writeFileSync(path, captureFile('pcapng', PACKETS, 276));
  let count = 0;
  expect(await readCapture(path, { packet: () => count++ })).toMatchObject({ cutShort: false });
  expect(count).toBe(PACKETS.length);
});
