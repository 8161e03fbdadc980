/** Socket calls of applications: each is tried until it can complete. */
import { canonicalAddress, familyOf } from '../packet/index.ts';
import type { ConnectionInfo, Field, PollEvent, SocketCall } from './calls.ts';
import { makeConnection } from './connection.ts';
import { makeKey, setLocalKey } from './mptcp/3.1-connection-initiation.ts';
import { sendEnd } from './mptcp/3.3-data-sequence-signal.ts';
import { abort } from './mptcp/3.5-fast-close.ts';
import { freePort } from './mptcp/3.9-path-management.ts';
import { sourceFor } from './routes.ts';
import { applyOptions } from './socket-options.ts';
import { queueFastOpenSyn } from './tcp/fast-open.ts';
import { count, deviceOf, isSynchronized, makeSubflow, setting } from './tcp/subflow.ts';
import type { AddressPort, Connection, Socket, Stack } from './state.ts';

/** The end of a call; undefined while it waits. */
export type Ending =
  { ok: true; fields: Record<string, Field> } | { ok: false; errno: string; fields?: Record<string, Field> };

/** The end of a call that succeeded. */
export const done = (fields: Record<string, Field> = {}): Ending => ({ ok: true, fields });
/** The end of a call that failed; `errno` is a name such as `EINVAL`. */
export const failed = (errno: string, fields: Record<string, Field> = {}): Ending => ({ ok: false, errno, fields });

/** Opens a socket. */
export function openSocket(stack: Stack, call: Extract<SocketCall, { op: 'socket' }>, number: number): Ending {
  if (call.proto === 'mptcp' && setting(stack, 'net.mptcp.enabled') === 0) return failed('ENOPROTOOPT');
  stack.sockets.set(number, { number, family: call.family, proto: call.proto, options: new Map() });
  return done({ socket: number });
}

function wildcard(socket: Socket): string {
  return socket.family === 'ipv4' ? '0.0.0.0' : '::';
}

/** Binds a socket to a local address and port; 0 for any free port. */
export function bind(stack: Stack, socket: Socket, address: string, port: number): Ending {
  const local = canonicalAddress(address);
  if (socket.connection !== undefined || socket.local !== undefined) return failed('EINVAL');
  if (local !== wildcard(socket) && deviceOf(stack, local) === undefined) return failed('EADDRNOTAVAIL');
  const taken = (number: number) =>
    [...stack.sockets.values()].some(
      (one) =>
        one.local?.port === number &&
        one.family === socket.family &&
        (one.local.address === local || one.local.address === wildcard(one) || local === wildcard(one)),
    );
  if (port !== 0 && (taken(port) || stack.rules.heuristics.reservesPort(stack, port))) return failed('EADDRINUSE');
  const chosen = port === 0 ? freePort(stack, local, { address: '', port: 0 }) : port;
  socket.local = { address: local, port: chosen };
  return done({ address: local, port: chosen });
}

/** Makes a bound socket a listener. */
export function listen(stack: Stack, socket: Socket, backlog: number): Ending {
  if (socket.connection !== undefined) return failed('EINVAL');
  if (socket.local === undefined) bind(stack, socket, wildcard(socket), 0);
  if (socket.listening === undefined) stack.listeners.push(socket);
  socket.listening = { backlog, ready: [], pending: new Set(), ...socket.listening };
  socket.listening.backlog = backlog;
  return done({ ...socket.local });
}

/** A socket for the connection that waits longest. */
export function accept(stack: Stack, socket: Socket, number: number): Ending | undefined {
  if (socket.listening === undefined) return failed('EINVAL');
  const connection = socket.listening.ready.shift();
  if (connection === undefined) return undefined;
  const made: Socket = {
    number,
    family: socket.family,
    proto: connection.wanted ? 'mptcp' : 'tcp',
    local: connection.first?.local,
    connection,
    options: new Map(socket.options),
  };
  connection.socket = made;
  applyOptions(made);
  stack.sockets.set(number, made);
  count(stack, 'Tcp.PassiveOpens');
  return done({ socket: number, ...addressesOf(stack, connection) });
}

