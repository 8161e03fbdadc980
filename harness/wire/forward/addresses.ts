/** Reads the addresses of packets without decoding all of them. */
import { formatAddress, internetChecksum, parseAddress, pseudoHeaderSum, PROTOCOL } from '../../packet/index.ts';

/** Source and destination of a whole IP packet, text form. */
export function endsOf(bytes: Uint8Array): { src: string; dst: string } {
  const isV4 = (bytes[0] ?? 0) >> 4 === 4;
  const [from, size] = isV4 ? [12, 4] : [8, 16];
  return {
    src: formatAddress(bytes.subarray(from, from + size)),
    dst: formatAddress(bytes.subarray(from + size, from + 2 * size)),
  };
}

/**
 * Which of several addresses an IPv6 segment was sent to, when it comes without its header: the one with which its
 * checksum is right (RFC 8200 section 8.1). Undefined when that is none of them.
 *
 * @param segment a TCP segment whose checksum the sender has filled in
 */
export function destinationByChecksum(
  segment: Uint8Array,
  source: string,
  candidates: readonly string[],
): string | undefined {
  const from = [...parseAddress(source)];
  return candidates.find((address) => {
    const sum = pseudoHeaderSum(Uint8Array.from([...from, ...parseAddress(address)]), PROTOCOL.TCP, segment.length);
    return internetChecksum(segment, sum) === 0;
  });
}
