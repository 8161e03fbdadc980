import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CaptureError } from './pcap-error.ts';
import { readPcap } from './pcap-read.ts';
import { LINKTYPE_RAW, PcapBuffer, PcapWriter, saveCapture } from './pcap-write.ts';

let directory: string;
let path: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pcap-'));
  path = join(directory, 'a.pcap');
});
afterAll(() => rmSync(directory, { recursive: true }));

const packet = fc.record({
  at: fc.integer({ min: 0, max: 4_000_000_000_000_000 }).map((micros) => micros / 1000),
  bytes: fc.uint8Array({ maxLength: 200 }),
});

function write(packets: { at: number; bytes: Uint8Array }[]): void {
  const writer = new PcapWriter(path);
  for (const { at, bytes } of packets) writer.write(at, bytes);
  expect(writer.count).toBe(packets.length);
  writer.close();
}

describe('pcap files', () => {
  test('what was written is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { maxLength: 20 }), async (packets) => {
        write(packets);
        const capture = await readPcap(path);
        expect(capture.linkType).toBe(LINKTYPE_RAW);
        expect(capture.packets.map((p) => [p.bytes, p.originalLength])).toEqual(
          packets.map((p) => [p.bytes, p.bytes.length]),
        );
        capture.packets.forEach((p, i) => expect(Math.abs(p.at - packets[i]!.at)).toBeLessThan(0.001));
      }),
      { numRuns: 50 },
    );
  });

  test('a whole capture is saved as a writer writes it, in a folder of its own', () => {
    const packets = [1, 2].map((at) => ({ at: at * 1000, bytes: Uint8Array.of(at, at) }));
    write(packets);
    const saved = join(directory, 'new', 'folder', 'b.pcap');
    const buffer = new PcapBuffer('b');
    for (const { at, bytes } of packets) buffer.write(at, bytes);
    saveCapture(saved, buffer.contents());
    expect(readFileSync(saved)).toEqual(readFileSync(path));
  });

  test('a capture that cannot be saved says why', () => {
    expect(() => {
      saveCapture(join(path, 'a.pcap'), new PcapBuffer('a').contents());
    }).toThrow(CaptureError);
  });

  test('every record is in the file before the next, without close', async () => {
    const writer = new PcapWriter(path);
    for (let i = 1; i <= 3; i++) {
      writer.write(i * 1000 + 0.25, Uint8Array.of(i));
      const { packets } = await readPcap(path);
      expect(packets.at(-1)).toEqual({ at: i * 1000 + 0.25, bytes: Uint8Array.of(i), originalLength: 1 });
      expect(packets).toHaveLength(i);
    }
    writer.close();
    writer.close();
    expect(() => writer.write(1, Uint8Array.of(1))).toThrow('is already closed');
  });

  test('a time just below a whole second is rounded into the next', async () => {
    write([{ at: 1999.9999, bytes: Uint8Array.of(1) }]);
    expect((await readPcap(path)).packets[0]?.at).toBe(2000);
  });

  test.each([-1, NaN, 5e12])('time %d is refused', (at) => {
    const writer = new PcapWriter(path);
    expect(() => writer.write(at, Uint8Array.of(1))).toThrow('is not in 1970..2106');
    writer.close();
  });

  test('a large file is read quickly and without a deprecation warning', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    const packets = Array.from({ length: 20_000 }, (_, i) => ({ at: i, bytes: new Uint8Array(1000).fill(i & 0xff) }));
    write(packets);
    const start = performance.now();
    expect((await readPcap(path)).packets).toHaveLength(20_000);
    expect(performance.now() - start).toBeLessThan(5000);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });
});

describe('files that cannot be read', () => {
  test('every truncation is told apart from a whole file', async () => {
    write([
      { at: 1, bytes: new Uint8Array(5) },
      { at: 2, bytes: new Uint8Array(3) },
    ]);
    const whole = readFileSync(path);
    for (let end = 0; end < whole.length; end++) {
      writeFileSync(path, whole.subarray(0, end));
      if (end === 24 || end === 45) expect((await readPcap(path)).packets).toHaveLength(end === 24 ? 0 : 1);
      else await expect(readPcap(path)).rejects.toThrow('is truncated');
    }
  });

  test('a record that claims too much', async () => {
    write([{ at: 1, bytes: new Uint8Array(5) }]);
    const contents = readFileSync(path);
    contents.writeUInt32LE(0xffffffff, 24 + 8);
    writeFileSync(path, contents);
    await expect(readPcap(path)).rejects.toThrow('record 1 starts at byte 24, but the file ends within it, at 45');
  });

  test('other byte order', async () => {
    const header = Buffer.from(
      'a1b2c3d4000200040000000000000000' + '0004000000000001' + '0000000100000002' + '0000000100000009' + '09',
      'hex',
    );
    writeFileSync(path, header);
    expect(await readPcap(path)).toEqual({
      linkType: 1,
      packets: [{ at: 1000.002, bytes: Uint8Array.of(9), originalLength: 9 }],
    });
  });

  test('another format, and no file', async () => {
    writeFileSync(path, Buffer.from('0a0d0d0a'.padEnd(60, '0'), 'hex'));
    await expect(readPcap(path)).rejects.toThrow('convert it with editcap -F pcap');
    const missing = readPcap(join(directory, 'missing.pcap'));
    await expect(missing).rejects.toBeInstanceOf(CaptureError);
    await expect(missing).rejects.toThrow('check the path and its permissions');
  });
});

describe('files that cannot be written', () => {
  test('a full disk from the start', () => {
    const full = join(directory, 'full.pcap');
    symlinkSync('/dev/full', full);
    expect(() => new PcapWriter(full)).toThrow(CaptureError);
    expect(() => new PcapWriter(full)).toThrow('the disk or quota is full');
  });

  test('a disk that fills up within a record: the file ends with the record before', async () => {
    let room = 24 + 20 + 10;
    const writer = new PcapWriter(path, (fd, bytes) => {
      if (room === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      const taken = writeSync(fd, bytes, 0, Math.min(room, bytes.length));
      room -= taken;
      return taken;
    });
    writer.write(1, Uint8Array.of(1, 2, 3, 4));
    expect(() => writer.write(2, Uint8Array.of(5, 6, 7, 8))).toThrow(CaptureError);
    expect(writer.count).toBe(1);
    expect((await readPcap(path)).packets).toHaveLength(1);
    room = 100;
    writer.write(3, Uint8Array.of(9));
    writer.close();
    expect((await readPcap(path)).packets.map((p) => p.bytes.length)).toEqual([4, 1]);
  });

  test('no such directory', () => {
    expect(() => new PcapWriter(join(directory, 'none', 'a.pcap'))).toThrow('create its directory first');
  });
});