/** Addresses of the first subflow, also after its end (4-2.16). */
function addressesOf(stack: Stack, connection: Connection): Record<string, Field> {
  const names = stack.rules.policy.namesOf(connection);
  if (names === undefined) return {};
  return {
    address: names.local.address,
    port: names.local.port,
    peerAddress: names.remote.address,
    peerPort: names.remote.port,
  };
}

/** Begins a connection; `fastOpen` puts data on the SYN where a cookie is known. */
export function startConnect(stack: Stack, socket: Socket, remote: AddressPort, fastOpen: boolean): Ending | undefined {
  const target = { address: canonicalAddress(remote.address), port: remote.port };
  const bound = socket.local?.address;
  const address = bound === undefined || bound === wildcard(socket) ? sourceFor(stack, target.address) : bound;
  if (address === undefined || familyOf(target.address) !== socket.family) return failed('ENETUNREACH');
  const local = { address, port: socket.local?.port ?? freePort(stack, address, target) };
  const connection = socket.connection ?? prepareConnection(stack, socket);
  socket.local = local;
  const subflow = makeSubflow(stack, connection, {
    kind: 'initial',
    opener: 'active',
    local,
    remote: target,
    localId: 0,
    remoteId: 0,
    backup: false,
  });
  connection.first = { local, remote: target };
  connection.localAddresses.set(0, local);
  connection.remoteAddresses.set(0, target);
  subflow.state = 'SYN_SENT';
  queueFastOpenSyn(stack, subflow, fastOpen);
  count(stack, 'Tcp.ActiveOpens');
  return undefined;
}

/** The connection of a socket before its SYN: it takes data already. */
export function prepareConnection(stack: Stack, socket: Socket): Connection {
  const connection = makeConnection(stack, 'initiator', socket.proto === 'mptcp', socket);
  socket.connection = connection;
  connection.socket = socket;
  applyOptions(socket);
  const key = connection.wanted ? makeKey(stack) : undefined;
  if (key !== undefined) setLocalKey(stack, connection, key);
  return connection;
}

/** State of a connect. */
export function connected(stack: Stack, socket: Socket): Ending | undefined {
  const { connection } = socket;
  if (connection === undefined) return failed('ENOTCONN');
  if (connection.established) return done(addressesOf(stack, connection));
  const error = takeError(connection);
  if (error !== undefined) return failed(error);
  return connection.state === 'M_CLOSED' ? failed('ECONNABORTED') : undefined;
}

/** The pending error of the socket; reported once. */
export function takeError(connection: Connection): string | undefined {
  const { error } = connection;
  connection.error = undefined;
  return error;
}

/** Puts bytes into the send buffer. Answers how many, or an error. */
export function write(socket: Socket, data: Uint8Array, marks: { urgent: boolean; more: boolean }): number | string {
  const { connection } = socket;
  if (connection === undefined) return 'ENOTCONN';
  if (connection.error !== undefined) return takeError(connection) ?? 'EPIPE';
  if (connection.writeClosed || connection.state === 'M_CLOSED' || connection.state === 'FASTCLOSE_WAIT')
    return 'EPIPE';
  const room = connection.sendCapacity - connection.sendBuffer.length;
  const part = data.slice(0, Math.max(0, room));
  connection.sendBuffer.append(part);
  if (marks.urgent && part.length === data.length) connection.sndUp = sendEnd(connection);
  connection.corked = marks.more || Number(socket.options.get('TCP_CORK') ?? 0) > 0;
  return part.length;
}

/** Whether the stream has ended for the reader. */
export function atEnd(connection: Connection): boolean {
  const over = connection.peerClosed || connection.readShut || connection.state === 'M_CLOSED';
  return connection.receiveBuffer.length === 0 && over;
}

/** Closes one or both directions of a connection. */
export function shutdown(socket: Socket, how: 'rd' | 'wr' | 'rdwr'): Ending {
  const { connection } = socket;
  if (connection === undefined || connection.state === 'M_CLOSED') return failed('ENOTCONN');
  if (how !== 'wr') connection.readShut = true;
  if (how !== 'rd') connection.writeClosed = true;
  return done();
}

