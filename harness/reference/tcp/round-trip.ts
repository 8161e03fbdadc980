/** Round-trip times and the retransmission timeout (RFC 6298). */
import type { Stack, Subflow } from '../state.ts';
import { setting } from './subflow.ts';

/** Processes a measured round trip in milliseconds. */
export function measured(stack: Stack, subflow: Subflow, rtt: number): void {
  if (subflow.srtt === undefined) {
    subflow.srtt = rtt;
    subflow.rttvar = rtt / 2;
  } else {
    subflow.rttvar = 0.75 * subflow.rttvar + 0.25 * Math.abs(subflow.srtt - rtt);
    subflow.srtt = 0.875 * subflow.srtt + 0.125 * rtt;
  }
  const least = setting(stack, 'net.ipv4.tcp_rto_min_us') / 1000 || stack.rules.tcp.minRto;
  subflow.rto = Math.min(Math.max(subflow.srtt + Math.max(1, 4 * subflow.rttvar), least), stack.rules.tcp.maxRto);
}
