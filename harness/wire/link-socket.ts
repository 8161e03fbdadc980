/** Raw sockets on one link, by the addon `raw-socket`. */
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import type { RawSocket } from 'raw-socket';
import { NOTHING_TO_READ, wireError } from './system-error.ts';
import { WireError } from './types.ts';

// Linux's numbers; the addon names only some of them.
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_MARK = 36;
const IPPROTO_IP = 0;
const IP_HDRINCL = 3;
const IPPROTO_IPV6 = 41;
const IPV6_HDRINCL = 36;

/** The mark that leads our packets to the links; see `prepareTester`. */
const MARK = 1;
const SOCKET_BUFFER = 4 * 1024 * 1024;

/** Place of a socket. */
export interface SocketPlace {
  /** The tester's device of the link. */
  device: string;
  /** The link's name in the topology. */
  link: string;
  family: 'ipv4' | 'ipv6';
}

type RawSocketModule = typeof import('raw-socket');

let addon: RawSocketModule | undefined;
function loadAddon(): RawSocketModule {
  if (!isMainThread) {
    throw new WireError("raw sockets work only on a process's main thread: use a pool of processes (`pool: forks`)");
  }
  try {
    addon ??= createRequire(import.meta.url)('raw-socket') as RawSocketModule;
    return addon;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new WireError(
      `package raw-socket cannot be loaded: ${why}; install a compiler (build-essential, python3), ` +
        'then run `npm rebuild raw-socket`',
      { cause },
    );
  }
}

/** The forced sizes need CAP_NET_ADMIN on the machine; without it the system's limit is what we get. */
function enlargeBuffers(socket: RawSocket): void {
  for (const [forced, ordinary] of [
    [SO_RCVBUFFORCE, SO_RCVBUF],
    [SO_SNDBUFFORCE, SO_SNDBUF],
  ] as const) {
    try {
      socket.setOption(SOL_SOCKET, forced, SOCKET_BUFFER);
    } catch {
      socket.setOption(SOL_SOCKET, ordinary, SOCKET_BUFFER);
    }
  }
}

/**
 * Reads what waits in a socket until nothing is left or reading fails, and returns that failure. Stops when the owner has
 * closed the socket: the addon would make a new one, which hears every link.
 */
export function readWaiting(socket: RawSocket, isClosed: () => boolean = () => false): Error | undefined {
  const ends: Error[] = [];
  const keep = (error: Error): void => void ends.push(error);
  socket.on('error', keep);
  while (ends.length === 0 && !isClosed()) socket.onRecvReady();
  socket.off('error', keep);
  return ends.find((end) => end.message !== NOTHING_TO_READ);
}

/** A raw socket hears every link from when it is made until it is bound to one: nothing of that is for its owner. */
function discardWaiting(socket: RawSocket): void {
  const failure = readWaiting(socket);
  if (failure !== undefined) throw failure;
}

/**
 * Opens a socket that sends and hears one protocol on one device.
 *
 * @param bufferSize bytes of the largest packet that it is read with
 * @throws WireError without the rights, or when the device is not there
 */
export function openSocket(on: SocketPlace, protocol: number, bufferSize: number): RawSocket {
  const { family, device, link } = on;
  const doing = `link ${link}: raw ${family} socket for protocol ${protocol} on ${device}`;
  const module = loadAddon();
  let socket: RawSocket | undefined;
  try {
    socket = module.createSocket({ addressFamily: family === 'ipv4' ? 1 : 2, protocol, bufferSize });
    const name = Buffer.from(`${device}\0`);
    socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, name, name.length);
    discardWaiting(socket);
    socket.setOption(SOL_SOCKET, SO_MARK, MARK);
    enlargeBuffers(socket);
    if (family === 'ipv4') {
      socket.setOption(IPPROTO_IP, IP_HDRINCL, 1);
    } else {
      socket.setOption(IPPROTO_IPV6, IPV6_HDRINCL, 1);
    }
    return socket;
  } catch (cause) {
    socket?.close();
    throw wireError(doing, cause);
  }
}
