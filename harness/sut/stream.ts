/** The octets that both ends send: octet i of a direction's stream is a function of i, so that shifts and swaps show. */

/** Octet `i` of a stream, as `docs/agent-protocol.md` defines it. */
export function streamOctet(i: number): number {
  return ((i % 251) * 7 + ((i >>> 8) % 251) * 13 + ((i >>> 16) % 251) * 29) % 251;
}

/** Octets `offset` to `offset + length - 1` of a stream. */
export function streamOctets(offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => streamOctet(offset + i));
}
