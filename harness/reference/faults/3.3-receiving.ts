/** Faults of a receiver of mapped data: forms of DSS that it does not take, data that it loses, windows that move. */
import { dsnAdd, seqAdd, seqDiff } from '../../mptcp/index.ts';
import type { Variation } from '../rules/index.ts';
import { fault, isJoin, reads } from './fault.ts';

const NOTHING = new Uint8Array();

/** Faults of receiving. */
export const receivingFaults: readonly Variation[] = [
  fault(
    'flag-a-minded',
    '3.3-6.s1',
    'Ignores a DSS with flag a and no Data ACK.',
    reads('dss', (option) => (!option.hasDataAck && option.dataAck8 ? undefined : option)),
  ),
  fault(
    'flag-m-minded',
    '3.3-6.s1',
    'Ignores a DSS with flag m and no mapping.',
    reads('dss', (option) => (!option.hasMap && option.dsn8 ? undefined : option)),
  ),
  fault(
    'long-mappings-unread',
    '3.3.1-2.s4',
    'Ignores mappings of more than 1460 bytes.',
    reads('dss', (option) => ((option.dataLength ?? 0) > 1460 ? undefined : option)),
  ),
  fault(
    'mappings-within-segments',
    ['3.3.1-14.s2', '3.3.1-2.s4', 'A-6.s1', '6-13.2.s2'],
    'Ignores a mapping that goes beyond the segment that it is on.',
    ({ mapping }) => ({
      mapping: {
        appliesToSegment: (whole, segment) =>
          mapping.appliesToSegment(whole, segment) &&
          seqDiff(seqAdd(whole.seq, whole.bytes), seqAdd(segment.seq, segment.payload.length)) <= 0,
      },
    }),
  ),
  fault(
    'data-on-joins-dropped',
    ['3.2-22.s1', '3.3.4-2.s2', '3.3.1-1.s3', '3.2-25.s3', '3.2-26.s2'],
    'Drops data that comes on joined subflows.',
    () => ({ mapping: { data: (data, subflow) => (isJoin(subflow) ? NOTHING : data) } }),
  ),
  fault('data-on-own-backup-dropped', '3.3.8-9.s2', 'Drops data on a subflow for which it asked for backup.', () => ({
    mapping: { data: (data, subflow) => (subflow.localBackup ? NOTHING : data) },
  })),
  fault('window-shrinks-with-holes', '3.3.4-3.s2', 'Takes what came out of order off the window.', () => ({
    receiving: { rightEdge: ({ connection }, edge) => dsnAdd(edge, -connection.reassembly.bytes) },
  })),
  fault('unmapped-data-in-window', '3.3.1-10.s5', 'Takes data without a mapping off the window.', () => ({
    receiving: { rightEdge: ({ connection }, edge) => dsnAdd(edge, -heldOf(connection)) },
  })),
  fault('infinite-mapping-ignored', '3.7-13.s3', 'Ignores an infinite mapping.', () => ({
    fallback: { honoursInfinite: () => false },
  })),
];

/** Bytes that wait on all subflows for their mappings. */
function heldOf({ subflows }: { subflows: readonly { held: { length: number } }[] }): number {
  return subflows.reduce((sum, { held }) => sum + held.length, 0);
}
