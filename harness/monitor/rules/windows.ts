/** The window of the connection: its right edge stays, and senders keep within it. */
import { seqAdd, seqDiff, seqGt } from '../../mptcp/index.ts';
import type { FlowEnd } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { sentLater } from './data-numbers.ts';
import { blaming, conduct, form } from './rule.ts';

const rightEdge = blaming(form('window-right-edge', '3.3.4-3.s2', '3.3.2-3.s2', '3.3.4-3.s1'), '3.3.4-3.s2');
const connectionWindow = conduct('within-connection-window', '3.3.5-1.s1', '3.3.5-4.s1', '3.3.5-4.s2', 'C.1.2-1.6.s3');
const subflowWindow = conduct('within-subflow-window', '3.3.5-3.s2', '1.1-5.2.s1');

interface Edge {
  value: number;
  tsval: number | undefined;
}

function checkRightEdge(judge: Judge, event: PacketEvent, edges: Map<FlowEnd, Edge>): void {
  const { sender, dataAck, packet, side } = event;
  const { shift } = sender;
  if (dataAck === undefined || event.syn || event.rst) return;
  if (shift === undefined) {
    judge.unknown(rightEdge, side, 'the scale of the window is not in the capture');
    return;
  }
  const value = dataAck + packet.tcp.window * 2 ** shift;
  const ts = packet.tcp.options.find((option) => option.kind === 'ts');
  const before = edges.get(sender);
  if (before === undefined) {
    edges.set(sender, { value, tsval: ts?.value });
  } else if (value >= before.value) {
    before.value = value;
    before.tsval = ts?.value;
    judge.pass(rightEdge, side);
  } else if (before.value - value < 2 ** shift) {
    // A scaled window is rounded down; that alone moves the edge by less than one unit.
    judge.pass(rightEdge, side);
  } else if (sentLater(event, ts?.value, before.tsval)) {
    judge.broken(rightEdge, event, {
      message: 'the right edge of the window moves to the left',
      expected: `Data ACK + window at least ${before.value}`,
      actual: `${dataAck} + ${packet.tcp.window * 2 ** shift} = ${value}`,
    });
  } else judge.unknown(rightEdge, side, 'the order of sending is not known');
}

function checkWithinWindow(judge: Judge, event: PacketEvent): void {
  const { connection, side, sender, mapping, ssn, length, packet } = event;
  // One byte may probe a closed window.
  if (length <= 1 || event.syn || event.retransmission || !connection.complete || !connection.whole) return;
  if (connection.flows.some((flow) => flow.ends.some((end) => end.shift === undefined && flow.ends[1].packets > 0)))
    return;
  if (sender.granted !== undefined) {
    const end = seqAdd(packet.tcp.seq, length);
    judge.check(subflowWindow, event, !seqGt(end, sender.granted), () => ({
      message: 'the segment goes beyond the window of its subflow',
      expected: `up to ${sender.granted ?? 0}`,
      actual: `up to ${end}`,
    }));
  }
  const { stream } = connection.parties[side];
  if (mapping === undefined || mapping.infinite || ssn === undefined || stream.granted === undefined) return;
  const end = mapping.dsn + Math.min(mapping.bytes, seqDiff(ssn, mapping.ssn) + length);
  judge.check(connectionWindow, event, end <= stream.granted, () => ({
    message: 'data is sent beyond the window of the connection',
    expected: `numbers below ${stream.granted ?? 0}`,
    actual: `numbers up to ${end - 1}`,
  }));
}

/** Right edge and use of the receive window. */
export const windows: Monitor = {
  name: 'windows',
  title: 'the right edge of the window never moves to the left, and data stays within it',
  rules: [rightEdge, connectionWindow, subflowWindow],
  create: (_connection, judge) => {
    const edges = new Map<FlowEnd, Edge>();
    return {
      packet: (event) => {
        if (event.connection.fallback !== undefined) return;
        checkRightEdge(judge, event, edges);
        checkWithinWindow(judge, event);
      },
    };
  },
};
