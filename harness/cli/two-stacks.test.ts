/** Real transfers between two unmodified stacks: whoever blames them has to be right. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Analysis, type ConnectionReport } from '../monitor/analysis.ts';
import { levels } from '../monitor/run-monitors.ts';
import { catalogue } from '../monitor/testing/judging.ts';
import { ipOffset } from '../wire/capture-link.ts';
import { readCapture } from '../wire/capture-stream.ts';
import { twoStackTransfer, type TransferChoice } from './testing/two-stacks.ts';

const folder = mkdtempSync(join(tmpdir(), 'two-stacks-'));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Real departures of Linux, confirmed by reading the packets. It joins as soon as an ADD_ADDR has come, before
 * any DSS. It computes the right edge from the latest window of a subflow and a Data ACK that is newer. And it lets a
 * subflow use the largest window that came on any of them.
 */
const TRUE_OF_LINUX = ['join-after-dss', 'within-connection-window', 'within-subflow-window'];

async function judge(path: string, complete: boolean): Promise<ConnectionReport[]> {
  const reports: ConnectionReport[] = [];
  const analysis = new Analysis({
    levelOf: levels(catalogue()),
    complete,
    onConnection: (report) => reports.push(report),
  });
  await readCapture(path, {
    packet: (at, linkType, bytes) => {
      const offset = ipOffset(linkType, bytes);
      if (offset >= 0) analysis.packet(at, bytes.subarray(offset));
    },
  });
  analysis.finish();
  return reports;
}

function blamed(reports: readonly ConnectionReport[]): string[] {
  return reports
    .flatMap(({ findings }) => findings)
    .filter((one) => one.verdict === 'fail' || one.verdict === 'warn')
    .filter((one) => !TRUE_OF_LINUX.includes(one.rule))
    .map(
      (one) =>
        `${one.rule}: ${one.message}, expected ${one.expected ?? ''}, actual ${one.actual ?? ''}: ${one.text ?? ''}`,
    );
}

const CHOICES = (['ipv4', 'ipv6'] as const).flatMap((family) =>
  [false, true].flatMap((checksums) => [false, true].map((lossy): TransferChoice => ({ family, checksums, lossy }))),
);

describe.each(CHOICES)('$family, checksums $checksums, lossy $lossy', (choice) => {
  test('nobody is blamed wrongly', { timeout: 60_000 }, async () => {
    const captures = await twoStackTransfer(choice, folder);
    for (const { path, dropped } of captures) {
      const reports = await judge(path, false);
      expect(blamed(reports)).toEqual([]);
      expect(reports[0]).toMatchObject({ version: 1, checksums: choice.checksums, whole: true });
      // A join whose SYN is lost comes a second later, when the transfer may be over.
      expect(reports[0]!.subflows.length).toBeGreaterThan(choice.lossy ? 0 : 1);
      // Where the capture lacks nothing, that may be used.
      if (dropped === 0) expect(blamed(await judge(path, true))).toEqual([]);
    }
  });
});
