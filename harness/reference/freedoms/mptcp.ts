/** Choices that RFC 8684 leaves to a stack: handshake, data, closing. */
import { dsnAdd, dsnDiff, seqAdd } from '../../mptcp/index.ts';
import type { Connection, SentRange, Subflow } from '../state.ts';
import type { Rules, Variation } from '../rules/index.ts';

/** The subflow after the one that was used last. */
function roundRobin(): (ready: readonly Subflow[]) => Subflow | undefined {
  let turn = 0;
  return (ready) => ready[turn++ % Math.max(1, ready.length)];
}

function otherThan(range: SentRange, ready: readonly Subflow[]): Subflow | undefined {
  return ready.find((one) => one !== range.subflow) ?? ready[0];
}

/** Whether the peer has shown by a Data ACK on this subflow that options pass. */
function confirmed(subflow: Subflow): boolean {
  return subflow.dataAckReceived && subflow.connection.dssReceived;
}

/** The start of an infinite mapping at the oldest data without Data ACK; with one subflow both numbers run alike. */
function reachBack({ sndUna }: Connection, here: { dsn: bigint; ssn: number }): { dsn: bigint; ssn: number } {
  return { dsn: sndUna, ssn: here.ssn - Number(dsnDiff(here.dsn, sndUna)) };
}

/** Drops up to a receive window of data in a row without mappings; then the subflow is broken (3.3.1-10.s6). */
function dropping(): Rules['mapping']['unmapped'] {
  const dropped = new WeakMap<Subflow, { end: number; bytes: number }>();
  return (subflow, bytes, window) => {
    const before = dropped.get(subflow);
    const all = (before?.end === subflow.delivered ? before.bytes : 0) + bytes;
    if (all >= window) return 'reset';
    if (subflow.connection.checksum) return 'hold';
    dropped.set(subflow, { end: seqAdd(subflow.delivered, bytes), bytes: all });
    return 'drop';
  };
}

