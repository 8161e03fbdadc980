/** Address advertisement (RFC 8684 §3.4.1): ADD_ADDR, its HMAC, its echo. */
import type { OptionAddAddr } from '../../packet/index.ts';
import { addAddrHmac } from '../../mptcp/index.ts';
import { count, isOpen } from '../tcp/subflow.ts';
import type { Announcement, Connection, Stack, Subflow } from '../state.ts';
import { sameBytes } from './3.2-starting-a-new-subflow.ts';
import { usableSubflows } from './3.3.8-subflow-policy.ts';

/** How a target of joins is remembered. */
export function targetKey(target: { address: string; port: number }): string {
  return `${target.address} ${target.port}`;
}

/** ADD_ADDR for an address of this host. */
function addAddrOption(stack: Stack, connection: Connection, announcement: Announcement): OptionAddAddr {
  const { announcing } = stack.rules;
  const { id, address, port } = announcement;
  const right = addAddrHmac(connection.localKey, connection.remoteKey ?? 0n, id, address, announcing.hmacPort(port));
  return {
    kind: 'add_addr',
    reserved: announcing.reserved,
    echo: false,
    addressId: announcing.idToSend(announcement, connection),
    address,
    ...(port !== undefined && { port }),
    ...announcing.hmac(right, connection),
  };
}

/** Begins to announce an address. */
export function announce(connection: Connection, announcement: Omit<Announcement, 'echoed' | 'transmissions'>): void {
  const { id, address, port } = announcement;
  connection.localAddresses.set(id, { address, port: port ?? 0 });
  connection.announcements.push({ ...announcement, echoed: false, transmissions: 0 });
}

/** Sends the announcement that is due: one after the other, so that no more than two ACKs in a row only signal. */
export function sendAnnouncement(stack: Stack, connection: Connection): void {
  if (connection.mode !== 'mptcp' || connection.timers.has('announce')) return;
  const { announcing } = stack.rules;
  const due = connection.announcements.find((one) => !one.echoed && announcing.goesOn(one));
  if (due === undefined) return;
  const [subflow] = usableSubflows(stack, connection);
  if (subflow === undefined) return;
  due.transmissions++;
  announcing.subflow(subflow, connection).signals.push(addAddrOption(stack, connection, due));
  count(stack, 'MPTcpExt.AddAddrTx');
  const wait = announcing.retransmitAfter(stack, subflow) * 2 ** (due.transmissions - 1);
  connection.timers.set('announce', stack.now + wait);
}

/** The echo of an ADD_ADDR: it has arrived. */
function receiveEcho(stack: Stack, connection: Connection, option: OptionAddAddr): void {
  count(stack, 'MPTcpExt.EchoAdd');
  const { announcing } = stack.rules;
  const met = connection.announcements.find((one) => announcing.echoMatches(one, option));
  if (met === undefined) return;
  met.echoed = true;
  connection.timers.delete('announce');
}

/** ADD_ADDR came. */
export function receiveAddAddr(stack: Stack, subflow: Subflow, option: OptionAddAddr): void {
  const { announcing } = stack.rules;
  const { connection } = subflow;
  if (option.echo) {
    receiveEcho(stack, connection, option);
    return;
  }
  count(stack, 'MPTcpExt.AddAddr');
  const { localKey, remoteKey = 0n } = connection;
  const expected = addAddrHmac(remoteKey, localKey, option.addressId, option.address, option.port ?? 0);
  const valid = option.hmac !== undefined && sameBytes(option.hmac, expected, 8);
  if (!announcing.hmacAcceptable(valid, option, subflow)) {
    count(stack, 'MPTcpExt.AddAddrDrop');
    return;
  }
  if (!announcing.takes(option, subflow)) return;
  if (announcing.echoes(option, subflow)) {
    announcing.echoSubflow(subflow).signals.push(announcing.echo(echoOf(option), subflow));
    count(stack, 'MPTcpExt.EchoAddTx');
  }
  learn(stack, subflow, option);
}

/** The paths that a reset has ended for good (3.6-4.s4), in {@link Connection.failedTargets}. */
export function pathKey(local: string, target: { address: string; port: number }): string {
  return `${local} ${targetKey(target)}`;
}

/** The same option back, without the HMAC and with E (3.4.1-8). */
function echoOf(option: OptionAddAddr): OptionAddAddr {
  const { addressId, address, port } = option;
  return { kind: 'add_addr', reserved: 0, echo: true, addressId, address, ...(port !== undefined && { port }) };
}

/** Keeps the address, and has it connected to where that is news (3.4.1-4, 3.4.1-12). */
function learn(stack: Stack, subflow: Subflow, option: OptionAddAddr): void {
  const { announcing } = stack.rules;
  const { connection } = subflow;
  const { addressId: id, address } = option;
  const known = connection.remoteAddresses.get(id);
  // An Address ID keeps its address until it is removed.
  if (known !== undefined && known.address !== address && !announcing.replacesAddress(subflow)) return;
  connection.remoteAddresses.set(id, { address, ...(option.port !== undefined && { port: option.port }) });
  const port = announcing.portToConnect(option.port, subflow);
  if (announcing.refreshesTarget(subflow)) connection.failedTargets.delete(targetKey({ address, port }));
  // It joined from there already (3.4-4.3): nothing to connect to, unless at another port.
  const joined = connection.subflows.some((one) => one.remoteId === id && isOpen(one));
  if (joined && option.port === undefined && announcing.correlatesJoins(subflow)) return;
  if (connection.pendingTargets.some((one) => one.address === address && one.port === port)) return;
  connection.pendingTargets.push({ id, address, port, via: subflow });
}
