/** How fast a capture is decoded and judged, beside tshark's conversation list of the same file. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, bench, describe } from 'vitest';
import { ipOffset } from '../wire/capture-link.ts';
import { readCapture } from '../wire/capture-stream.ts';
import { Analysis } from '../monitor/analysis.ts';
import { writeBulkCapture } from '../monitor/testing/bulk-capture.ts';

const PACKETS = 300_000;
const folder = mkdtempSync(join(tmpdir(), 'monitor-bench-'));
const file = join(folder, 'bulk.pcap');
writeBulkCapture(file, { packets: PACKETS, segment: 1400 });
afterAll(() => rmSync(folder, { recursive: true }));

async function judge(): Promise<void> {
  const analysis = new Analysis({ levelOf: () => 'must', onConnection: () => undefined });
  await readCapture(file, { packet: (at, linkType, bytes) => analysis.packet(at, bytes.subarray(ipOffset(linkType, bytes))) });
  analysis.finish();
  if (analysis.counts.mptcp < PACKETS - 10) throw new Error(`only ${analysis.counts.mptcp} of ${PACKETS} packets were judged`);
}

const OPTIONS = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 };

// 300,000 packets a second is one second for each round, or a mean of 1000 ms.
describe(`${PACKETS} packets of 1400 octets`, () => {
  bench('read, decode and judge', judge, OPTIONS);
  bench('tshark -q -z conv,tcp', () => {
    execFileSync('tshark', ['-q', '-z', 'conv,tcp', '-r', file], { stdio: 'ignore' });
  }, OPTIONS);
});