/** Freedoms of RFC 8684. */
export const mptcpFreedoms: readonly Variation[] = [
  {
    id: 'checksum',
    clause: '3.1-20.2.s1',
    does: 'Asks for checksums, whatever is configured.',
    lacks: ['checksums-off'],
    override: ({ initiation }) => ({
      initiation: {
        flags: (subflow, on) => initiation.flags(subflow, on) | 0x80,
        checksumInUse: () => true,
        statelessFlags: (stack, offered) => initiation.statelessFlags(stack, offered) | 0x80,
      },
    }),
  },
  {
    id: 'no-checksum',
    clause: '3.1-20.2.s1',
    does: 'Does not ask for checksums: its administrator has decided so. It uses them where the peer asks.',
    lacks: ['checksums-by-default'],
    override: () => ({ initiation: { checksumsByDefault: false } }),
  },
  {
    id: 'refuses-checksum',
    clause: '3.1-23.s7',
    does: 'Its administrator does not want checksums, and it does without MPTCP where the peer asks for them.',
    lacks: ['checksums-by-default', 'accepts-checksums'],
    override: () => ({
      initiation: {
        checksumsByDefault: false,
        checksumDemandAcceptable: ({ flags }, wanted) => wanted || (flags & 0x80) === 0,
      },
    }),
  },
  {
    id: 'flag-c',
    clause: '3.1-20.6.s1',
    does: 'Tells the peer by flag C that it takes no joins to the first address and port.',
    override: ({ initiation }) => ({ initiation: { flags: (subflow, on) => initiation.flags(subflow, on) | 0x20 } }),
  },
  {
    id: 'higher-version',
    clause: '3.1-3.s2',
    does: 'Offers version 2 and goes on with version 1 where the peer answers so.',
    lacks: ['offers-version-1'],
    override: () => ({ initiation: { offeredVersion: 2 } }),
  },
  {
    id: 'one-capable-syn',
    clause: '3.1-27.s1',
    does: 'Gives MP_CAPABLE up after one SYN that was not answered.',
    override: () => ({
      initiation: { offersCapable: ({ connection, capableSyns }) => connection.wanted && capableSyns < 1 },
    }),
  },
  {
    id: 'many-capable-syns',
    clause: '3.1-26.s5',
    does: 'Sends up to six SYNs with MP_CAPABLE before it gives MPTCP up.',
    override: () => ({
      initiation: { offersCapable: ({ connection, capableSyns }) => connection.wanted && capableSyns < 6 },
    }),
  },
  {
    id: 'data-ack-when-advanced',
    clause: '3.3.2-5.s1',
    does: 'Sends a Data ACK only when its value has advanced on that subflow, and until one of the peer has come.',
    // 3.1-15.s1: the first data of a responder has one, which tells that MP_CAPABLE has arrived.
    override: () => ({ dataAck: { included: ({ dataAckReceived }, { advanced }) => advanced || !dataAckReceived } }),
  },
  {
    id: 'short-data-acks',
    clause: '3.3.2-2.s3',
    does: 'Sends Data ACKs of 4 bytes where the peer sends DSNs of 4 bytes.',
    override: () => ({ dataAck: { bytes: ({ connection }) => (connection.dsn8Received ? 8 : 4) } }),
  },
  {
    id: 'short-dsn',
    clause: '3.3.1-11.s2',
    does: 'Sends DSNs of 4 bytes.',
    override: () => ({ mapping: { dsnBytes: () => 4 } }),
  },
  {
    id: 'mixed-dsn',
    clause: '3.3.1-11.s2',
    does: 'Sends DSNs of 4 and of 8 bytes in turn.',
    override: () => {
      let turn = 0;
      return { mapping: { dsnBytes: () => (turn++ % 2 === 0 ? 8 : 4) } };
    },
  },
  {
    id: 'long-mappings',
    clause: '3.3.1-2.s4',
    does: 'Maps up to four segments at once and repeats the mapping on each.',
    override: () => ({ mapping: { chunkBytes: (_, size) => 4 * size } }),
  },
  {
    id: 'sparse-mappings',
    clause: '3.3.1-14.s2',
    does: 'Maps up to four segments at once and tells it on the first only, once options are known to pass.',
    override: () => ({
      mapping: {
        chunkBytes: (_, size) => 4 * size,
        onSegment: (subflow, piece) => piece.first || !confirmed(subflow) || piece.times > 1,
      },
    }),
  },
  {
    id: 'huge-mappings',
    clause: '3.3.1-2.s4',
    does: 'Maps up to 20000 bytes at once, more than it may send at that time.',
    override: () => ({ mapping: { chunkBytes: () => 20_000 } }),
  },
  {
    id: 'small-segments',
    clause: '3.3.1-2.s1',
    does: 'Sends and maps no more than 400 bytes at a time.',
    override: () => ({
      mapping: { chunkBytes: (_, size, now) => Math.min(400, size, now) },
      tcp: { delaysSmall: () => false },
    }),
  },
  {
    id: 'data-fin-alone',
    clause: '3.3.3-5.s1',
    does: 'Sends the DATA_FIN by itself, never with data.',
    override: () => ({ closing: { dataFinWithData: () => false } }),
  },
  {
    id: 'fin-with-data-fin',
    clause: '3.3.3-6.s4',
    does: 'Sends the FIN of the only subflow with the DATA_FIN when nothing else is outstanding.',
    override: () => ({
      closing: {
        dataFinWithData: () => false,
        mayFinish: (connection, allSent) => allSent && connection.sent.length === 0,
        finWithDataFin: ({ connection }) => connection.subflows.length === 1 && connection.peerClosed,
      },
    }),
  },
  {
    id: 'late-fin',
    clause: '3.3.3-7.s1',
    does: 'Sends FINs when both directions of the connection are closed.',
    override: () => ({ closing: { closesSubflow: ({ connection }) => connection.peerClosed } }),
  },
  {
    id: 'fast-close-by-ack',
    clause: '3.5-5.1.s1',
    does: 'Closes fast by option A: MP_FASTCLOSE on an ACK.',
    override: () => ({ fastClose: { option: () => 'A' } }),
  },
  {
    id: 'fast-close-by-reset',
    clause: '3.5-5.2.s1',
    does: 'Closes fast by option R: MP_FASTCLOSE on RSTs.',
    override: () => ({ fastClose: { option: () => 'R' } }),
  },
  {
    id: 'no-reset-on-unread',
    clause: '3.5-2.s2',
    does: 'Closes in an orderly way though data was not read.',
    override: () => ({ closing: { resetsUnread: () => false, resetsLateData: () => false } }),
  },
  {
    id: 'no-reset-reason',
    clause: '3.6-1.s3',
    does: 'Sends MP_TCPRST only where the RFC asks for a certain reason.',
    override: () => ({ reset: { option: (told) => (told.reason === 0 ? undefined : told) } }),
  },
  {
    id: 'infinite-mapping-reaches-back',
    clause: '3.7-4.3.s2',
    does: 'Starts the infinite mapping that follows an ACK without Data ACK at the oldest data without Data ACK.',
    override: () => ({
      fallback: {
        infiniteBegin: (connection, begin, here) =>
          connection.failReceived || connection.subflowsMade > 1 ? begin : reachBack(connection, here),
      },
    }),
  },
  {
    id: 'retransmits-on-same-subflow',
    clause: '3.3.6-2.s1',
    does: 'Sends data again on another subflow only when the first one has ended.',
    override: () => ({ reliability: { reinjectsAfterTimeout: () => false } }),
  },
  {
    id: 'patient-data-timer',
    clause: '3.3.6-3.s2',
    does: 'Waits for a Data ACK six times as long before it sends data again.',
    override: ({ reliability }) => ({
      reliability: { dataTimeout: (connection, rto) => 6 * reliability.dataTimeout(connection, rto) },
    }),
  },
  {
    id: 'first-subflow-first',
    clause: '3.3.8-1.s1',
    does: 'Uses the oldest subflow that has room.',
    override: () => ({ policy: { scheduler: (ready) => ready[0] } }),
  },
  {
    id: 'newest-subflow-first',
    clause: '3.3.8-1.s1',
    does: 'Uses the newest subflow that has room.',
    override: () => ({ policy: { scheduler: (ready) => ready.at(-1) } }),
  },
  {
    id: 'round-robin',
    clause: '3.3.8-1.s1',
    does: 'Uses the subflows in turn.',
    override: () => ({ policy: { scheduler: roundRobin() } }),
  },
  {
    id: 'redundant',
    clause: '3.3.6-1.s4',
    does: 'Sends the same data on all subflows that have room.',
    override: () => ({
      policy: { redundant: true, scheduler: (ready) => ready[0] },
      reliability: { reinjectOn: otherThan },
    }),
  },
  {
    id: 'drops-unmapped',
    clause: '3.3.1-10.s4',
    does: 'Acknowledges data without a mapping on the subflow and drops it, where there is no checksum to verify.',
    override: () => ({ mapping: { unmapped: dropping() } }),
  },
  {
    id: 'holds-little-unmapped',
    clause: '3.3.1-10.s4',
    does: 'Holds no more than two segments of data without a mapping.',
    override: () => ({ mapping: { unmapped: (_, bytes) => (bytes < 3000 ? 'hold' : 'reset') } }),
  },
  {
    id: 'quick-orphan',
    clause: '3.3.3-9.s2',
    does: 'Gives a connection without subflows up after five seconds.',
    override: () => ({ closing: { timeoutWithoutSubflow: () => 5000 } }),
  },
  {
    id: 'data-ack-with-signals',
    clause: '3.4.1-14.s1',
    does: 'Sends a Data ACK beside ADD_ADDR, REMOVE_ADDR and MP_PRIO where it fits.',
    override: () => ({
      signals: {
        withDataAck: ({ connection }, signal) =>
          signal.kind === 'mp_fail' || signal.kind === 'mp_fastclose' || connection.mode !== 'mptcp'
            ? []
            : [dataAckOf(connection)],
      },
    }),
  },
];

function dataAckOf(connection: Connection) {
  return {
    kind: 'dss',
    reserved: 0,
    dataFin: false,
    dsn8: false,
    hasMap: false,
    dataAck8: true,
    hasDataAck: true,
    dataAck: dsnAdd(connection.rcvNxt, 0),
  } as const;
}
