/** Faults of data sequence numbers and Data ACKs (sections 3.3.1 and 3.3.2). */
import { dsnAdd, dsnDiff, idsn, low32, promote32, seqAdd } from '../../mptcp/index.ts';
import type { Variation } from '../rules/index.ts';
import type { Connection } from '../state.ts';
import { fault, isIpv6, isJoin, reads, sends } from './fault.ts';

const upperOf = (connection: Connection): bigint => (connection.rcvNxt >> 32n) << 32n;

/** Faults of data sequence numbers. */
export const numberFaults: readonly Variation[] = [
  fault('dsn-kept-in-32-bits', '3.3.1-11.s1', 'Keeps only 32 bits of a DSN of 8 bytes.', () => ({
    mapping: { longDsn: (dsn, connection) => promote32(low32(dsn), connection.rcvNxt) },
  })),
  fault('data-ack-kept-in-32-bits', '3.3.1-11.s1', 'Keeps only 32 bits of a Data ACK of 8 bytes.', () => ({
    dataAck: { long: (value, connection) => promote32(low32(value), connection.sndUna) },
  })),
  fault(
    'data-acks-never-wrap',
    ['3.3.1-11.s1', '3.3.2-2.s2'],
    'Sends Data ACKs with the upper half of the start, wrap or not.',
    () => ({
      dataAck: { value: ({ rcvNxt, remoteKey = 0n }) => ((idsn(remoteKey) >> 32n) << 32n) | (rcvNxt & 0xffffffffn) },
    }),
  ),
  fault('dsn-without-upper-half', '3.1-22.s3', 'Sends DSNs of 8 bytes whose upper half is 0.', () => ({
    mapping: { dsnToSend: (_, dsn) => low32(dsn) },
  })),
  fault(
    'data-ack-without-upper-half',
    ['3.1-15.s1', '3.3.2-2.s1'],
    'Sends Data ACKs of 8 bytes whose upper half is 0.',
    () => ({ dataAck: { value: ({ rcvNxt }) => low32(rcvNxt) } }),
  ),
  fault(
    'short-dsn-unread',
    ['3.3.1-11.s3', '3.3-5.4.s1', '3.3.1-12.s2', '3.3-3.1.s1.1'],
    'Ignores mappings with a DSN of 4 bytes.',
    reads('dss', (option) => (option.hasMap && !option.dsn8 ? undefined : option)),
  ),
  fault(
    'short-dsn-unread-ipv6',
    '3.3.1-11.s3',
    'Over IPv6, ignores mappings with a DSN of 4 bytes.',
    reads('dss', (option, subflow) => (option.hasMap && !option.dsn8 && isIpv6(subflow) ? undefined : option)),
  ),
  fault(
    'long-dsn-unread',
    ['3.3.1-11.s3', '3.3-5.4.s1', '3.3.1-12.s2'],
    'Ignores mappings with a DSN of 8 bytes.',
    reads('dss', (option) => (option.hasMap && option.dsn8 ? undefined : option)),
  ),
  fault('short-data-ack-unread', ['3.3.2-2.s3.2', '3.3-2.s2', '3.3-5.2.s1'], 'Ignores Data ACKs of 4 bytes.', () => ({
    mapping: { dsnBytes: () => 4 },
    dataAck: { promote: () => undefined },
  })),
  fault('long-data-ack-unread', ['3.3.2-2.s3.2', '3.3-2.s2', '3.3-5.2.s1'], 'Ignores Data ACKs of 8 bytes.', () => ({
    mapping: { dsnBytes: () => 4 },
    dataAck: { long: () => undefined },
  })),
  fault('short-data-ack-with-zeros', '3.3.2-2.s3.2', 'Completes a Data ACK of 4 bytes with zeros.', () => ({
    mapping: { dsnBytes: () => 4 },
    dataAck: { promote: (low) => low },
  })),
  fault('short-dsn-with-zeros', '3.3.1-12.s3', 'Completes a DSN of 4 bytes with zeros.', () => ({
    mapping: { promote: (low) => low },
  })),
  fault('short-dsn-never-wraps', '3.3.1-12.s4', 'Completes a DSN of 4 bytes with the upper half as it is now.', () => ({
    mapping: { promote: (low, connection) => upperOf(connection) | low },
  })),
  fault('short-dsn-of-start', '3.3.1-12.s3', 'Completes a DSN of 4 bytes with the upper half of the start.', () => {
    const start = new WeakMap<Connection, bigint>();
    return {
      mapping: {
        promote: (low, connection) => {
          if (!start.has(connection)) start.set(connection, upperOf(connection));
          return (start.get(connection) ?? 0n) | low;
        },
      },
    };
  }),
  fault(
    'short-dsn-wraps-late',
    '3.3.1-12.s3',
    'Completes a DSN of 4 bytes with the old upper half for a while after a wrap.',
    () => ({
      mapping: {
        promote: (low, { rcvNxt }) => {
          const near = promote32(low, rcvNxt);
          return near >> 32n === rcvNxt >> 32n && (rcvNxt & 0xffffffffn) < 1000n ? near - (1n << 32n) : near;
        },
      },
    }),
  ),
  fault('wrap-by-old-data', '3.3.1-12.s4', 'Treats every lower number of 4 bytes as a wrap.', () => ({
    mapping: {
      promote: (low, connection) =>
        BigInt.asUintN(64, upperOf(connection) + (low < low32(connection.rcvNxt) ? 1n << 32n : 0n)) | low,
    },
  })),
  fault('wrap-by-far-data', '3.3.1-12.s4', 'Treats numbers that are lower by more than 2^8 as a wrap.', () => ({
    mapping: {
      promote: (low, connection) => {
        const near = promote32(low, connection.rcvNxt);
        return connection.rcvNxt - near > 0x100n ? dsnAdd(near, 1n << 32n) : near;
      },
    },
  })),
  fault(
    'wrap-of-repeated-data',
    '3.3.1-12.s4',
    'Accepts data that comes again just after a wrap for new data.',
    () => ({
      mapping: {
        promote: (low, connection) => {
          const near = promote32(low, connection.rcvNxt);
          return near < upperOf(connection) ? dsnAdd(near, 1n << 32n) : near;
        },
      },
    }),
  ),
  fault('maps-next-segment', '3.3.1-14.s1', 'Sends the mapping of the next segment with each segment.', () => ({
    mapping: { ssnToSend: (_, ssn, length) => ssn + length },
  })),
  fault('maps-last-segment', '3.3.1-14.s1', 'Sends a mapping that lies before the segment.', () => ({
    mapping: { ssnToSend: (_, ssn, length) => Math.max(1, ssn - length) },
  })),
  fault(
    'ssn-from-zero',
    ['3.3.1-4.s1.2', '3.3.1-1.s1'],
    'Counts subflow sequence numbers from 0 for the first byte of data.',
    () => ({ mapping: { ssnToSend: (_, ssn) => ssn - 1 } }),
  ),
  fault('ssn-absolute', ['3.3.1-14.s1', '3.3.1-1.s1'], 'Sends absolute subflow sequence numbers.', () => ({
    mapping: { ssnToSend: ({ iss }, ssn) => (ssn === 0 ? 0 : seqAdd(iss, ssn)) },
  })),
  fault(
    'mapping-of-any-segment',
    ['3.3.1-14.s1', '6-13.2.s3'],
    'Sends its mappings on pure ACKs before the data.',
    sends('dss', (option, subflow, { payload }) =>
      (payload?.length ?? 0) === 0 && !option.hasMap && subflow.dataSent > 0 && option.hasDataAck
        ? {
            ...option,
            hasMap: true,
            dsn8: true,
            dsn: subflow.connection.sndNxt,
            ssn: subflow.dataSent + 1,
            dataLength: 100,
            ...(subflow.connection.checksum && { checksum: 0 }),
          }
        : option,
    ),
  ),
  fault(
    'unmapped-data-acknowledged',
    ['3.3.1-10.s3', '3.3.2-3.s1'],
    'Acknowledges data without a mapping at the connection level.',
    () => ({ dataAck: { value: ({ rcvNxt }, { held }) => dsnAdd(rcvNxt, held.length) } }),
  ),
  fault('four-octet-data-acks', '3.3.2-2.s2', 'Sends Data ACKs of 4 bytes whatever the DSNs have.', () => ({
    dataAck: { bytes: () => 4 },
  })),
  fault('short-data-acks-on-joins', '3.3.2-2.s2', 'Sends Data ACKs of 4 bytes on joined subflows.', () => ({
    dataAck: { bytes: (subflow) => (isJoin(subflow) ? 4 : 8) },
  })),
  fault(
    'short-data-acks-on-pure-acks',
    '3.3.2-2.s2',
    'Sends Data ACKs of 4 bytes on segments without data.',
    sends('dss', (option) =>
      option.hasDataAck && !option.hasMap && option.dataAck !== undefined
        ? { ...option, dataAck8: false, dataAck: low32(option.dataAck) }
        : option,
    ),
  ),
  fault('data-ack-one-too-high', '3.3.2-1.s5', 'Sends Data ACKs that are one too high.', () => ({
    dataAck: { value: ({ rcvNxt }) => dsnAdd(rcvNxt, 1) },
  })),
  fault(
    'data-ack-one-too-low',
    ['3.3.2-1.s5', '3.1-15.s9', '3.3.2-1.s1'],
    'Acknowledges the last byte received, not the next, once 150 have come.',
    () => ({
      dataAck: {
        value: ({ rcvNxt, remoteKey = 0n }) => (dsnDiff(rcvNxt, idsn(remoteKey)) > 150n ? dsnAdd(rcvNxt, -1) : rcvNxt),
      },
    }),
  ),
  fault(
    'data-ack-past-holes',
    ['3.3.2-1.s3', '3.1-28.s4', '3.3.1-13.s3', '3.3.2-1.s1', '4-2.4.s1'],
    'Acknowledges the highest number received, holes or not.',
    () => ({ dataAck: { value: ({ rcvNxt, reassembly }) => reassembly.runs().at(-1)?.end ?? rcvNxt } }),
  ),
  fault(
    'window-without-data-ack',
    '3.3.2-3.s4',
    'Lets a window count for the connection that has no Data ACK with it.',
    () => ({ dataAck: { windowCountsAlone: () => true } }),
  ),
  fault(
    'window-without-data-ack-ipv6',
    '3.3.2-3.s4',
    'Over IPv6, lets a window count that has no Data ACK with it.',
    () => ({ dataAck: { windowCountsAlone: isIpv6 } }),
  ),
  fault(
    'window-without-dss',
    '3.3.2-3.s4',
    'Lets a window count for the connection that comes without a DSS once data was sent.',
    () => ({ dataAck: { windowCountsAlone: ({ dataAckReceived }) => dataAckReceived } }),
  ),
  fault(
    'frees-by-subflow-ack',
    ['3.3.2-4.s1', '4-2.4.s2', '3.3.6-4.s1', '3.3.2-3.s5'],
    'Frees data that a subflow has acknowledged, Data ACK or not.',
    () => ({ reliability: { freeUpTo: (_, onSubflows) => onSubflows } }),
  ),
  fault('frees-on-one-subflow', '3.3.2-4.s1', 'Forgets what a subflow lost when that ends.', () => ({
    reliability: { reinjected: () => [] },
  })),
  fault(
    'infers-data-ack',
    ['3.3.2-4.s1', '3.3.2-1.s4', '4-2.4.s2', '3.3.6-4.s1', '3.3.2-3.s5'],
    'Accepts a subflow ACK for a Data ACK.',
    ({ reliability }) => ({
      reliability: {
        freeUpTo: (connection, onSubflows) => {
          if (onSubflows > connection.sndUna) {
            connection.sent = connection.sent.filter(({ dsn }) => dsn >= onSubflows);
            connection.sndUna = onSubflows;
          }
          return reliability.freeUpTo(connection, onSubflows);
        },
      },
    }),
  ),
  fault(
    'data-ack-wanted-always',
    '3.3.2-5.s1.3',
    'Falls back or resets when an ACK of data has no Data ACK, whenever that is.',
    () => ({ fallback: { noticesMissingDataAck: () => true } }),
  ),
  fault(
    'data-ack-wanted-on-joins',
    '3.3.2-5.s1.3',
    'Resets a joined subflow when an ACK of data has no Data ACK, whenever that is.',
    ({ fallback }) => ({
      fallback: { noticesMissingDataAck: (subflow) => isJoin(subflow) || fallback.noticesMissingDataAck(subflow) },
    }),
  ),
  fault(
    'data-ack-wanted-later',
    '3.3.2-5.s1.3',
    'Resets a subflow whose ACKs of data have no Data ACK any more.',
    ({ fallback }) => ({
      fallback: {
        noticesMissingDataAck: (subflow) => subflow.dataAckReceived || fallback.noticesMissingDataAck(subflow),
        fallsBackWithoutDataAck: (subflow, alone) => alone && !subflow.dataAckReceived,
      },
    }),
  ),
];
