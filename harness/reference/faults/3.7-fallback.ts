/** Faults of fall-back (section 3.7) and of fast open (appendix B). */
import { low32 } from '../../mptcp/index.ts';
import type { TcpOption } from '../../packet/index.ts';
import type { Rules, RulesChange, Variation } from '../rules/index.ts';
import { fault, isIpv6, isJoin, reads, reset, sends } from './fault.ts';

/** A Data ACK on what a connection sends after its fall-back. */
function dataAcksAfterwards(
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

export const fallbackFaults: readonly Variation[] = [
  fault(
    'second-segment-unmapped',
    ['3.7-4.1.s1', '4-2.2.s5', '6-9.s3'],
    'Sends its second data segment without a mapping.',
    ({ mapping }) => {
      let sent = 0;
      return { mapping: { onSegment: (subflow, piece) => ++sent !== 2 && mapping.onSegment(subflow, piece) } };
    },
  ),
  fault(
    'mapping-on-first-only',
    '3.7-4.1.s1',
    'Tells mappings of several segments on the first, before a Data ACK came.',
    () => ({ mapping: { chunkOctets: (_, size) => 4 * size, onSegment: (_, { first }) => first } }),
  ),
  fault('retransmission-unmapped', '3.7-4.1.s1', 'Retransmits without a mapping.', () => ({
    mapping: { onSegment: (_, { times }) => times <= 1 },
  })),
  fault('unmapped-on-joins', '3.7-4.1.s1', 'Sends data on joined subflows without mappings.', () => ({
    mapping: { onSegment: (subflow) => !isJoin(subflow) },
  })),
  fault(
    'lost-data-ack-tolerated',
    ['3.7-4.2.s2.1', '3.7-4.2.s1', '6-11.2.s3'],
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
  fault(
    'lost-data-ack-falls-back',
    ['3.7-4.2.s2.1', '3.7-1.s5'],
    'Falls back on a joined subflow without Data ACKs.',
    () => ({ fallback: { fallsBackWithoutDataAck: () => true } }),
  ),
  fault(
    'lost-data-ack-unnoticed',
    ['3.7-4.3.s1', '3.7-4.2.s1', '3.7-5.s1', '6-5.s1', '6-11.2.s3'],
    'Goes on with MPTCP though its data is acknowledged without Data ACKs.',
    () => ({ fallback: { noticesMissingDataAck: () => false } }),
  ),
  fault(
    'lost-data-ack-resets-first',
    ['3.7-4.3.s1', '3.7-1.s5'],
    'Resets the first subflow where it should fall back.',
    () => ({ fallback: { fallsBackWithoutDataAck: () => false } }),
  ),
  fault(
    'lost-data-ack-unnoticed-by-responder',
    ['3.7-4.3.s1', '3.7-5.s1'],
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
  fault(
    'infinite-mapping-too-late',
    ['3.7-11.s5.2', '3.7-12.s4'],
    'Starts its infinite mapping at new data after MP_FAIL.',
    () => ({ fallback: { infiniteBegin: (_connection, _begin, here) => here } }),
  ),
  fault('infinite-mapping-ignored', '3.7-11.s6', 'Takes no notice of an infinite mapping.', () => ({
    fallback: { honoursInfinite: () => false },
  })),
  fault(
    'options-after-fallback',
    '3.7-4.3.s2.2',
    'Sends Data ACKs after it has fallen back.',
    dataAcksAfterwards((side) => side === 'after fallback'),
  ),
  fault(
    'data-acks-after-infinite',
    '3.7-13.s3',
    'Sends Data ACKs after an infinite mapping came.',
    dataAcksAfterwards((side) => side === 'after infinite'),
  ),
  fault('corrupt-data-taken', '3.7-10.s2.1', 'Acknowledges data whose checksum is wrong.', () => ({
    mapping: { checksumFits: () => true },
  })),
  fault(
    'corrupt-data-acknowledged-on-joins',
    '3.7-10.s2.1',
    'Acknowledges data with a wrong checksum on joined subflows.',
    ({ mapping }) => ({
      mapping: {
        checksumFits: (came, right, subflow, whole) =>
          isJoin(subflow) || mapping.checksumFits(came, right, subflow, whole),
      },
    }),
  ),
  fault(
    'corrupt-data-acknowledged',
    ['3.7-10.s2.1', '3.3.2-3.s1'],
    'Counts data of a failed mapping in its Data ACKs.',
    () => ({
      dataAck: {
        value: ({ rcvNxt, failed }, { held }) => (failed === undefined ? rcvNxt : rcvNxt + BigInt(held.length)),
      },
    }),
  ),
  fault(
    'corrupt-data-not-reset',
    ['3.7-8.s3.1', '6-11.6.s2'],
    'Keeps a subflow whose checksum failed beside others.',
    () => ({ fallback: { resetsOnChecksum: () => false } }),
  ),
  fault('no-fail-on-reset', '3.7-8.s3.1', 'Resets for a failed checksum without MP_FAIL.', ({ fallback }) => ({
    fallback: { sendsFail: (subflow) => subflow.connection.subflows.length === 1 && fallback.sendsFail(subflow) },
  })),
  fault('fail-number-one-off', ['3.7-8.s3.2', '3.7-11.s3.2'], 'Sends MP_FAIL with a number one too high.', () => ({
    fallback: { failNumber: (dsn) => dsn + 1n },
  })),
  fault('fail-number-32-bits', '3.7-8.s4', 'Sends MP_FAIL with the lower 32 bits of the number.', () => ({
    fallback: { failNumber: (dsn) => low32(dsn) },
  })),
  fault(
    'fail-reserved',
    '3.7-9.1.s1.2',
    'Sets reserved bits of MP_FAIL.',
    sends('mp_fail', (option) => ({ ...option, reserved: 0xfff })),
  ),
  fault(
    'fail-reserved-minded',
    '3.7-9.1.s1.2',
    'Ignores MP_FAIL with reserved bits.',
    reads('mp_fail', (option) => (option.reserved === 0 ? option : undefined)),
  ),
  fault(
    'resets-only-subflow',
    ['3.7-11.s3.1', '3.7-11.s2', '6-11.6.s3'],
    'Resets its only subflow for a failed checksum though the data is contiguous.',
    () => ({ fallback: { keepsSubflow: () => false } }),
  ),
  fault(
    'keeps-data-after-fail',
    ['3.7-10.s1', '3.7-12.s2'],
    'Keeps what came after the number of a failed mapping.',
    () => ({ fallback: { discardOffset: 1 << 20 } }),
  ),
  fault(
    'delivers-then-fails',
    ['3.7-10.s1', '3.7-12.s2'],
    'Delivers the data of a failed mapping and then resets the subflow.',
    ({ mapping }) => ({
      mapping: {
        checksumFits: (came, right, subflow, whole) => {
          if (!mapping.checksumFits(came, right, subflow, whole)) reset(subflow, 6);
          return true;
        },
      },
    }),
  ),
  fault(
    'discards-one-octet-less',
    ['3.7-12.s2', '3.7-10.s1'],
    'Keeps one octet after the number of a failed mapping.',
    () => ({ fallback: { discardOffset: 1 } }),
  ),
  fault('fail-unanswered', '3.7-11.s7.1', 'Does not answer MP_FAIL by one.', () => ({
    fallback: { answersFail: () => false },
  })),
  fault('fail-unanswered-by-responder', '3.7-11.s7.1', 'As a responder, does not answer MP_FAIL by one.', () => ({
    fallback: { answersFail: ({ connection }) => connection.role === 'initiator' },
  })),
  fault('fail-ignored', ['3.7-11.s7.1', '3.7-11.s4'], 'Takes no notice of MP_FAIL on an ACK.', () => ({
    fallback: { honoursFail: () => false },
  })),
  fault(
    'fail-without-fallback',
    ['3.7-11.s7.2', '3.7-11.s4', '3.7-12.s3.2', '6-11.6.s3'],
    'Answers MP_FAIL and goes on with MPTCP.',
    () => ({ fallback: { revertsAfterFail: () => false } }),
  ),
  fault(
    'fail-one-direction',
    '3.7-11.s7.2',
    'Goes on sending Data ACKs after MP_FAIL.',
    dataAcksAfterwards(() => true),
  ),
  fault('fail-resets', ['3.7-11.s7.2', '3.7-11.s2'], 'Resets its only subflow when MP_FAIL comes.', () => ({
    fallback: {
      honoursFail: (subflow) => {
        reset(subflow, 6);
        return false;
      },
    },
  })),
  fault(
    'keeps-without-contiguity',
    '3.7-12.s1',
    'Keeps its only subflow after a failed checksum though the data is not contiguous.',
    () => ({ fallback: { keepsSubflow: (_, open) => open === 1 } }),
  ),
  fault('reset-without-fail', '3.7-12.s1', 'Resets its only subflow for a failed checksum without MP_FAIL.', () => ({
    fallback: { sendsFail: () => false, keepsSubflow: () => false },
  })),
  fault('keeps-two-subflows', '3.7-12.s1', 'Keeps a subflow after a failed checksum though others are open.', () => ({
    fallback: { keepsSubflow: () => true },
  })),
  fault(
    'data-acks-free-after-infinite',
    '3.7-13.s1',
    'Lets Data ACKs free its buffer after an infinite mapping.',
    () => ({
      fallback: {
        afterFallback: (subflow, options) => {
          const ack = options.find((one) => one.kind === 'dss')?.dataAck;
          if (ack !== undefined)
            subflow.queue = subflow.queue.filter(({ dsn }) => dsn === undefined || low32(dsn) >= low32(ack));
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
  fault('joins-after-fallback', ['3.7-14.s3', '3.2-1.s1'], 'Takes joins to a connection that has fallen back.', () => ({
    fallback: { tokenStays: true },
    join: { connectionTakesSubflows: () => true },
  })),
  fault('mappings-after-fallback', '3.7-14.s3', 'Sends mappings again after it has fallen back.', () => ({
    fallback: {
      optionsAfterwards: ({ connection }, mapping) => {
        if (mapping !== undefined || connection.remoteKey === undefined) return [];
        const shape = { reserved: 0, dataFin: false, dsn8: true, hasMap: true, dataAck8: false, hasDataAck: false };
        return [{ kind: 'dss', ...shape, dsn: connection.sndNxt, ssn: 1, dataLength: 10 }];
      },
    },
  })),
  fault('back-to-mptcp', '3.7-14.s3', 'Speaks MPTCP again when a DSS comes after the fall-back.', () => ({
    fallback: {
      afterFallback: ({ connection }, options) => {
        if (connection.remoteKey !== undefined && options.some(({ kind }) => kind === 'dss')) connection.mode = 'mptcp';
        return true;
      },
    },
  })),
  fault(
    'others-stay-after-fallback',
    ['3.7-14.s2', '3.7-14.s1'],
    'Leaves other subflows open when it falls back.',
    () => ({ fallback: { endsOthers: () => false } }),
  ),
  fault('unmapped-held-for-ever', ['3.7-4.4.s1', '6-9.s4'], 'Holds data without mappings for ever.', () => ({
    mapping: { unmapped: () => 'hold' },
  })),
  fault('unmapped-dropped', ['3.3.1-10.s6', '6-9.s4'], 'Drops data without mappings and keeps the subflow.', () => ({
    mapping: { unmapped: (_, octets, window) => (octets < window ? 'hold' : 'drop') },
  })),
  fault('any-cookie', 'B.1-1.s1', 'Takes data on a SYN whatever cookie it has.', () => ({
    fastOpen: { takesAnyCookie: () => true },
  })),
  fault('long-cookie', 'B.1-3.2.s2', 'Gives a cookie that is too long to fit beside MP_CAPABLE.', () => ({
    fastOpen: { cookieOctets: 16 },
  })),
  fault('syn-data-mapped', 'B.2-2.s1.1', 'Counts data of the SYN in subflow sequence numbers.', () => ({
    fastOpen: { sentBase: () => 0 },
  })),
  fault(
    'syn-data-expected-mapped',
    'B.2-2.s1.2',
    'Expects data of the SYN to be counted in subflow sequence numbers.',
    () => ({ fastOpen: { receivedBase: () => 0 } }),
  ),
];
