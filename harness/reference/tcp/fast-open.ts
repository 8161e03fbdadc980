/** TCP Fast Open (RFC 7413), alone and with MPTCP (RFC 8684, appendix B): data of a SYN has no data sequence numbers. */
import type { TcpOption, TcpSegment } from '../../packet/index.ts';
import { hmacSha256, seqAdd, seqDiff } from '../../mptcp/index.ts';
import { parseAddress } from '../../packet/index.ts';
import { deliverStream } from '../mptcp/3.3.4-receiver-considerations.ts';
import type { Connection, Stack, Subflow } from '../state.ts';
import { enqueue, findOption, mssOf, setting } from './subflow.ts';

/** The cookie for a client's address. It has to leave room for MP_CAPABLE on the SYN/ACK (appendix B.1). */
function cookieFor(stack: Stack, address: string): Uint8Array {
  return hmacSha256([stack.secret], [parseAddress(address)]).subarray(0, stack.rules.fastOpen.cookieBytes);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Queues the SYN of a connection: with a cookie and data where there is one, else with a request for one. */
export function queueFastOpenSyn(stack: Stack, subflow: Subflow, asked: boolean): void {
  const cookie = stack.cookies.get(subflow.remote.address);
  const enabled = (setting(stack, 'net.ipv4.tcp_fastopen') & 1) !== 0;
  if (!asked || !enabled) {
    enqueue(subflow, { syn: true });
    return;
  }
  subflow.fastOpenCookie = cookie ?? new Uint8Array(0);
  const most = mssOf(stack, subflow.device, subflow.family) - 40;
  const data = cookie === undefined ? new Uint8Array(0) : subflow.connection.sendBuffer.read(0, most);
  enqueue(subflow, { syn: true, data });
}

/** The client reads the SYN/ACK: a cookie to keep, and how much of the data was taken. */
export function fastOpenAnswered(stack: Stack, subflow: Subflow, options: readonly TcpOption[]): void {
  const cookie = findOption(options, 'fastopen');
  if (cookie !== undefined && cookie.cookie.length > 0)
    stack.cookies.set(subflow.remote.address, cookie.cookie.slice());
  subflow.fastOpenCookie = undefined;
  const taken = seqDiff(subflow.sndUna, seqAdd(subflow.iss, 1));
  if (taken > 0) {
    subflow.connection.sendBuffer.drop(taken);
    subflow.sentBase = stack.rules.fastOpen.sentBase(taken);
  }
  // Data that was not accepted is sent again, now with a mapping (figure 21).
  subflow.queue = [];
  subflow.sndNxt = subflow.sndUna;
  subflow.timers.delete('retransmit');
}

/** No answer: the next SYN goes without data and cookie. */
export function withoutFastOpen(subflow: Subflow): void {
  const [syn] = subflow.queue;
  if (syn?.syn !== true || subflow.fastOpenCookie === undefined) return;
  subflow.fastOpenCookie = undefined;
  syn.data = new Uint8Array(0);
  subflow.sndNxt = seqAdd(subflow.iss, 1);
}

function acceptsFastOpen(stack: Stack, connection: Connection): boolean {
  const enabled = (setting(stack, 'net.ipv4.tcp_fastopen') & 2) !== 0;
  return enabled && Number(connection.listener?.options.get('TCP_FASTOPEN') ?? 0) > 0;
}

/** The server reads the SYN. Answers whether its data was taken, so that the connection is ready. */
export function acceptFastOpen(
  stack: Stack,
  subflow: Subflow,
  segment: TcpSegment,
  options: readonly TcpOption[],
): boolean {
  const { connection } = subflow;
  const option = findOption(options, 'fastopen');
  if (option === undefined || !acceptsFastOpen(stack, connection)) return false;
  const right = cookieFor(stack, subflow.remote.address);
  if (!same(option.cookie, right) && !stack.rules.fastOpen.takesAnyCookie(option.cookie)) {
    subflow.fastOpenCookie = right;
    return false;
  }
  if (segment.payload.length === 0) return false;
  const data = segment.payload.slice();
  subflow.rcvNxt = seqAdd(subflow.rcvNxt, data.length);
  subflow.delivered = subflow.rcvNxt;
  subflow.receivedBase = stack.rules.fastOpen.receivedBase(data.length);
  deliverStream(connection, data);
  return true;
}
