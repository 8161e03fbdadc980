/** After an infinite mapping one subflow is left. */
import type { Flow, FlowEnd, Side } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { form } from './rule.ts';

const oneCarries = form('data-on-one-subflow-after-infinite-mapping', '3.7-14.s1');
const othersEnd = form('other-subflows-end-after-infinite-mapping', '3.7-14.s2');

/**
 * Paths may differ by this in how long a packet waits and travels: what comes later was sent later, and a subflow that
 * it comes on has been left open. Milliseconds.
 */
const APART = 3000;

/** The infinite mapping of a side. */
interface Infinite {
  flow: Flow;
  at: number;
}

function checkOtherSubflow(judge: Judge, event: PacketEvent, infinite: Infinite, told: Set<FlowEnd>): void {
  const { flow, side, sender, receiver, at } = event;
  const after = at - infinite.at;
  if (event.rst || event.fin) {
    judge.pass(othersEnd, side);
    return;
  }
  if (event.syn) {
    const accepts =
      event.ack && flow.opening === 'join' && event.packet.tcp.options.some((one) => one.kind === 'mp_join');
    if (accepts && after >= APART)
      judge.broken(othersEnd, event, { message: 'a join is accepted after the host sent an infinite mapping' });
    return;
  }
  const isClosing = sender.fin !== undefined || receiver.fin !== undefined || flow.closedAt !== undefined;
  if (event.length > 0 && !event.retransmission && after >= APART) {
    judge.broken(oneCarries, event, {
      message: `data is sent on a subflow other than number ${infinite.flow.number}, which carried the infinite mapping`,
    });
  }
  if (isClosing || !flow.thirdSeen || after < APART || told.has(sender)) return;
  told.add(sender);
  judge.broken(othersEnd, event, {
    message: 'a further subflow is left open after an infinite mapping',
    expected: 'FIN or RST',
  });
}

/** A host's conduct on its other subflows. */
export const singlePath: Monitor = {
  name: 'single-path',
  title: 'after an infinite mapping one subflow carries the data, and the others end',
  rules: [oneCarries, othersEnd],
  create: (connection, judge) => {
    const infinite: Record<Side, Infinite | undefined> = { 0: undefined, 1: undefined };
    const told = new Set<FlowEnd>();
    return {
      packet: (event) => {
        const { mapping, side, flow } = event;
        const known = infinite[side];
        if (known === undefined) {
          if (mapping?.infinite === true && connection.complete && flow.opening !== 'unknown')
            infinite[side] = { flow, at: event.at };
        } else if (known.flow !== flow) checkOtherSubflow(judge, event, known, told);
        else if (event.length > 0 && connection.flows.length > 1) judge.pass(oneCarries, side);
      },
    };
  },
};
