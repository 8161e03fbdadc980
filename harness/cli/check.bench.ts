/** How fast captures are decoded and judged, beside tshark's conversation list of the same file, and in how much memory. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bench, describe } from 'vitest';
import { ipOffset } from '../wire/capture-link.ts';
import { readCapture } from '../wire/capture-stream.ts';
import { repeated } from '../wire/testing/repeated-capture.ts';
import { Analysis } from '../monitor/analysis.ts';
import { writeBulkCapture } from '../monitor/testing/bulk-capture.ts';
import { buildProgram } from './testing/command.ts';
import { checkPiped } from './testing/piped.ts';
import { twoStackTransfer } from './testing/two-stacks.ts';

const PACKETS = 300_000;
const LARGE = 2 * 2 ** 30;
const folder = mkdtempSync(join(tmpdir(), 'monitor-bench-'));
const file = join(folder, 'bulk.pcap');
writeBulkCapture(file, { packets: PACKETS, segment: 1400 });
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
buildProgram();

async function judge(): Promise<void> {
  const analysis = new Analysis({ levelOf: () => 'must', onConnection: () => undefined });
  await readCapture(file, { packet: (at, linkType, bytes) => analysis.packet(at, bytes.subarray(ipOffset(linkType, bytes))) });
  analysis.finish();
  if (analysis.counts.mptcp < PACKETS - 10) throw new Error(`only ${analysis.counts.mptcp} of ${PACKETS} packets were judged`);
}

/** A transfer between two stacks, again and again, through a pipe. */
async function judgeLarge(): Promise<void> {
  const [capture] = await twoStackTransfer({ family: 'ipv4', checksums: true, lossy: false }, folder);
  const { code, memory, cpu, text } = await checkPiped(repeated(readFileSync(capture?.path ?? ''), LARGE));
  process.stdout.write(`${text.trim().split('\n').at(-1) ?? ''}: ${Math.round(memory / 1024)} MiB at most, ${(cpu / 1000).toFixed(1)} s of processor time\n`);
  if (code !== 0 || memory > 300_000) throw new Error(`exit code ${code ?? 'none'} and ${memory} kB of memory, expected 0 and at most 300000 kB: ${text}`);
}

const OPTIONS = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 };

// 300,000 packets a second is one second for each round, or a mean of 1000 ms.
describe(`${PACKETS} packets of 1400 octets`, () => {
  bench('read, decode and judge', judge, { ...OPTIONS, throws: true });
  bench('tshark -q -z conv,tcp', () => {
    execFileSync('tshark', ['-q', '-z', 'conv,tcp', '-r', file], { stdio: 'ignore' });
  }, OPTIONS);
});

describe('2 GiB of a transfer between two stacks', () => {
  bench('check -', judgeLarge, { ...OPTIONS, iterations: 1, warmupIterations: 0, throws: true });
});
