/**
 * Captures of lawful traffic between two Linux hosts, damaged as captures are: nobody is blamed for what is missing.
 * MANGLED_CAPTURES=500 has 500 of them looked at.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ipOffset } from '../wire/capture-link.ts';
import { readCapture } from '../wire/capture-stream.ts';
import { openCatalogue } from '../cli/inputs/project.ts';
import { Analysis } from './analysis.ts';
import { levels } from './run-monitors.ts';
import { mangle, type CapturedPacket } from './testing/mangle.ts';

const FOLDER = join(import.meta.dirname, 'testing', 'captures');
const COUNT = Number(process.env['MANGLED_CAPTURES'] ?? 24);
const files = readdirSync(FOLDER);
const levelOf = levels(openCatalogue());

async function packetsOf(file: string): Promise<CapturedPacket[]> {
  const packets: CapturedPacket[] = [];
  const end = await readCapture(join(FOLDER, file), {
    packet: (at, linkType, bytes) => {
      const offset = ipOffset(linkType, bytes);
      if (offset >= 0) packets.push({ at, bytes: Uint8Array.from(bytes.subarray(offset)) });
    },
    dropped: () => undefined,
  });
  expect(end.problem).toBeUndefined();
  return packets;
}

/** Departures by side, and the number of packets analysed. */
function blamed(packets: readonly CapturedPacket[]): { departures: string[]; seen: number } {
  const departures: string[] = [];
  const analysis = new Analysis({
    levelOf,
    onConnection: ({ findings, number }) => {
      for (const { verdict, clause, message, packet } of findings)
        if (verdict === 'fail') departures.push(`connection ${number}, packet ${packet ?? 0}: ${clause} ${message}`);
    },
  });
  for (const { at, bytes } of packets) analysis.packet(at, bytes);
  analysis.finish();
  return { departures, seen: analysis.counts.mptcp };
}

test.each(files)(
  '%s',
  async (file) => {
    const packets = await packetsOf(file);
    expect(packets.length).toBeGreaterThan(300);
    expect(blamed(packets)).toEqual({ departures: [], seen: expect.any(Number) as number });
    expect(blamed(packets).seen).toBeGreaterThan(300);
    for (let seed = 0; seed < COUNT / files.length; seed++) {
      const { done, packets: left } = mangle(packets, `${file} ${seed}`);
      expect(blamed(left).departures, `seed ${seed}: ${done.join(', ')}`).toEqual([]);
    }
  },
  600_000,
);
