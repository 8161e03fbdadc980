/** How fast captures are decoded and judged, beside tshark's conversation list of the same file, and in how much memory. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bench, describe } from 'vitest';
import { repeated } from '../../wire/testing/repeated-capture.ts';
import { writeBulkCapture } from '../../monitor/testing/bulk-capture.ts';
import { buildProgram, PROGRAM } from '../testing/command.ts';
import { checkPiped } from '../testing/piped.ts';
import { twoStackTransfer } from '../testing/two-stacks.ts';

const PACKETS = 900_000;
const SEGMENT = 300;
const LARGE = 2 * 2 ** 30;
const folder = mkdtempSync(join(tmpdir(), 'monitor-bench-'));
const file = join(folder, 'bulk.pcap');
const written = writeBulkCapture(file, { packets: PACKETS, segment: SEGMENT });
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
buildProgram();

/** The program as it is installed: what Vitest makes of the sources to run them costs several times as much. */
function judge(): void {
  const text = execFileSync(process.execPath, [PROGRAM, 'check', file], { encoding: 'utf8' });
  if (!text.includes(`: ${written} packets`))
    throw new Error(`not all of ${written} packets were judged: ${text.slice(-500)}`);
}

/** A transfer between two stacks, again and again, through a pipe. */
async function judgeLarge(): Promise<void> {
  const [capture] = await twoStackTransfer({ family: 'ipv4', checksums: true, lossy: false }, folder);
  const { code, memory, cpu, text } = await checkPiped(repeated(readFileSync(capture?.path ?? ''), LARGE));
  process.stdout.write(
    `${text.trim().split('\n').at(-1) ?? ''}: ${Math.round(memory / 1024)} MiB at most, ${(cpu / 1000).toFixed(1)} s of CPU time\n`,
  );
  if (code !== 0 || memory > 300_000)
    throw new Error(
      `exit code ${code ?? 'none'} and ${memory} kB of memory, expected 0 and at most 300000 kB: ${text}`,
    );
}

const OPTIONS = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 };

// 300,000 packets a second are 3 s for each round; starting the program is in it.
describe(`${PACKETS} packets of ${SEGMENT} bytes`, () => {
  bench('check', judge, { ...OPTIONS, throws: true });
  bench(
    'tshark -q -z conv,tcp',
    () => {
      execFileSync('tshark', ['-q', '-z', 'conv,tcp', '-r', file], { stdio: 'ignore' });
    },
    OPTIONS,
  );
});

describe('2 GiB of a transfer between two stacks', () => {
  bench('check -', judgeLarge, { ...OPTIONS, iterations: 1, warmupIterations: 0, throws: true });
});
