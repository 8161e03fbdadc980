/** Faults of fall-back (section 3.7) and of fast open (appendix B). */
import type { TcpOption } from '../../packet/index.ts';
import type { Rules, RulesChange, Variation } from '../rules/index.ts';
import { fault, isIpv6, isJoin } from './fault.ts';

/** A Data ACK on what a connection sends after its fall-back. */
export function dataAcksAfterwards(
  when: (side: 'after infinite' | 'after fallback') => boolean,
): (standard: Rules) => RulesChange {
  return ({ signals }) => ({
    signals: {
      outgoing: (subflow, options, parts) => {
        const { connection } = subflow;
        const sent = signals.outgoing(subflow, options, parts);
        const side = connection.infiniteReceived ? 'after infinite' : 'after fallback';
        const late = connection.mode === 'tcp' && connection.remoteKey !== undefined && when(side);
        if (!late || (parts.flags & 0x06) !== 0 || sent.some(({ kind }) => kind === 'dss')) return sent;
        const shape = { reserved: 0, dataFin: false, dsn8: false, hasMap: false, dataAck8: true, hasDataAck: true };
        return [...sent, { kind: 'dss', ...shape, dataAck: connection.rcvNxt } satisfies TcpOption];
      },
    },
  });
}

/** Faults of fallback. */
export const fallbackFaults: readonly Variation[] = [
  fault(
    'second-segment-unmapped',
    ['3.7-4.1.s1', '4-2.2.s5', '6-9.s3', 'A-6.s1', '3.3.1-14.s2'],
    'Sends its second data segment without a mapping.',
    ({ mapping }) => {
      let sent = 0;
      return { mapping: { onSegment: (subflow, piece) => ++sent !== 2 && mapping.onSegment(subflow, piece) } };
    },
  ),
  fault(
    'mapping-on-first-only',
    '3.7-4.1.s1',
    'Sends mappings of several segments on the first, before a Data ACK came.',
    () => ({ mapping: { chunkBytes: (_, size) => 4 * size, onSegment: (_, { first }) => first } }),
  ),
  fault('retransmission-unmapped', '3.7-4.1.s1', 'Retransmits without a mapping.', () => ({
    mapping: { onSegment: (_, { times }) => times <= 1 },
  })),
  fault('unmapped-on-joins', '3.3.1-1.s1', 'Sends data on joined subflows without mappings.', () => ({
    mapping: { onSegment: (subflow) => !isJoin(subflow) },
  })),
  fault(
    'lost-data-ack-tolerated',
    ['3.7-4.2.s2.1', '6-11.2.s3'],
    'Keeps a joined subflow though its data is acknowledged without Data ACKs.',
    () => ({ fallback: { resetsWithoutDataAck: () => false } }),
  ),
  fault(
    'lost-data-ack-tolerated-ipv6',
    '3.7-4.2.s2.1',
    'Over IPv6, keeps a joined subflow without Data ACKs.',
    ({ fallback }) => ({
      fallback: { resetsWithoutDataAck: (subflow) => !isIpv6(subflow) && fallback.resetsWithoutDataAck(subflow) },
    }),
  ),
  fault('lost-data-ack-falls-back', '3.7-4.2.s2.1', 'Falls back on a joined subflow without Data ACKs.', () => ({
    fallback: { fallsBackWithoutDataAck: () => true },
  })),
  fault(
    'lost-data-ack-unnoticed',
    ['3.7-4.3.s1', '6-11.2.s3', '3.7-4.2.s1'],
    'Goes on with MPTCP though its data is acknowledged without Data ACKs.',
    () => ({ fallback: { noticesMissingDataAck: () => false } }),
  ),
  fault(
    'lost-data-ack-resets-first',
    ['3.7-4.3.s1', '3.7-1.s5', '3.7-5.s1'],
    'Resets the first subflow where it should fall back.',
    () => ({ fallback: { fallsBackWithoutDataAck: () => false } }),
  ),
  fault(
    'lost-data-ack-unnoticed-by-responder',
    '3.7-4.3.s1',
    'As a responder, goes on with MPTCP without Data ACKs.',
    ({ fallback }) => ({
      fallback: {
        noticesMissingDataAck: (subflow) =>
          subflow.connection.role === 'initiator' && fallback.noticesMissingDataAck(subflow),
      },
    }),
  ),
  fault('no-infinite-mapping', '3.7-4.3.s2.1', 'Falls back without an infinite mapping.', () => ({
    fallback: { infiniteSent: () => false },
  })),
  fault(
    'infinite-mapping-with-length',
    ['3.3.1-15.s2', '3.7-11.s5.1'],
    'Sends its infinite mapping with a length of 1.',
    () => ({ fallback: { infiniteLength: 1 } }),
  ),
  fault(
    'infinite-mapping-with-checksum',
    '3.3.1-15.s3',
    'Sends its infinite mapping with a checksum other than 0.',
    () => ({ fallback: { infiniteChecksum: 0xbeef } }),
  ),
  fault('infinite-mapping-too-late', '3.7-11.s5.2', 'Starts its infinite mapping at new data after MP_FAIL.', () => ({
    fallback: { infiniteBegin: (_connection, _begin, here) => here },
  })),
  fault(
    'restart-too-late',
    '3.7-12.s4',
    'Starts the infinite mapping of a new subflow after the number of MP_FAIL.',
    () => ({
      fallback: {
        infiniteBegin: ({ subflowsMade }, begin) =>
          subflowsMade > 1 ? { dsn: begin.dsn + 100n, ssn: begin.ssn + 100 } : begin,
      },
    }),
  ),
  fault(
    'options-after-fallback',
    ['3.7-4.3.s2.2', '3.7-11.s7.2', '3.7-14.s3'],
    'Sends Data ACKs after it has fallen back.',
    dataAcksAfterwards((side) => side === 'after fallback'),
  ),
  fault(
    'data-acks-after-infinite',
    '3.7-13.s3',
    'Sends Data ACKs after an infinite mapping came.',
    dataAcksAfterwards((side) => side === 'after infinite'),
  ),
  fault(
    'data-acks-free-after-infinite',
    '3.7-13.s1',
    'Lets Data ACKs free its buffer after an infinite mapping.',
    () => ({
      fallback: {
        afterFallback: (subflow, options) => {
          if (options.some((one) => one.kind === 'dss' && one.hasDataAck))
            subflow.queue = subflow.queue.filter(({ data }) => data.length === 0);
          return true;
        },
      },
    }),
  ),
  fault(
    'waits-for-data-acks-after-infinite',
    '3.7-13.s1',
    'Sends nothing new after an infinite mapping until a Data ACK comes.',
    () => ({
      policy: {
        scheduler: (ready, { mode, infinite, sent }) =>
          mode === 'tcp' && infinite === 'sent' && sent.length > 0 ? undefined : ready[0],
      },
    }),
  ),
  fault(
    'buffer-kept-after-infinite',
    '3.7-13.s1',
    'Frees nothing of its buffer after an infinite mapping.',
    ({ reliability }) => ({
      reliability: {
        freeUpTo: (connection, onSubflows) =>
          connection.infinite === 'sent' ? connection.sndBase : reliability.freeUpTo(connection, onSubflows),
      },
    }),
  ),
  fault('joins-after-fallback', '3.7-14.s2', 'Accepts joins to a connection that has fallen back.', () => ({
    fallback: { tokenStays: true },
    join: { connectionTakesSubflows: () => true },
  })),
  fault(
    'mappings-after-fallback',
    ['3.7-14.s3', '3.7-11.s7.2'],
    'Sends mappings again after it has fallen back.',
    () => ({
      fallback: {
        optionsAfterwards: ({ connection }, mapping) => {
          if (mapping !== undefined || connection.remoteKey === undefined) return [];
          const shape = { reserved: 0, dataFin: false, dsn8: true, hasMap: true, dataAck8: false, hasDataAck: false };
          return [{ kind: 'dss', ...shape, dsn: connection.sndNxt, ssn: 1, dataLength: 10 }];
        },
      },
    }),
  ),
  fault('back-to-mptcp', '3.7-14.s3', 'Speaks MPTCP again when a DSS comes after the fall-back.', () => ({
    fallback: {
      afterFallback: ({ connection }, options) => {
        if (connection.remoteKey !== undefined && options.some(({ kind }) => kind === 'dss')) connection.mode = 'mptcp';
        return true;
      },
    },
  })),
  fault('unmapped-held-for-ever', ['3.7-4.4.s1', '6-9.s4'], 'Holds data without mappings for ever.', () => ({
    mapping: { unmapped: () => 'hold' },
  })),
  fault('unmapped-dropped', ['3.3.1-10.s6', '6-9.s4'], 'Drops data without mappings and keeps the subflow.', () => ({
    mapping: { unmapped: (_, bytes, window) => (bytes < window ? 'hold' : 'drop') },
  })),
  fault(
    'syn-data-expected-mapped',
    ['B.2-2.s1.2', 'B.2-2.s1.1'],
    'Expects data of the SYN to be counted in subflow sequence numbers.',
    () => ({ fastOpen: { receivedBase: () => 0 } }),
  ),
];
