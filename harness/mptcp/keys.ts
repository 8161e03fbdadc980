import { createHash } from 'node:crypto';

/** Bytes of a key in network byte order. */
export function keyBytes(key: bigint): Uint8Array {
  if (BigInt.asUintN(64, key) !== key) {
    throw new RangeError(`key: expected an integer of 64 bits, got ${key.toString()}; change the value`);
  }
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, key);
  return bytes;
}

/** Hashes of the keys asked for last, oldest first: every packet of a connection asks for those of its two. */
const known = new Map<bigint, DataView>();
const KNOWN_AT_MOST = 256;

/** SHA-256 of a key in network byte order, as a view. */
function keyHash(key: bigint): DataView {
  const before = known.get(key);
  if (before !== undefined) return before;
  const digest = createHash('sha256').update(keyBytes(key)).digest();
  const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
  const [oldest] = known.keys();
  if (known.size >= KNOWN_AT_MOST && oldest !== undefined) known.delete(oldest);
  known.set(key, view);
  return view;
}

/**
 * The token that names a connection in MP_JOIN: the most significant 32 bits of SHA-256 of the key (RFC 8684 §3.1).
 *
 * @param key 64 bits
 * @throws RangeError when the key does not fit in 64 bits
 */
export function token(key: bigint): number {
  return keyHash(key).getUint32(0);
}

/**
 * The initial data sequence number of the key's owner: the least significant 64 bits of SHA-256 of the key
 * (RFC 8684 §3.1). It counts the MP_CAPABLE handshake itself, so the first byte of data has the number after it.
 *
 * @param key 64 bits
 * @throws RangeError when the key does not fit in 64 bits
 */
export function idsn(key: bigint): bigint {
  return keyHash(key).getBigUint64(24);
}
