/** Bytes that options take. */
import { encodedLength, type TcpOption } from '../../packet/index.ts';
import type { Subflow } from '../state.ts';

/** Bytes of an option, Kind and Length included. */
export function bytesOf(option: TcpOption): number {
  // The two of every data segment, without encoding them.
  if (option.kind === 'ts') return 10;
  return option.kind === 'nop' ? 1 : encodedLength(option);
}

/** Option bytes of a data segment with a mapping, whole words (RFC 8684, appendix A). */
function dataOptionBytes(subflow: Subflow): number {
  const timestamps = subflow.timestamps ? 10 : 0;
  if (subflow.connection.mode !== 'mptcp') return (timestamps + 3) & ~3;
  return (timestamps + 28 + 3) & ~3;
}

/** Bytes of payload that a segment may have: RFC 9293's Eff.snd.MSS (§3.7.1). */
export function payloadLimit(subflow: Subflow, pathMss: number): number {
  return Math.max(1, Math.min(subflow.peerMss, pathMss) - dataOptionBytes(subflow));
}
