import { viewOf } from './bytes.ts';

/** 64 KiB of words add up to less than 2^31, so a sum over one block stays a small integer. */
const BLOCK = 0x10000;

/** Folds the carries of a sum below 2^32 back in, to 16 bits (RFC 1071 §1). */
export function foldSum(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/**
 * The ones' complement sum of the 16-bit words of `bytes` (RFC 1071), 0..65535, not inverted. A last odd byte counts
 * as the high half of a word.
 *
 * @param initial a sum to start from, 0..65535
 */
export function onesSum(bytes: Uint8Array, initial = 0): number {
  const view = viewOf(bytes);
  const even = bytes.length & ~1;
  let sum = initial;
  let at = 0;
  while (at < even) {
    const end = Math.min(at + BLOCK, even);
    // Two words with one read: this loop is most of what checking a capture costs.
    for (; at + 4 <= end; at += 4) {
      const pair = view.getInt32(at);
      sum += (pair >>> 16) + (pair & 0xffff);
    }
    if (at < end) sum += view.getUint16(at);
    at = end;
    sum = foldSum(sum);
  }
  if (even < bytes.length) sum = foldSum(sum + (view.getUint8(even) << 8));
  return sum;
}

/** The internet checksum of `bytes`: the inverted {@link onesSum}, 0..65535. Zero over data that holds a right one. */
export function internetChecksum(bytes: Uint8Array, initial = 0): number {
  return ~onesSum(bytes, initial) & 0xffff;
}

/**
 * The sum of the pseudo-header of TCP or ICMPv6 (RFC 9293 §3.1, RFC 8200 §8.1), for {@link internetChecksum} to start
 * from. Both families give the same words apart from the addresses.
 *
 * @param addresses source and destination concatenated, as in the IP header: 8 or 32 bytes
 * @param length bytes of the segment, header included
 */
export function pseudoHeaderSum(addresses: Uint8Array, protocol: number, length: number): number {
  return foldSum(onesSum(addresses) + protocol + (length >>> 16) + (length & 0xffff));
}
