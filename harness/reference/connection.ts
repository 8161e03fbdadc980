/** Making connections. */
import { ByteQueue } from './byte-queue.ts';
import { Reassembly } from './reassembly.ts';
import { setting } from './tcp/subflow.ts';
import type { Connection, Socket, Stack } from './state.ts';

/** A new connection without subflows. Its keys come later. */
export function makeConnection(
  stack: Stack,
  role: 'initiator' | 'responder',
  wanted: boolean,
  socket: Socket | undefined,
): Connection {
  const capacity = Number(socket?.options.get('SO_RCVBUF') ?? setting(stack, 'net.ipv4.tcp_rmem'));
  const received = stack.rules.receiving.capacity(capacity);
  const connection: Connection = {
    role,
    number: stack.connectionsMade++,
    mode: 'negotiating',
    wanted,
    state: 'M_ESTAB',
    localKey: 0n,
    localToken: 0,
    remoteToken: 0,
    checksum: false,
    checksumWanted: setting(stack, 'net.mptcp.checksum_enabled') === 1,
    refusesJoins: setting(stack, 'net.mptcp.allow_join_initial_addr_port') === 0,
    noJoinToInitial: false,
    ...sendingSide(stack, received),
    ...receivingSide(received),
    subflows: [],
    subflowsMade: 0,
    dssReceived: false,
    dssOptionReceived: false,
    timers: new Map(),
    dataBackoff: 0,
    dataRetransmits: 0,
    infinite: 'none',
    failReceived: false,
    infiniteReceived: false,
    fallback: false,
    localAddresses: new Map(),
    remoteAddresses: new Map(),
    announcements: [],
    failedTargets: new Set(),
    pendingTargets: [],
    acceptedAnnouncements: 0,
    usedEndpoints: new Set(),
    announced: new Set(),
    released: false,
    established: false,
    readShut: false,
    lateData: false,
  };
  stack.connections.add(connection);
  return connection;
}

function sendingSide(stack: Stack, received: number) {
  return {
    sndUna: 0n,
    sndNxt: 0n,
    writeClosed: false,
    dataFinSent: false,
    dataFinAcked: false,
    sndEdge: 0n,
    sendBuffer: new ByteQueue(),
    sndBase: 0n,
    // 3.3.5-5: no smaller than the receive buffer.
    sendCapacity: stack.rules.sending.capacity(Math.max(setting(stack, 'net.ipv4.tcp_wmem'), received)),
    sent: [],
    reinject: [],
    corked: false,
    noDelay: false,
  };
}

function receivingSide(capacity: number) {
  return {
    rcvNxt: 0n,
    rcvEdge: 0n,
    peerClosed: false,
    reassembly: new Reassembly(),
    receiveBuffer: new ByteQueue(),
    receiveCapacity: capacity,
    dsn8Received: true,
    urgentInline: false,
  };
}
