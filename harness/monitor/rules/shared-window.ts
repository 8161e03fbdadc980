/** One receive window for all subflows: whichever a host sends on, its Data ACK and window give the same right edge. */
import { other, type FlowEnd, type Side } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { form } from './rule.ts';

const shared = form('window-shared-by-subflows', '2.4-3.s1', '3.3.4-2.s1', '4-2.8.s1', 'C.2-2.s1', 'C.1.2-1.6.s4');
const ownScale = form('window-scale-of-own-subflow', 'C.1.3-1.4.s2', 'C.2.2-1.4.s2');
const withinWindow = form('no-data-ack-beyond-window', '3.8-3.2.s1.2');
const size = form('size-of-window', '3.3.4-6.s4');

/** Paths may differ by this in how long a packet waits and travels: what comes later was sent later. Milliseconds. */
const APART = 3000;
/** The largest that a window field can say. */
const FULL = 0xffff;

/** The last window that a host granted on one subflow. */
interface Grant {
  edge: number;
  dataAck: number;
  at: number;
  shift: number;
  field: number;
}

/** Whether the field, read with the scale of another subflow, gives the edge of that one. */
function isScaledAs(event: PacketEvent, dataAck: number, granted: Grant): boolean {
  return Math.abs(dataAck + event.packet.tcp.window * 2 ** granted.shift - granted.edge) <= 2 ** granted.shift;
}

function compare(judge: Judge, event: PacketEvent, mine: Grant, granted: Grant): void {
  const { side } = event;
  const short = granted.edge - mine.edge;
  // A scaled window is rounded down.
  const unit = 2 ** Math.max(mine.shift, granted.shift);
  if (Math.abs(short) < unit) {
    if (mine.dataAck !== granted.dataAck) return;
    judge.pass(shared, side);
    if (mine.shift !== granted.shift) judge.pass(ownScale, side);
    return;
  }
  // A larger window may be new; a field of 16 bits that is full can not say more.
  if (short < 0 || mine.field === FULL || mine.at - granted.at < APART) return;
  if (mine.shift !== granted.shift && isScaledAs(event, mine.dataAck, granted)) {
    judge.broken(ownScale, event, {
      message: 'the window is scaled as on another subflow',
      expected: `a shift of ${mine.shift}`,
      actual: `a shift of ${granted.shift}`,
    });
  } else {
    judge.broken(shared, event, {
      message: 'the window ends before the one that another subflow gave',
      expected: `Data ACK + window at least ${granted.edge}`,
      actual: `${mine.dataAck} + ${mine.edge - mine.dataAck} = ${mine.edge}`,
    });
  }
}

/**
 * Data from outside the window that gets a Data ACK. The buffer may have grown since the window was sent, but not by more than
 * the largest window there was.
 */
function checkAckInWindow(judge: Judge, event: PacketEvent, dataAck: number, largest: number): void {
  const { connection, side } = event;
  const { stream } = connection.parties[other(side)];
  if (stream.granted === undefined || connection.elsewhere || stream.acked === undefined || dataAck <= stream.acked)
    return;
  if (connection.flows.some((flow) => flow.ends.some((end) => end.shift === undefined && flow.ends[1].packets > 0)))
    return;
  const edge = stream.granted + largest;
  // The DATA_FIN takes no room.
  judge.check(withinWindow, event, dataAck <= edge || dataAck === (stream.fin ?? -1) + 1, () => ({
    message: 'a Data ACK covers data from outside the window',
    expected: `at most ${stream.granted ?? 0}`,
    actual: `${dataAck}`,
  }));
}

/** The window of the connection on its subflows. */
export const sharedWindow: Monitor = {
  name: 'shared-window',
  title: 'all subflows give the same window, in their own scale, and no data from outside it gets a Data ACK',
  rules: [shared, ownScale, withinWindow, size],
  create: (connection, judge) => {
    const grants: readonly [Map<FlowEnd, Grant>, Map<FlowEnd, Grant>] = [new Map(), new Map()];
    const largest: [number, number] = [0, 0];
    const told: [boolean, boolean] = [false, false];
    const tell = (event: PacketEvent, side: Side): void => {
      if (told[side] || largest[side] === 0) return;
      told[side] = true;
      judge.info(size, event, `the window was never larger than ${Math.ceil(largest[side] / 1024)} KiB`);
    };
    return {
      packet: (event) => {
        const { side, sender, dataAck, packet, at } = event;
        if (event.fin || event.rst) tell(event, side);
        if (dataAck === undefined || event.syn || event.rst || event.fin || connection.fallback !== undefined) return;
        const { shift } = sender;
        if (shift === undefined) return;
        const field = packet.tcp.window;
        const window = field * 2 ** shift;
        const before = largest[side];
        if (window > before) largest[side] = window;
        if (!connection.complete || !connection.whole) return;
        checkAckInWindow(judge, event, dataAck, before);
        if (connection.flows.length < 2 || sender.fin !== undefined || event.receiver.fin !== undefined) return;
        const mine = grants[side];
        const known = mine.get(sender);
        const grant: Grant = known ?? { edge: 0, dataAck: 0, at: 0, shift, field: 0 };
        Object.assign(grant, { edge: dataAck + window, dataAck, at, field });
        if (known === undefined) mine.set(sender, grant);
        for (const [end, one] of mine) if (end !== sender) compare(judge, event, grant, one);
      },
    };
  },
};
