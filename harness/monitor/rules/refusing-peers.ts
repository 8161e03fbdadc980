/** Recorded choice: whether a host remembers that a peer refused MPTCP. */
import { perCapture } from '../per-capture.ts';
import type { Monitor } from '../types.ts';
import { form } from './rule.ts';

const remembers = form('version-offered-after-refusal', '3.1-3.s10');

/** Peers remembered of one capture. */
const KEPT = 4096;
const refused = perCapture(() => new Set<string>());

/** Connections to peers that refused one before. */
export const refusingPeers: Monitor = {
  name: 'refusing-peers',
  title: 'what the SYN offers to a peer that refused MPTCP before',
  rules: [remembers],
  create: (connection, judge) => ({
    control: (event) => {
      const { flow, sender, receiver, syn, ack } = event;
      if (!syn || !ack || flow !== connection.flows[0] || sender !== flow.ends[1] || !event.optionsKnown) return;
      const isRefusal =
        receiver.synOptions?.includes('mp_capable') === true &&
        !event.packet.tcp.options.some((one) => one.kind === 'mp_capable');
      const memory = refused(connection);
      if (isRefusal && memory.size < KEPT) memory.add(`${receiver.address} ${sender.address} ${sender.port}`);
    },
    options: {
      mp_capable: (option, event) => {
        const { sender, receiver } = event;
        if (!event.syn || event.ack || event.retransmission) return;
        if (!refused(connection).has(`${sender.address} ${receiver.address} ${receiver.port}`)) return;
        judge.info(remembers, event, `a SYN offers version ${option.version} to a peer that refused MPTCP before`);
      },
    },
  }),
};
