/** Recorded choice: after how many unanswered retransmissions a host ends a subflow. */
import type { FlowEnd } from '../connection.ts';
import type { Monitor } from '../types.ts';
import { form } from './rule.ts';

const limit = form('retransmissions-before-the-end', '3.3.6-4.s4.1');

/** Number of retransmissions of the first unacknowledged bytes. */
interface Silence {
  seq: number;
  times: number;
  since: number;
}

/** Retransmissions that nothing answers. */
export const givingUp: Monitor = {
  name: 'giving-up',
  title: 'after how many retransmissions a host ends a subflow that is silent',
  rules: [limit],
  create: (_connection, judge) => {
    const silent = new Map<FlowEnd, Silence>();
    return {
      packet: (event) => {
        const { sender, receiver, packet, at } = event;
        // A packet of the peer ends the silence.
        if (silent.size > 0) silent.delete(receiver);
        if (event.rst) {
          const one = silent.get(sender);
          if (one === undefined || one.times < 2) return;
          const seconds = Math.round((at - one.since) / 1000);
          judge.info(
            limit,
            event,
            `a silent subflow is reset after ${one.times} retransmissions, ${seconds} s after the first`,
          );
        } else if (event.retransmission && event.length > 0 && !event.syn) {
          const one = silent.get(sender);
          if (one?.seq === packet.tcp.seq) one.times++;
          else silent.set(sender, { seq: packet.tcp.seq, times: 1, since: at });
        }
      },
    };
  },
};
