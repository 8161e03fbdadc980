/** Calls on sockets: what starts them, and whether they can end. */
import type { Call, Field, SocketCall } from './calls.ts';
import { applyOptions } from './socket-options.ts';
import {
  accept,
  atEnd,
  bind,
  close,
  connected,
  done,
  failed,
  info,
  listen,
  openSocket,
  pollState,
  prepareConnection,
  queued,
  shutdown,
  startConnect,
  subflows,
  takeError,
  write,
  type Ending,
} from './sockets.ts';
import type { AddressPort, Socket, Stack } from './state.ts';

/** A call that has not ended. */
export interface WaitingCall {
  id: number;
  call: SocketCall;
  /** Tries to end it. */
  attempt: () => Ending | undefined;
  /** The calls made so far. */
  partial: () => Record<string, Field>;
}

/** Starts a call: it ends at once, or waits. */
export function startCall(stack: Stack, id: number, call: Exclude<Call, { op: 'reset' }>): Ending | WaitingCall {
  if (call.op === 'socket') return openSocket(stack, call, freeNumber(stack));
  if (!('socket' in call)) return failed('ENOSYS');
  const socket = stack.sockets.get(call.socket);
  if (socket === undefined) return failed('EBADF');
  const waiting: WaitingCall = { id, call, ...attemptOf(stack, socket, call) };
  return tryCall(stack, waiting) ?? waiting;
}

/** Numbers that sockets were given are not given again. */
function freeNumber(stack: Stack): number {
  return Math.max(2, ...stack.sockets.keys()) + 1;
}

/** Tries to end a call. A socket that was closed meanwhile cancels it. */
export function tryCall(stack: Stack, waiting: WaitingCall): Ending | undefined {
  const { call } = waiting;
  if ('socket' in call && !stack.sockets.has(call.socket)) return failed('ECANCELED', waiting.partial());
  return waiting.attempt();
}

type Attempt = Pick<WaitingCall, 'attempt' | 'partial'>;

/** A call without partial results. */
function simple(attempt: () => Ending | undefined): Attempt {
  return { attempt, partial: () => ({}) };
}

function attemptOf(stack: Stack, socket: Socket, call: Exclude<SocketCall, { op: 'socket' }>): Attempt {
  switch (call.op) {
    case 'bind':
      return simple(() => bind(stack, socket, call.address, call.port));
    case 'listen':
      return simple(() => listen(stack, socket, call.backlog));
    case 'accept':
      return simple(() => accept(stack, socket, freeNumber(stack)));
    case 'connect':
      return connectAttempt(stack, socket, { address: call.address, port: call.port }, call.nowait === true);
    case 'connected':
      return simple(() => connected(stack, socket));
    case 'send':
      return sendAttempt(stack, socket, call);
    case 'recv':
      return receiveAttempt(socket, call);
    case 'poll':
      return simple(() => {
        const state = pollState(socket);
        return call.wait === undefined || state[call.wait] || state.hup || state.err ? done(state) : undefined;
      });
    case 'shutdown':
      return simple(() => shutdown(socket, call.how));
    case 'close':
      return simple(() => close(stack, socket));
    case 'setsockopt':
      return simple(() => {
        socket.options.set(call.name, call.value);
        applyOptions(socket);
        return done();
      });
    case 'getsockopt':
      return simple(() => getOption(socket, call.name));
    case 'info':
      return simple(() => info(stack, socket));
    case 'subflows':
      return simple(() => subflows(socket));
    case 'queued':
      return simple(() => queued(socket));
  }
}

function getOption(socket: Socket, name: string): Ending {
  const { connection } = socket;
  if (name === 'SO_ERROR') return done({ value: connection === undefined ? '0' : (takeError(connection) ?? '0') });
  return done({ value: socket.options.get(name) ?? 0 });
}

function connectAttempt(stack: Stack, socket: Socket, remote: AddressPort, nowait: boolean): Attempt {
  let started = false;
  return simple(() => {
    if (!started) {
      started = true;
      if (socket.connection !== undefined) return failed(socket.connection.established ? 'EISCONN' : 'EALREADY');
      if (socket.listening !== undefined) return failed('EINVAL');
      if (Number(socket.options.get('TCP_FASTOPEN_CONNECT') ?? 0) > 0) {
        socket.deferredConnect = remote;
        return done();
      }
      const ending = startConnect(stack, socket, remote, false);
      if (ending !== undefined) return ending;
      if (nowait) return done();
    }
    return connected(stack, socket);
  });
}

type SendCall = Extract<SocketCall, { op: 'send' }>;

function sendAttempt(stack: Stack, socket: Socket, call: SendCall): Attempt {
  let sent = 0;
  let begun = false;
  const partial = () => ({ sent });
  const attempt = (): Ending | undefined => {
    const target = begun ? undefined : (call.fastopen ?? socket.deferredConnect);
    if (target !== undefined && call.nowait === true && !stack.cookies.has(target.address)) {
      // Without a cookie there is no data on the SYN: it asks for one.
      socket.deferredConnect = undefined;
      return startConnect(stack, socket, target, true) ?? failed('EINPROGRESS', { sent });
    }
    if (target !== undefined && socket.connection === undefined) prepareConnection(stack, socket);
    const marks = { urgent: call.urgent === true, more: call.more === true };
    const taken = write(socket, call.data.subarray(sent), marks);
    if (typeof taken === 'string') return sent > 0 ? done({ sent }) : failed(taken, { sent });
    sent += taken;
    begun = true;
    if (target !== undefined) {
      socket.deferredConnect = undefined;
      const ending = startConnect(stack, socket, target, true);
      if (ending !== undefined) return ending;
    }
    return sent === call.data.length || call.nowait === true ? done({ sent }) : undefined;
  };
  return { attempt, partial };
}

type ReceiveCall = Extract<SocketCall, { op: 'recv' }>;

function receiveAttempt(socket: Socket, call: ReceiveCall): Attempt {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const most = call.most ?? Number.MAX_SAFE_INTEGER;
  const fields = (eof: boolean) => ({ data: new Uint8Array(Buffer.concat(parts)), eof });
  const attempt = (): Ending | undefined => {
    const { connection } = socket;
    if (connection === undefined) return failed('ENOTCONN', fields(false));
    if (call.urgent === true) return receiveUrgent(socket);
    const data = connection.receiveBuffer.read(0, most - bytes);
    parts.push(data);
    bytes += data.length;
    if (call.peek !== true) connection.receiveBuffer.drop(data.length);
    const eof = atEnd(connection);
    const enough = call.untilEnd === true ? bytes >= most : bytes >= Math.min(call.least ?? 1, most);
    if (call.peek === true && bytes === 0 && !eof && connection.error === undefined) {
      parts.pop();
      return call.nowait === true ? failed('EAGAIN', fields(false)) : undefined;
    }
    if (enough || call.peek === true) return done(fields(false));
    if (connection.error !== undefined) return failed(takeError(connection) ?? 'EIO', fields(false));
    if (eof) return done(fields(true));
    if (call.nowait !== true) return undefined;
    return bytes > 0 ? done(fields(false)) : failed('EAGAIN', fields(false));
  };
  return { attempt, partial: () => fields(false) };
}

/** The urgent byte, once it has come in. */
function receiveUrgent(socket: Socket): Ending | undefined {
  const urgent = socket.connection?.urgent;
  if (urgent === undefined) return failed('EINVAL', { data: new Uint8Array(0), eof: false });
  if (urgent.byte === undefined) return undefined;
  if (socket.connection !== undefined) socket.connection.urgent = undefined;
  return done({ data: Uint8Array.of(urgent.byte), eof: false });
}
