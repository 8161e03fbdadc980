/** SYNs without state (RFC 4987 §3.6; RFC 8684 §3.1-13): everything comes back in the third packet. */
import { FLAG, parseAddress, type Packet, type TcpOption } from '../../packet/index.ts';
import { dsnAdd, hmacSha256, seqAdd, token } from '../../mptcp/index.ts';
import { makeConnection } from '../connection.ts';
import { noteFlags, readOffer, setLocalKey } from '../mptcp/3.1-connection-initiation.ts';
import { startCongestion } from '../mptcp/3.3.7-congestion-control.ts';
import type { Socket, Stack } from '../state.ts';
import { ipHeader } from './emit.ts';
import { findListener, firstFrom, inSynReceived } from './handshake.ts';
import { count, deviceOf, findOption, makeSubflow, mssOf, setInitialReceive, setting } from './subflow.ts';

/** Values that two bits of the sequence number encode. */
const MSS = [536, 1220, 1440, 1460] as const;

/** Whether the next SYN is to be answered without keeping anything. */
export function isStateless(stack: Stack, full: boolean): boolean {
  const cookies = setting(stack, 'net.ipv4.tcp_syncookies');
  return cookies === 2 || (cookies === 1 && full);
}

/** Bytes that only this host can make for a 4-tuple and the peer's first number (3.1-13). */
function proof(stack: Stack, { ip, tcp }: Packet, irs: number): DataView {
  const numbers = new Uint8Array(8);
  const view = new DataView(numbers.buffer);
  view.setUint16(0, tcp.srcPort);
  view.setUint16(2, tcp.dstPort);
  view.setUint32(4, irs);
  const digest = hmacSha256([stack.secret], [parseAddress(ip.src), parseAddress(ip.dst), numbers]);
  return new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
}

/** Sends a SYN/ACK and forgets the SYN. */
export function answerStateless(stack: Stack, listener: Socket, packet: Packet, options: readonly TcpOption[]): void {
  const { ip, tcp } = packet;
  const device = deviceOf(stack, ip.dst);
  if (device === undefined) return;
  const digest = proof(stack, packet, tcp.seq);
  const peerMss = findOption(options, 'mss')?.mss ?? 536;
  const index = MSS.findLastIndex((one) => one <= peerMss);
  const answer: TcpOption[] = [{ kind: 'mss', mss: mssOf(stack, device, ip.family) }];
  const wanted = listener.proto === 'mptcp' && setting(stack, 'net.mptcp.enabled') > 0;
  const offer = wanted ? readOffer(stack, options) : undefined;
  const key = digest.getBigUint64(8);
  if (offer !== undefined && stack.rules.initiation.tokenFree(stack, token(key))) {
    const senderKey = key;
    const flags = stack.rules.initiation.statelessFlags(stack, offer.option.flags);
    answer.push({ kind: 'mp_capable', version: offer.version, flags, senderKey });
  }
  stack.send(device, {
    ip: ipHeader(ip.dst, ip.src),
    tcp: {
      srcPort: tcp.dstPort,
      dstPort: tcp.srcPort,
      seq: ((digest.getUint32(0) & ~3) | Math.max(0, index)) >>> 0,
      ack: seqAdd(tcp.seq, 1),
      flags: FLAG.SYN | FLAG.ACK,
      window: 0xffff,
      urgent: 0,
      options: answer,
      payload: new Uint8Array(0),
    },
  });
}

/** Takes an ACK for the end of a handshake of which nothing was kept. Answers whether it is one. */
export function completeStateless(stack: Stack, packet: Packet, options: readonly TcpOption[]): boolean {
  const { tcp } = packet;
  if (setting(stack, 'net.ipv4.tcp_syncookies') === 0 || (tcp.flags & (FLAG.SYN | FLAG.RST)) !== 0) return false;
  const listener = findListener(stack, packet);
  if (listener?.listening === undefined) return false;
  const irs = seqAdd(tcp.seq, -1);
  const iss = seqAdd(tcp.ack, -1);
  const digest = proof(stack, packet, irs);
  if ((iss & ~3) !== (digest.getUint32(0) & ~3)) return false;
  const wanted = listener.proto === 'mptcp' && setting(stack, 'net.mptcp.enabled') > 0;
  const connection = makeConnection(stack, 'responder', wanted, listener);
  const subflow = makeSubflow(stack, connection, firstFrom(packet));
  connection.first = { local: subflow.local, remote: subflow.remote };
  connection.localAddresses.set(0, subflow.local);
  connection.remoteAddresses.set(0, { address: subflow.remote.address, port: subflow.remote.port });
  connection.listener = listener;
  Object.assign(subflow, { iss, sndUna: iss, sndNxt: seqAdd(iss, 1), state: 'SYN_RECEIVED' });
  setInitialReceive(subflow, irs);
  subflow.rcvEdge = seqAdd(subflow.rcvNxt, 0xffff);
  connection.rcvEdge = dsnAdd(connection.rcvNxt, 0xffff);
  subflow.peerMss = MSS[iss & 3] ?? 536;
  subflow.sndWnd = tcp.window;
  subflow.maxSndWnd = tcp.window;
  startCongestion(stack, subflow);
  const capable = findOption(options, 'mp_capable');
  if (wanted && capable !== undefined) {
    setLocalKey(stack, connection, digest.getBigUint64(8));
    connection.answerVersion = 1;
    noteFlags(stack, connection, capable);
    stack.byToken.set(connection.localToken, connection);
    count(stack, 'MPTcpExt.MPCapableSYNRX');
  }
  inSynReceived(stack, subflow, { segment: tcp, options });
  return true;
}
