import { viewOf } from './bytes.ts';

/** 64 KiB of words add up to less than 2^31, so a sum over one block stays a small integer. */
const BLOCK = 0x10000;

/** Folds the carries of a sum below 2^32 back in, to 16 bits (RFC 1071 §1). */
export function foldSum(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/**
 * The ones' complement sum of the 16-bit words of `bytes` (RFC 1071), 0..65535, not inverted. A last odd octet counts
 * as the high half of a word.
 *
 * @param initial a sum to start from, 0..65535
 */
export function onesSum(bytes: Uint8Array, initial = 0): number {
  const view = viewOf(bytes);
  const even = bytes.length & ~1;
  let sum = initial;
  for (let block = 0; block < even; block += BLOCK) {
    const end = Math.min(block + BLOCK, even);
    for (let at = block; at < end; at += 2) sum += view.getUint16(at);
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
 * @param src source address, 4 or 16 octets
 * @param length octets of the segment, header included
 */
export function pseudoHeaderSum(src: Uint8Array, dst: Uint8Array, protocol: number, length: number): number {
  return foldSum(onesSum(dst, onesSum(src)) + protocol + (length >>> 16) + (length & 0xffff));
}
