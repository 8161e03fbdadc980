import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PcapWriter } from '../../wire/pcap-write.ts';

const run = promisify(execFile);

/** Answers of tshark for one packet: all values of every field, in the order of the packet. */
export type Row = Record<string, string[]>;

/**
 * Fields that tshark, an implementation independent of ours, reads in raw IP packets. Checksums are verified too.
 *
 * @param fields names of display filter fields
 * @throws when tshark is missing or fails
 */
export async function dissect(packets: readonly Uint8Array[], fields: readonly string[]): Promise<Row[]> {
  const directory = await mkdtemp(join(tmpdir(), 'tshark-'));
  try {
    const path = join(directory, 'packets.pcap');
    const writer = new PcapWriter(path);
    packets.forEach((bytes, i) => writer.write(1_000_000_000_000 + i, bytes));
    writer.close();
    const output = await tshark([
      '-n',
      '-r',
      path,
      '-o',
      'ip.check_checksum:TRUE',
      '-o',
      'tcp.check_checksum:TRUE',
      '-T',
      'fields',
      '-E',
      'separator=/t',
      '-E',
      'occurrence=a',
      '-E',
      'aggregator=;',
      ...fields.flatMap((field) => ['-e', field]),
    ]);
    const lines = output.split('\n').slice(0, packets.length);
    return lines.map((line) => {
      const values = line.split('\t');
      return Object.fromEntries(fields.map((field, i) => [field, values[i] ? values[i].split(';') : []]));
    });
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function tshark(args: string[]): Promise<string> {
  try {
    const { stdout } = await run('tshark', args, { maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(
      'tshark: expected the program on the PATH, found none; run `npm run setup` (or apt-get install tshark)',
      { cause: error },
    );
  }
}
