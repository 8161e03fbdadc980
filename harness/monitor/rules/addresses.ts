/** ADD_ADDR, REMOVE_ADDR and Address IDs, and where joins go. */
import { addAddrHmac } from '../../mptcp/index.ts';
import type { OptionAddAddr } from '../../packet/types.ts';
import { other, type Connection, type Side } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { blaming, conduct, form, bytesText, sameBytes } from './rule.ts';

const hmac = blaming(
  form('add-addr-hmac', '3.4.1-7.s1', '3.4.1-7.s2', '3.4.1-7.s3', '3.4.1-7.s4', '3.4.1-7.s5', '3.4.1-7.s6'),
  '3.4.1-7.s3',
  '3.4.1-7.s5',
);
const oneAddress = blaming(
  form('address-id-unique', '3.4.1-3.s3', '3.2-8.s3', '3.4.1-3.s1', '3.4.1-3.s2', '3.4.1-12.s1', '3.4.1-13.s1'),
  '3.4.1-3.s3',
  '3.2-8.s3',
);
const idZero = form('address-id-zero', '3.2-9.s1');
const echo = conduct('add-addr-echo-same', '3.4.1-9.s3.2');
const echoed = conduct('add-addr-echoed', '3.4.1-9.s3.1');
const joinPort = conduct('join-port', '3.9.1-1.s2', '3.4-4.1.s4');
const sourcePort = form('join-source-port', '3.9.1-1.s3.1', '3.9.1-1.s1');
const privateAddress = form('add-addr-private', '3.4.1-10.s2');
const usable = form('add-addr-of-a-host', '3.4.1-1.s1');
const again = form('add-addr-again', '3.4.1-4.s4.2', '3.4.1-9.s4', '3.4.1-9.s2');

/** The announcements of one side. */
interface Announced {
  byId: Map<number, string>;
  /** Ids whose address is known from the source of a packet, which a translator may have changed. */
  fromSource: Set<number>;
  list: Map<string, { address: string; port: number | undefined; id: number }>;
  /** Ports of its own at which it announced addresses without a port: joins to those go there (RFC 8684 §3.4.1). */
  onPorts: Set<number>;
  echoes: Set<string>;
}

/** Announcements kept for one side; an attacker could send them without end. */
const KEPT = 1024;

function nameOf(option: Pick<OptionAddAddr, 'addressId' | 'address' | 'port'>): string {
  return `id ${option.addressId}, ${option.address}${option.port === undefined ? '' : ` port ${option.port}`}`;
}

function checkHmac(judge: Judge, option: OptionAddAddr, event: PacketEvent): void {
  const { connection, side } = event;
  const local = connection.parties[side].key;
  const remote = connection.parties[other(side)].key;
  if (option.hmac === undefined) return;
  if (local === undefined || remote === undefined) {
    judge.unknown(hmac, side, 'the keys are not in the capture');
    return;
  }
  const expected = addAddrHmac(local, remote, option.addressId, option.address, option.port ?? 0);
  const actual = option.hmac;
  judge.check(hmac, event, sameBytes(actual, expected), () => ({
    message: 'the HMAC of ADD_ADDR is wrong',
    expected: bytesText(expected),
    actual: bytesText(actual),
    field: 'add_addr.hmac',
  }));
}

/** One id, one address. Without every packet a REMOVE_ADDR in between may be missing, and a NAT may have been at work. */
function checkAddressId(
  judge: Judge,
  event: PacketEvent,
  mine: Announced,
  id: number,
  address: string,
  isSource = false,
): void {
  const before = mine.byId.get(id);
  if (isSource && before === undefined) mine.fromSource.add(id);
  if (mine.byId.size < KEPT) mine.byId.set(id, address);
  if (before === undefined || before === address) {
    judge.pass(oneAddress, event.side);
    return;
  }
  const message = `Address ID ${id} is used for a second address`;
  const { complete, translated } = event.connection;
  if (!complete)
    judge.unknown(
      oneAddress,
      event.side,
      `${message}; a REMOVE_ADDR may be missing, or a NAT have changed the address`,
    );
  else if (translated && (isSource || mine.fromSource.has(id)))
    judge.unknown(oneAddress, event.side, `${message}; a NAT may have changed the address`);
  else judge.broken(id === 0 ? idZero : oneAddress, event, { message, expected: before, actual: address });
}

/** Addresses that no host is reached at: this network, groups, and what is not assigned. */
const NOBODY = /^(0\.|22[4-9]\.|23\d\.|24\d\.|25[0-5]\.|::$|ff)/;

