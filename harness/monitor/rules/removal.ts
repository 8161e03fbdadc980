/** REMOVE_ADDR: a keepalive comes before the end of a subflow, and who takes an address away ends what uses it. */
import { seqAdd } from '../../mptcp/index.ts';
import { Arrival } from '../arrival.ts';
import {
  endOf,
  isInFullSwing,
  isWorking,
  other,
  type Connection,
  type Flow,
  type FlowEnd,
  type Side,
} from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { conduct, form } from './rule.ts';

const keepalive = conduct('keepalive-after-remove-addr', '3.4.2-4.s2.1');
const ended = form('subflows-of-removed-address-end', '3.4.2-4.s3.2', '3.4.2-5.s1.1');

/** New data this long after the REMOVE_ADDR is worth a remark, in milliseconds. The RFC gives no time. */
const LEFT = 5000;

/** Subflows on which a side's end has an address of this id. */
function subflowsOf(connection: Connection, side: Side, id: number): Flow[] {
  const addresses = connection.parties[side].addresses.get(id);
  return connection.flows.filter((flow) => {
    if (!isWorking(flow)) return false;
    const end = endOf(flow, side);
    // The address that the host announced takes precedence over that in the IP header.
    if (end.addressId !== undefined) return end.addressId === id;
    return flow === connection.flows[0] ? id === 0 : addresses?.has(end.address) === true;
  });
}

/** A keepalive of RFC 9293 §3.8.4: a number that the peer has seen already, with a byte or none. */
function isKeepalive({ packet, sender, length }: PacketEvent): boolean {
  return length <= 1 && sender.next !== undefined && packet.tcp.seq === seqAdd(sender.next, -1);
}

/** The receiver of a REMOVE_ADDR, on a subflow of that address. Returns true when the clause is judged. */
function checkReceiversReaction(judge: Judge, event: PacketEvent, arrived: boolean): boolean {
  const { connection, receiver, side } = event;
  if (!event.rst && !event.fin) {
    if (!isKeepalive(event)) return false;
    judge.pass(keepalive, side);
    return true;
  }
  const ownReasons =
    !isInFullSwing(connection) ||
    receiver.fin !== undefined ||
    receiver.rst ||
    event.packet.tcp.options.some(
      (one) => one.kind === 'mp_fastclose' || one.kind === 'mp_fail' || (one.kind === 'dss' && one.dataFin),
    );
  if (!arrived || ownReasons) return true;
  judge.broken(keepalive, event, {
    message: 'a subflow of an address that REMOVE_ADDR withdrew is ended without a keepalive before',
    expected: 'a keepalive',
    actual: event.rst ? 'RST' : 'FIN',
  });
  return true;
}

/** The host that withdrew an address, on a subflow of that address. Returns true when the clause is judged. */
function checkRemoversUse(judge: Judge, event: PacketEvent, since: number): boolean {
  const { side } = event;
  if (event.rst || event.fin) {
    judge.pass(ended, side);
    return true;
  }
  if (event.length === 0 || event.retransmission || event.at - since < LEFT) return false;
  judge.info(ended, event, `a subflow is used for new data ${LEFT / 1000} s after REMOVE_ADDR took its address away`);
  return true;
}

/** Reactions to REMOVE_ADDR at both ends. */
export const removal: Monitor = {
  name: 'removal',
  title: 'REMOVE_ADDR leads to a keepalive before a subflow is ended, and its sender ends the subflows of that address',
  rules: [keepalive, ended],
  create: (connection, judge) => {
    /** By the end of the receiver of the REMOVE_ADDR. */
    const told = new Map<FlowEnd, Arrival>();
    /** By the end of its sender, and since when. */
    const removed = new Map<FlowEnd, { id: number; since: number }>();
    const renew = (id: number): void => {
      for (const [end, one] of removed) if (one.id === id) removed.delete(end);
    };
    return {
      packet: (event) => {
        const { sender } = event;
        if (removed.size > 0) {
          const one = removed.get(sender);
          if (one !== undefined && checkRemoversUse(judge, event, one.since)) removed.delete(sender);
        }
        if (told.size === 0) return;
        let arrived = false;
        for (const [end, arrival] of told) {
          const there = arrival.see(event);
          if (end === sender) arrived = there;
        }
        if (told.has(sender) && checkReceiversReaction(judge, event, arrived)) told.delete(sender);
      },
      options: {
        add_addr: (option) => {
          if (option.echo) return;
          renew(option.addressId);
          told.clear();
        },
        remove_addr: (option, event) => {
          const { side } = event;
          if (
            !connection.complete ||
            !connection.whole ||
            connection.elsewhere ||
            !isInFullSwing(connection) ||
            event.rst
          )
            return;
          for (const id of option.addressIds) {
            for (const flow of subflowsOf(connection, side, id)) {
              const mine = endOf(flow, side);
              const theirs = endOf(flow, other(side));
              if (!removed.has(mine)) removed.set(mine, { id, since: event.at });
              if (!told.has(theirs)) told.set(theirs, new Arrival(event));
            }
          }
        },
      },
    };
  },
};
