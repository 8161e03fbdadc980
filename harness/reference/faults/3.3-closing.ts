/** Faults of closing and of windows (sections 3.3.3 to 3.3.5). */
import { dsnAdd, dsnDiff } from '../../mptcp/index.ts';
import type { Variation } from '../rules/index.ts';
import { fault, isJoin, reset, sends } from './fault.ts';

/** Faults of closing. */
export const closingFaults: readonly Variation[] = [
  fault(
    'data-fin-with-ssn',
    ['3.3.3-5.s1', '3.3.3-4.s1'],
    'Sends a DATA_FIN without data with the current subflow sequence number.',
    () => ({ closing: { dataFinSsn: ({ dataSent }) => dataSent + 1, dataFinWithData: () => false } }),
  ),
  fault('data-fin-with-length-0', '3.3.3-5.s1', 'Sends a DATA_FIN without data with a Data-Level Length of 0.', () => ({
    closing: { dataFinBytes: 0, dataFinWithData: () => false },
  })),
  fault('data-fin-with-length-2', '3.3.3-5.s1', 'Sends a DATA_FIN without data with a Data-Level Length of 2.', () => ({
    closing: { dataFinBytes: 2, dataFinWithData: () => false },
  })),
  fault('data-fin-one-too-high', '3.3.3-5.s1', 'Gives the DATA_FIN a number one too high.', () => ({
    closing: { dataFinNumber: (_, end) => dsnAdd(end, 1), dataFinWithData: () => false },
  })),
  fault(
    'data-fin-one-too-low',
    ['3.3.3-4.s2', '3.3-7.s2', '4-2.2.s3.2'],
    'Gives the DATA_FIN the number of the last byte.',
    () => ({ closing: { dataFinNumber: (_, end) => dsnAdd(end, -1), dataFinWithData: () => false } }),
  ),
  fault(
    'data-fin-not-counted',
    '3.3.3-4.s3.1',
    'Does not count the DATA_FIN in the length of a mapping with data.',
    sends('dss', (option, _, { payload }) =>
      option.dataFin && (payload?.length ?? 0) > 0 ? { ...option, dataLength: (option.dataLength ?? 1) - 1 } : option,
    ),
  ),
  fault('data-fin-not-repeated', '3.3.3-6.s1', 'Sends the DATA_FIN once, acknowledged or not.', () => ({
    reliability: { retransmitsDataFin: () => false },
  })),
  fault(
    'data-fin-acknowledged-early',
    ['3.3.3-6.s2', '3.3.3-3.s1'],
    'Acknowledges a DATA_FIN while data before it is missing.',
    () => ({ closing: { dataFinComplete: () => true } }),
  ),
  fault(
    'data-fin-not-acknowledged',
    ['3.3.3-4.s3.2', '3.3.3-8.s1', '4-2.2.s4'],
    'Does not count the DATA_FIN in its Data ACKs.',
    () => ({
      dataAck: {
        value: ({ rcvNxt, peerClosed, peerDataFin }) =>
          peerClosed && peerDataFin !== undefined ? peerDataFin : rcvNxt,
      },
    }),
  ),
  fault(
    'data-fin-read-one-off',
    ['3.3.3-4.s3.2', '3.3.3-3.s2'],
    'Looks for the DATA_FIN one number after its mapping.',
    () => ({ closing: { dataFinPosition: ({ dsn, length }) => dsnAdd(dsn, length) } }),
  ),
  fault(
    'fin-closes-connection',
    ['3.3.3-1.s2', '3.3-7.s4', '3.3.3-6.s3', '4-2.10.s1', '3.3.3-9.s2'],
    "Treats the FIN of a subflow as the end of the connection's data.",
    () => ({ closing: { finClosesConnection: () => true } }),
  ),
  fault(
    'fin-of-first-closes-connection',
    '3.3.3-1.s2',
    "Treats the FIN of the first subflow as the end of the connection's data.",
    () => ({ closing: { finClosesConnection: (subflow) => !isJoin(subflow) } }),
  ),
  fault(
    'closes-without-data-fin',
    ['3.3.3-2.s1', '4-2.10.s2'],
    'Sends no DATA_FIN when the application closes.',
    () => ({ closing: { mayFinish: () => false } }),
  ),
  fault(
    'fins-before-data-ack',
    ['3.3.3-6.s6', '3.3.3-1.s4'],
    'Sends FINs right after the DATA_FIN, acknowledged or not.',
    () => ({ closing: { closesSubflowEarly: () => true } }),
  ),
  fault(
    'fins-before-data-is-acknowledged',
    '3.3.3-6.s6',
    'Sends the DATA_FIN with the FINs of all subflows, whatever is outstanding.',
    () => ({ closing: { finWithDataFin: () => true, closesSubflowEarly: () => true, dataFinWithData: () => false } }),
  ),
  fault(
    'fins-while-repeating',
    '3.3.3-6.s6',
    'Sends FINs while data of a failed subflow waits to be repeated.',
    () => ({
      closing: {
        mayFinish: (_, allSent) => allSent,
        closesSubflowEarly: ({ connection }) => connection.reinject.length > 0 || connection.subflows.length === 1,
      },
    }),
  ),
  fault('subflows-stay-open', ['3.3.3-7.s1', '3.3.3-7.s2'], 'Sends no FIN when its DATA_FIN is acknowledged.', () => ({
    closing: { closesSubflow: () => false },
  })),
  fault(
    'only-first-subflow-closed',
    ['3.3.3-7.s1', '3.3.3-7.s2', '3.4.2-7.s1'],
    'Sends a FIN on the first subflow only.',
    () => ({ closing: { closesSubflow: (subflow) => !isJoin(subflow) } }),
  ),
  fault(
    'subflows-reset-at-end',
    ['3.3.3-7.s1', '3.4.2-7.s1'],
    'Ends its subflows by RSTs when the DATA_FIN is acknowledged.',
    () => ({
      closing: {
        closesSubflow: (subflow) => {
          reset(subflow, 0);
          return false;
        },
      },
    }),
  ),
  fault(
    'joins-reset-at-end',
    ['3.3.3-7.s1', '3.4.2-7.s1'],
    'Ends joined subflows by RSTs when the DATA_FIN is acknowledged.',
    () => ({
      closing: {
        closesSubflow: (subflow) => {
          if (isJoin(subflow)) reset(subflow, 0);
          return !isJoin(subflow);
        },
      },
    }),
  ),
  fault('dead-without-subflows', '3.3.3-9.s4', 'Closes a connection with its last subflow.', () => ({
    closing: { timeoutWithoutSubflow: () => 1 },
  })),

  fault(
    'window-shrinks',
    '3.3.4-3.s2',
    'Announces the free buffer as window, although the right edge moves back.',
    () => ({
      receiving: {
        rightEdge: ({ connection }) =>
          dsnAdd(connection.rcvNxt, Math.max(0, connection.receiveCapacity / 2 - 2 * connection.receiveBuffer.length)),
      },
    }),
  ),
  fault('window-shrinks-after-data', '3.3.4-3.s2', 'Halves its window once data has come.', () => ({
    receiving: {
      rightEdge: ({ connection }, edge) => {
        const window = Number(dsnDiff(edge, connection.rcvNxt));
        return connection.receiveBuffer.length > 0 ? dsnAdd(connection.rcvNxt, Math.floor(window / 2)) : edge;
      },
    },
  })),
  fault('window-per-subflow', '3.3.4-3.s2', 'Divides its window among the subflows.', () => ({
    receiving: {
      rightEdge: ({ connection }, edge) => {
        const window = Number(dsnDiff(edge, connection.rcvNxt));
        return dsnAdd(connection.rcvNxt, Math.floor(window / Math.max(1, connection.subflows.length)));
      },
    },
  })),
  fault(
    'takes-data-beyond-window',
    ['3.3.4-3.s3', '5-7.s3'],
    'Accepts data whose number lies beyond the window.',
    () => ({ receiving: { acceptanceEdge: ({ rcvEdge }) => dsnAdd(rcvEdge, 1 << 20) } }),
  ),
  fault(
    'repeated-data-delivered',
    ['3.3.1-3.s4.2', '3.3.6-1.s2.2', '3.8-3.2.s1.1'],
    'Delivers data again that it has delivered before.',
    () => ({
      receiving: {
        bytesAlreadyReceived: ({ connection }, bytes) => {
          connection.receiveBuffer.append(new Uint8Array(bytes));
          return bytes;
        },
      },
    }),
  ),
  fault(
    'insane-mappings',
    '3.3.4-4.s3',
    'Does not compare how far a segment is ahead on the subflow and in the stream.',
    () => ({ receiving: { sane: () => true } }),
  ),
  fault(
    'pieces-reversed',
    ['3.3.1-1.s2', '3.3-1.s2', '4-2.2.s2', '3.3.4-5.s2', '3.3.1-1.s3'],
    'Hands pieces that became complete at once to the application in the wrong order.',
    () => ({ receiving: { order: (pieces) => [...pieces].reverse() } }),
  ),
  fault('edge-moves-back', '3.3.5-1.s2', 'Accepts every window that comes, though the right edge moves back.', () => ({
    sending: { windowEdge: (_, told) => told },
  })),
  fault(
    'window-from-subflow-ack',
    ['3.3.5-4.s1', '3.3.2-3.s2', '3.3.5-1.s1'],
    "Sends beyond the connection's window.",
    () => ({ sending: { connectionRoom: (_, bytes) => bytes + 3000 } }),
  ),
  fault('window-taken-twice', '3.3.5-4.s1', 'Sends as if all subflows had a window of their own.', () => ({
    sending: { connectionRoom: ({ subflows }, bytes) => bytes + (subflows.length > 1 ? 100_000 : 0) },
  })),
  fault(
    'subflow-window-forgotten',
    ['3.3.5-3.s1', '3.3.5-3.s2', '3.3.5-4.s2', '4-2.8.s4.2', '6-13.3.s2.2'],
    'Ignores the window received on a subflow.',
    () => ({ sending: { subflowWindow: () => 1 << 24 } }),
  ),
  fault(
    'subflow-window-of-first',
    ['3.3.5-3.s1', '3.3.5-4.s4', '4-2.8.s4.2', '6-13.3.s2.2'],
    'Obeys on all subflows the window received on the first.',
    () => ({ sending: { subflowWindow: (subflow) => subflow.connection.subflows[0]?.sndWnd ?? subflow.sndWnd } }),
  ),
  fault(
    'subflow-window-largest',
    ['3.3.5-3.s1', '4-2.8.s4.2', '6-13.3.s2.2'],
    'Obeys on all subflows the largest window received on any.',
    () => ({
      sending: {
        subflowWindow: ({ connection, sndWnd }) => Math.max(sndWnd, ...connection.subflows.map((one) => one.sndWnd)),
      },
    }),
  ),
  fault('small-send-buffer', '3.3.5-5.s1', 'Has a send buffer of 2000 bytes.', () => ({
    sending: { capacity: () => 2000 },
  })),
  fault('half-send-buffer', '3.3.5-5.s1', 'Has a send buffer of a quarter of its receive buffer.', () => ({
    sending: { capacity: (bytes) => bytes / 4 },
  })),
  fault('one-segment-send-buffer', '3.3.5-5.s1', 'Has a send buffer of one segment.', () => ({
    sending: { capacity: () => 1400 },
  })),
];
