/** Making, finding and forgetting subflows. */
import { familyOf, type TcpOption } from '../../packet/index.ts';
import { seqAdd, seqOffset } from '../../mptcp/index.ts';
import { ByteQueue } from '../byte-queue.ts';
import { SubflowReassembly } from '../reassembly.ts';
import { deviceFor } from '../routes.ts';
import type { AddressPort, Connection, Outgoing, Stack, Subflow } from '../state.ts';

/** Random numbers of 32 bits. */
export function random32(stack: Stack): number {
  const bytes = stack.random(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

/** Random numbers of 64 bits. */
export function random64(stack: Stack): bigint {
  const bytes = stack.random(8);
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
}

/** Adds one to a counter. */
export function count(stack: Stack, name: string): void {
  stack.counters.set(name, (stack.counters.get(name) ?? 0) + 1);
}

/** A sysctl as a number; 0 where it is none. */
export function setting(stack: Stack, name: string): number {
  return Number(stack.sysctls.get(name) ?? 0);
}

/** The key of a subflow in `Stack.byTuple`. */
export function tupleOf(local: AddressPort, remote: AddressPort): string {
  return `${local.address} ${local.port} ${remote.address} ${remote.port}`;
}

/** The name of the device that has an address. */
export function deviceOf(stack: Stack, address: string): string | undefined {
  return stack.devices.find((device) => device.addresses.some((one) => one.address === address))?.name;
}

/** Whether an address is the host's and its device is up. */
export function isUsable(stack: Stack, address: string): boolean {
  return stack.devices.some((device) => device.up && device.addresses.some((one) => one.address === address));
}

/** The parameters that distinguish new subflows. */
export interface NewSubflow {
  kind: 'initial' | 'join';
  opener: 'active' | 'passive';
  local: AddressPort;
  remote: AddressPort;
  localId: number;
  remoteId: number;
  backup: boolean;
}

/** The MSS that a device's MTU allows a family. */
export function mssOf(stack: Stack, deviceName: string, family: 'ipv4' | 'ipv6'): number {
  const mtu = stack.devices.find((device) => device.name === deviceName)?.mtu ?? 1500;
  return Math.max(64, mtu - (family === 'ipv4' ? 40 : 60));
}

/** Makes a subflow in state CLOSED and adds it to its connection and to the tables. */
export function makeSubflow(stack: Stack, connection: Connection, made: NewSubflow): Subflow {
  const family = familyOf(made.local.address);
  const iss = stack.rules.tcp.initialSequence(connection, random32(stack));
  const subflow: Subflow = {
    connection,
    index: connection.subflowsMade++,
    family,
    kind: made.kind,
    opener: made.opener,
    local: made.local,
    remote: made.remote,
    device: deviceFor(stack, made.local.address, made.remote.address),
    state: 'CLOSED',
    ...sendingState(stack, iss),
    ...receivingState(),
    localId: made.localId,
    remoteId: made.remoteId,
    localBackup: made.backup,
    peerBackup: false,
    lastHeard: stack.now,
    capableSyns: 0,
    capableOnLastSyn: false,
    signals: [],
    signalAcks: 0,
    failed: false,
    fastCloses: 0,
    timers: new Map(),
  };
  connection.subflows.push(subflow);
  stack.byTuple.set(tupleOf(made.local, made.remote), subflow);
  return subflow;
}

function sendingState(stack: Stack, iss: number) {
  return {
    iss,
    sndUna: iss,
    sndNxt: iss,
    sndWnd: 0,
    sndWl1: 0,
    sndWl2: 0,
    maxSndWnd: 0,
    sndScale: 0,
    peerMss: 536,
    queue: [] as Outgoing[],
    sentBase: 0,
    rttvar: 0,
    rto: stack.rules.tcp.initialRto,
    backoff: 0,
    cwnd: 0,
    ssthresh: Number.MAX_SAFE_INTEGER,
    dupAcks: 0,
    retransmits: 0,
    probes: 0,
    dataAckReceived: false,
    dataSent: 0,
  };
}

function receivingState() {
  return {
    irs: 0,
    rcvNxt: 0,
    rcvEdge: 0,
    rcvScale: 0,
    reassembly: new SubflowReassembly(),
    receivedBase: 0,
    timestamps: false,
    tsRecent: 0,
    lastAckSent: 0,
    sack: false,
    windowScaling: false,
    ackNow: false,
    segmentsUnacked: 0,
    lastWindow: 0,
    keepaliveProbes: 0,
    dssReceived: false,
    mappings: [],
    delivered: 0,
    held: new ByteQueue(),
    removalAsked: false,
  };
}

/** Sets the numbers that the peer's SYN begins with. */
export function setInitialReceive(subflow: Subflow, irs: number): void {
  subflow.irs = irs;
  subflow.rcvNxt = seqAdd(irs, 1);
  subflow.rcvEdge = subflow.rcvNxt;
  subflow.delivered = subflow.rcvNxt;
}

/** Numbers that a piece takes on the subflow. */
export function lengthOf(piece: Outgoing): number {
  return piece.data.length + (piece.syn ? 1 : 0) + (piece.fin ? 1 : 0);
}

/** Bytes that are sent and not acknowledged. */
export function inFlight(subflow: Subflow): number {
  return seqOffset(subflow.sndNxt, subflow.sndUna);
}

/** Whether the handshake of the subflow is over and it is not closed. */
export function isSynchronized(subflow: Subflow): boolean {
  return !['CLOSED', 'SYN_SENT', 'SYN_RECEIVED'].includes(subflow.state);
}

/** Whether data may be put on the subflow, now or when its handshake is over. */
export function canSend(subflow: Subflow): boolean {
  const open = ['PRE_ESTABLISHED', 'ESTABLISHED', 'CLOSE_WAIT'].includes(subflow.state);
  return open && !subflow.queue.some((one) => one.fin);
}

/** Whether anything can still arrive on it or be acknowledged. */
export function isOpen(subflow: Subflow): boolean {
  return subflow.state !== 'CLOSED' && subflow.state !== 'TIME_WAIT';
}

/** A new piece at the end of a subflow's queue. */
export function enqueue(subflow: Subflow, piece: Partial<Outgoing>): Outgoing {
  const last = subflow.queue.at(-1);
  const seq = last === undefined ? subflow.sndNxt : seqAdd(last.seq, lengthOf(last));
  const whole: Outgoing = {
    seq,
    data: new Uint8Array(0),
    syn: false,
    fin: false,
    capable: false,
    first: true,
    urgent: 0,
    times: 0,
    sacked: false,
    probe: false,
    ...piece,
  };
  subflow.queue.push(whole);
  return whole;
}

/** The first option of a kind. */
export function findOption<K extends TcpOption['kind']>(
  options: readonly TcpOption[],
  kind: K,
): Extract<TcpOption, { kind: K }> | undefined {
  return options.find((one): one is Extract<TcpOption, { kind: K }> => one.kind === kind);
}

/** Removes a subflow from the tables and from its connection. */
export function forgetSubflow(stack: Stack, subflow: Subflow): void {
  subflow.state = 'CLOSED';
  subflow.timers.clear();
  const key = tupleOf(subflow.local, subflow.remote);
  if (stack.byTuple.get(key) === subflow) stack.byTuple.delete(key);
  const { subflows } = subflow.connection;
  const at = subflows.indexOf(subflow);
  if (at >= 0) subflows.splice(at, 1);
}