function checkUsable(judge: Judge, option: OptionAddAddr, event: PacketEvent): void {
  judge.check(usable, event, !NOBODY.test(option.address) && option.port !== 0, () => ({
    message: 'an address or port is announced at which no host can be reached',
    actual: nameOf(option),
  }));
}

function checkAnnouncement(judge: Judge, option: OptionAddAddr, event: PacketEvent, mine: Announced): void {
  checkHmac(judge, option, event);
  checkUsable(judge, option, event);
  checkAddressId(judge, event, mine, option.addressId, option.address);
  if (option.port === undefined && mine.onPorts.size < KEPT) mine.onPorts.add(event.sender.port);
  const name = nameOf(option);
  if (mine.list.has(name))
    judge.info(
      again,
      event,
      mine.echoes.has(name) ? 'an ADD_ADDR is repeated after its echo' : 'an ADD_ADDR is repeated before its echo',
    );
  else if (mine.list.size < KEPT)
    mine.list.set(name, { address: option.address, port: option.port, id: option.addressId });
  if (/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(option.address))
    judge.info(privateAddress, event, 'a private address is announced');
}

function checkEcho(judge: Judge, option: OptionAddAddr, event: PacketEvent, theirs: Announced): void {
  const name = nameOf(option);
  if (theirs.list.has(name)) {
    theirs.echoes.add(name);
    judge.pass(echo, event.side);
    judge.pass(echoed, event.side);
  } else if (
    event.connection.complete &&
    event.connection.whole &&
    !event.connection.elsewhere &&
    theirs.list.size < KEPT
  ) {
    judge.broken(echo, event, {
      message: 'an echo does not match any ADD_ADDR that was received',
      expected: [...theirs.list.keys()].slice(-3).join(' or ') || 'no echo',
      actual: name,
    });
  } else judge.unknown(echo, event.side, 'the ADD_ADDR that is echoed is not in the capture');
}

/** The port that a join goes to: that of the first subflow, or one that an ADD_ADDR named or came from. */
function checkJoinPort(judge: Judge, event: PacketEvent, theirs: Announced): void {
  const { connection, flow, side, sender, receiver } = event;
  const first = connection.flows[0];
  if (first === undefined || first === flow || first.opening !== 'capable' || event.retransmission) return;
  const [mine, peer] = first.openedBy === side ? first.ends : [first.ends[1], first.ends[0]];
  judge.info(
    sourcePort,
    event,
    sender.port === mine.port
      ? 'a join comes from the port of the first subflow'
      : 'a join comes from another port than the first subflow',
  );
  const named =
    theirs.onPorts.has(receiver.port) || [...theirs.list.values()].some((one) => one.port === receiver.port);
  if (receiver.port === peer.port || named) judge.pass(joinPort, side);
  else if (connection.complete) {
    judge.broken(joinPort, event, {
      message: 'a join goes to a port that neither the first subflow uses nor an ADD_ADDR named',
      expected: `port ${peer.port}`,
      actual: `port ${receiver.port}`,
    });
  } else judge.unknown(joinPort, side, 'an ADD_ADDR with that port may be missing in the capture');
}

function firstAddresses(connection: Connection, side: Side, mine: Announced): void {
  const first = connection.flows[0];
  if (first?.opening !== 'capable' || mine.byId.has(0)) return;
  mine.byId.set(0, first.ends[first.openedBy === side ? 0 : 1].address);
}

/** Address IDs, announcements, echoes and ports. */
export const addresses: Monitor = {
  name: 'addresses',
  title: 'ADD_ADDR has the right HMAC and echo, an Address ID identifies one address, joins go to known ports',
  rules: [hmac, oneAddress, idZero, echo, echoed, joinPort, sourcePort, privateAddress, usable, again],
  create: (connection, judge) => {
    const none = (): Announced => ({
      byId: new Map(),
      fromSource: new Set(),
      list: new Map(),
      onPorts: new Set(),
      echoes: new Set(),
    });
    const announced = [none(), none()] as const;
    return {
      options: {
        add_addr: (option, event) => {
          const mine = announced[event.side];
          firstAddresses(connection, event.side, mine);
          if (option.echo) checkEcho(judge, option, event, announced[other(event.side)]);
          else checkAnnouncement(judge, option, event, mine);
        },
        remove_addr: (option, event) => {
          for (const id of option.addressIds) if (id !== 0) announced[event.side].byId.delete(id);
        },
        mp_join: (option, event) => {
          if (option.form === 'ack' || !event.syn || event.flow.opening !== 'join') return;
          const mine = announced[event.side];
          firstAddresses(connection, event.side, mine);
          checkAddressId(judge, event, mine, option.addressId, event.sender.address, true);
          if (option.form === 'syn') checkJoinPort(judge, event, announced[other(event.side)]);
        },
      },
    };
  },
};