/** Closes a socket: with a reset where SO_LINGER is 1,0 or data was not read (RFC 9293 §3.6.1). */
export function close(stack: Stack, socket: Socket): Ending {
  stack.sockets.delete(socket.number);
  const { connection, listening } = socket;
  if (listening !== undefined) {
    stack.listeners = stack.listeners.filter((one) => one !== socket);
    for (const one of [...listening.ready, ...listening.pending]) abort(stack, one);
  }
  if (connection === undefined) return done();
  connection.socket = undefined;
  release(stack, connection, String(socket.options.get('SO_LINGER') ?? '') === '1,0');
  return done();
}

function release(stack: Stack, connection: Connection, atOnce: boolean): void {
  connection.released = true;
  const lost = connection.receiveBuffer.length > 0;
  connection.receiveBuffer.drop(connection.receiveBuffer.length);
  if (connection.state === 'M_CLOSED') return;
  const handshake = !connection.subflows.some(isSynchronized) && !connection.established;
  if (atOnce || handshake || (lost && stack.rules.closing.resetsUnread(connection))) abort(stack, connection);
  else connection.writeClosed = true;
}

/** The events of `poll`. */
export function pollState(socket: Socket): Record<PollEvent, boolean> {
  const { connection, listening } = socket;
  if (connection === undefined) {
    const readable = (listening?.ready.length ?? 0) > 0;
    return { readable, writable: false, urgent: false, rdhup: false, hup: listening === undefined, err: false };
  }
  const closed = connection.state === 'M_CLOSED';
  const rdhup = connection.peerClosed || connection.readShut || closed;
  const room = connection.sendCapacity - connection.sendBuffer.length;
  return {
    readable: connection.receiveBuffer.length > 0 || rdhup || closed,
    writable: (connection.established && room > connection.sendCapacity / 3) || closed || connection.writeClosed,
    urgent: connection.urgent !== undefined,
    rdhup,
    hup: closed || (rdhup && connection.writeClosed),
    err: connection.error !== undefined,
  };
}

/** Answers of `queued`. */
export function queued(socket: Socket): Ending {
  const { connection } = socket;
  if (connection === undefined) return done({ in: 0, out: 0 });
  return done({ in: connection.receiveBuffer.length, out: connection.sendBuffer.length });
}

/** Answers of `info`. */
export function info(stack: Stack, socket: Socket): Ending {
  const { connection } = socket;
  if (connection === undefined) return done({ proto: socket.proto, mptcp: false, fallback: false, tcpState: 'CLOSE' });
  const [first] = connection.subflows;
  const report: ConnectionInfo = {
    proto: socket.proto,
    mptcp: connection.mode === 'mptcp',
    fallback: connection.fallback,
    remoteKey: connection.remoteKey !== undefined,
    subflows: connection.subflows.filter((one) => one.kind === 'join' && isSynchronized(one)).length,
    token: connection.localToken,
    writeSeq: sendEnd(connection),
    sndUna: connection.sndUna,
    rcvNxt: connection.rcvNxt,
    checksum: connection.checksum,
    tcpState: tcpStateName(first?.state ?? 'CLOSED'),
    tcpRetransmits: first?.backoff ?? 0,
    tcpRtt: Math.round((first?.srtt ?? 0) * 1000),
    tcpSndMss: first?.peerMss ?? 0,
  };
  return done({ ...report, ...addressesOf(stack, connection) });
}

function tcpStateName(state: string): string {
  return state === 'CLOSED' ? 'CLOSE' : state === 'PRE_ESTABLISHED' ? 'ESTABLISHED' : state;
}

/** Answers of `subflows`. */
export function subflows(socket: Socket): Ending {
  const open = socket.connection?.subflows.filter(isSynchronized) ?? [];
  return done({
    subflows: open.map((one) => ({
      address: one.local.address,
      port: one.local.port,
      peerAddress: one.remote.address,
      peerPort: one.remote.port,
    })),
  });
}
