/**
 * ADD_ADDR gets its echo: the first time, when it is renewed, with another port, and beside joins. A host may discard an
 * announcement (RFC 8684 §3.4.1), so the lack of an echo is a fault only of a host that then joins the address.
 */
import type { OptionAddAddr } from '../../packet/types.ts';
import { Arrival } from '../arrival.ts';
import { isInFullSwing, other, type Connection, type Side } from '../connection.ts';
import type { Judge, Monitor, PacketEvent, Rule } from '../types.ts';
import { conduct } from './rule.ts';

const first = conduct('announcement-echoed', '3.4.1-9.s3.1');
const renewed = conduct('renewed-announcement-echoed', '3.4.1-11.s2');
const otherPort = conduct('announcement-of-other-port-echoed', '3.4.1-12.s2');
const besideJoin = conduct('announcement-beside-joins-echoed', '3.4-2.s1');

/** A host that sends this much, for this long, and no echo, will not send one: it may take another path, and wait there. */
const ENOUGH = { packets: 3, milliseconds: 3000 };
/** Announcements kept for one side; an attacker could send them without end. */
const KEPT = 64;

/** An announcement that waits for its echo. */
interface Pending {
  arrival: Arrival;
  address: string;
  /** Its receiver has sent a join to the address: it did not discard the announcement. */
  used: boolean;
  rules: Rule[];
  packets: number;
}

/** The announcements of one side. */
interface Announced {
  pending: Map<string, Pending>;
  echoed: Set<string>;
  /** Ids with addresses. */
  known: Set<string>;
}

function nameOf({ addressId, address, port }: OptionAddAddr): string {
  return `${addressId} ${address} ${port ?? ''}`;
}

/** The ways in which an announcement differs from the first of its kind. */
function rulesFor(connection: Connection, side: Side, option: OptionAddAddr, mine: Announced): Rule[] {
  const rules: Rule[] = [first];
  const name = nameOf(option);
  if (mine.echoed.has(name)) rules.push(renewed);
  else if (mine.known.has(`${option.addressId} ${option.address}`) && !mine.pending.has(name)) rules.push(otherPort);
  if (connection.flows.some((flow) => flow.opening === 'join' && flow.openedBy === side && flow.fourthSeen))
    rules.push(besideJoin);
  return rules;
}

function lookForLack(judge: Judge, event: PacketEvent, pending: Map<string, Pending>): void {
  for (const [name, one] of pending) {
    if (!one.arrival.see(event)) continue;
    one.packets++;
    if (one.packets < ENOUGH.packets || event.at - (one.arrival.at ?? event.at) < ENOUGH.milliseconds) continue;
    pending.delete(name);
    for (const rule of one.rules) {
      if (!one.used) judge.info(rule, event, 'an ADD_ADDR gets no echo, and its address no join');
      else
        judge.broken(rule, event, {
          message: 'an ADD_ADDR that arrived and whose address is joined gets no echo',
          expected: `an echo of id ${name.trimEnd()}`,
        });
    }
  }
}

/** Echoes that come, and those that do not. */
export const echoes: Monitor = {
  name: 'echoes',
  title: 'an ADD_ADDR whose address is joined gets its echo, whatever was announced or joined before',
  rules: [first, renewed, otherPort, besideJoin],
  create: (connection, judge) => {
    const none = (): Announced => ({ pending: new Map(), echoed: new Set(), known: new Set() });
    const announced = [none(), none()] as const;
    return {
      packet: (event) => {
        const mine = announced[event.side].pending;
        const theirs = announced[other(event.side)].pending;
        if (mine.size === 0 && theirs.size === 0) return;
        if (!isInFullSwing(connection)) {
          mine.clear();
          theirs.clear();
          return;
        }
        for (const one of mine.values()) one.arrival.see(event);
        const isEcho = event.packet.tcp.options.some((one) => one.kind === 'add_addr' && one.echo);
        if (!isEcho && !event.rst) lookForLack(judge, event, theirs);
      },
      options: {
        add_addr: (option, event) => {
          if (!connection.complete || !connection.whole || event.rst) return;
          const mine = announced[option.echo ? other(event.side) : event.side];
          const name = nameOf(option);
          if (option.echo) {
            for (const rule of mine.pending.get(name)?.rules ?? []) judge.pass(rule, event.side);
            mine.pending.delete(name);
            mine.echoed.add(name);
          } else if (
            mine.pending.size < KEPT &&
            mine.known.size < KEPT &&
            !connection.elsewhere &&
            option.hmac !== undefined
          ) {
            const rules = rulesFor(connection, event.side, option, mine);
            const { address } = option;
            mine.pending.set(name, { arrival: new Arrival(event), address, used: false, rules, packets: 0 });
            mine.known.add(`${option.addressId} ${option.address}`);
          }
        },
        mp_join: (option, event) => {
          if (option.form !== 'syn') return;
          for (const one of announced[other(event.side)].pending.values())
            if (one.address === event.receiver.address) one.used = true;
        },
        remove_addr: (option, event) => {
          const mine = announced[event.side];
          for (const id of option.addressIds) {
            for (const name of mine.pending.keys()) if (name.startsWith(`${id} `)) mine.pending.delete(name);
          }
        },
      },
    };
  },
};
