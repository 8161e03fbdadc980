/** Targets of joins: known addresses and ports, that did not refuse, and that were not removed. */
import { other, type Connection, type Side } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { blaming, conduct } from './rule.ts';

const known = conduct('join-to-known-address', '3.2-1.s3');
const portOfSubflow = blaming(conduct('join-port-without-port', '3.4.1-6.s3', '3.4.1-6.s1'), '3.4.1-6.s3');
const notRefused = conduct('no-join-where-one-failed', '3.4.1-11.s1', '3.9.3-3.s4');
const notRemoved = conduct('no-join-to-removed-address', '3.4.2-4.s3.1');
const follows = conduct('join-follows-announcement', '3.4-4.2.s2', '3.4-4.3.s2', '3.4.1-4.s3');
const otherFamily = conduct('other-address-family', '3.4-2.s5.2', '3.4-5.s1');

/** A peer's announcements of one of its addresses. */
interface Announced {
  /** Remote ports of the subflows on which it was announced without a port. */
  onPorts: Set<number>;
  withPort: boolean;
}

/** One side's knowledge of its peer's addresses. */
interface Targets {
  announced: Map<string, Announced>;
  byId: Map<number, string>;
  removed: Set<string>;
  /** Addresses with ports at which a join was refused: when, and to which of the side's addresses. */
  refused: Map<string, { at: number; by: string }>;
}

/** A join from another address that starts later than this after a refusal did not cross it: the first RTO (RFC 6298). */
const CROSSING_MS = 1000;

/** Addresses kept for one side. */
const KEPT = 1024;

function usedBefore(connection: Connection, side: Side, address: string, event: PacketEvent): boolean {
  return connection.flows.some(
    (flow) => flow !== event.flow && flow.ends[flow.openedBy === side ? 0 : 1].address === address,
  );
}

/** Joins from several addresses at once may all be on their way when the first of them is refused. */
function mayHaveCrossed({ at, by }: { at: number; by: string }, event: PacketEvent): boolean {
  return event.sender.address !== by && event.at - at < CROSSING_MS;
}

function checkJoinTarget(judge: Judge, event: PacketEvent, targets: Targets): void {
  const { connection, side, receiver } = event;
  const { address, port } = receiver;
  const announced = targets.announced.get(address);
  const peer = other(side);
  const used = usedBefore(connection, peer, address, event);
  if (announced !== undefined) judge.info(follows, event, 'a join goes to an announced address');
  if (address.includes(':') !== (connection.flows[0]?.ends[0].address.includes(':') ?? false)) {
    judge.info(otherFamily, event, 'a join is of another address family than the first subflow');
  }
  // Without the rest of the packets, an announcement may have been missed.
  if (!connection.complete || connection.elsewhere || !connection.whole) return;
  judge.check(known, event, used || announced !== undefined, () => ({
    message: 'a join goes to an address that the peer has neither used nor announced',
    actual: address,
  }));
  const refused = targets.refused.get(`${address} ${port}`);
  judge.check(notRefused, event, refused === undefined || mayHaveCrossed(refused, event), () => ({
    message: 'a join goes where an earlier one was refused, with no announcement since',
    actual: `${address} port ${port}`,
  }));
  judge.check(notRemoved, event, !targets.removed.has(address), () => ({
    message: 'a join goes to an address that REMOVE_ADDR withdrew',
    actual: address,
  }));
  if (announced === undefined || used || announced.withPort) return;
  judge.check(portOfSubflow, event, announced.onPorts.has(port), () => ({
    message:
      'a join to an address that was announced without a port goes to another port than that of the subflow with the announcement',
    expected: `port ${[...announced.onPorts].join(' or ')}`,
    actual: `port ${port}`,
  }));
}

/** Targets of joins. */
export const joinTargets: Monitor = {
  name: 'join-targets',
  title: 'joins go to addresses and ports that the peer uses or announced, not where one failed or to what was removed',
  rules: [known, portOfSubflow, notRefused, notRemoved, follows, otherFamily],
  create: (connection, judge) => {
    const none = (): Targets => ({ announced: new Map(), byId: new Map(), removed: new Set(), refused: new Map() });
    /** By the side that knows. */
    const known_ = [none(), none()] as const;
    return {
      packet: (event) => {
        const { flow, side, sender } = event;
        // A RST in answer to the SYN, or to the third packet.
        if (!event.rst || flow.opening !== 'join' || flow.fourthSeen || sender !== flow.ends[1]) return;
        const { refused } = known_[other(side)];
        if (refused.size < KEPT)
          refused.set(`${sender.address} ${sender.port}`, { at: event.at, by: event.receiver.address });
      },
      options: {
        add_addr: (option, event) => {
          if (option.echo) return;
          const targets = known_[other(event.side)];
          const { address } = option;
          for (const port of new Set([event.sender.port, option.port]))
            targets.refused.delete(`${address} ${port ?? ''}`);
          targets.removed.delete(address);
          const before = targets.announced.get(address) ?? { onPorts: new Set(), withPort: false };
          if (option.port === undefined) before.onPorts.add(event.sender.port);
          else before.withPort = true;
          if (targets.announced.size < KEPT) {
            targets.announced.set(address, before);
            targets.byId.set(option.addressId, address);
          }
          if (address.includes(':') !== event.sender.address.includes(':'))
            judge.info(otherFamily, event, 'an address of another family is announced');
        },
        remove_addr: (option, event) => {
          const targets = known_[other(event.side)];
          for (const id of option.addressIds) {
            const address = targets.byId.get(id);
            if (address === undefined) continue;
            targets.byId.delete(id);
            targets.announced.delete(address);
            if (targets.removed.size < KEPT && ![...targets.byId.values()].includes(address))
              targets.removed.add(address);
          }
        },
        mp_join: (option, event) => {
          if (option.form !== 'syn' || !event.syn || event.ack || event.flow.opening !== 'join' || event.retransmission)
            return;
          if (connection.flows[0]?.opening === 'capable') checkJoinTarget(judge, event, known_[event.side]);
        },
      },
    };
  },
};
