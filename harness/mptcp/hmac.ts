import { createHmac } from 'node:crypto';
import { parseAddress } from '../packet/index.ts';
import { keyBytes } from './keys.ts';

/** HMAC-SHA256 (RFC 2104, RFC 6234) of the parts of a message under the parts of a key; 32 bytes. */
export function hmacSha256(key: readonly Uint8Array[], message: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha256', Buffer.concat(key));
  for (const part of message) hmac.update(part);
  return new Uint8Array(hmac.digest());
}

function nonceBytes(nonce: number, name: string): Uint8Array {
  if (!Number.isInteger(nonce) || nonce < 0 || nonce > 0xffffffff) {
    throw new RangeError(`${name}: expected an integer of 32 bits, got ${nonce}; change the value`);
  }
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, nonce);
  return bytes;
}

/**
 * The HMAC by which one host proves in MP_JOIN that it knows both keys (RFC 8684 §3.2). `local` is the host that sends
 * it. The SYN/ACK carries the first 8 bytes of it, the third ACK the first 20.
 *
 * @returns all 32 bytes
 * @throws RangeError when a key exceeds 64 bits or a nonce 32
 */
export function joinHmac(localKey: bigint, remoteKey: bigint, localNonce: number, remoteNonce: number): Uint8Array {
  return hmacSha256(
    [keyBytes(localKey), keyBytes(remoteKey)],
    [nonceBytes(localNonce, 'localNonce'), nonceBytes(remoteNonce, 'remoteNonce')],
  );
}

/**
 * The truncated HMAC of ADD_ADDR (RFC 8684 §3.4.1): the last 8 bytes of the HMAC over address id, address and port.
 *
 * @param senderKey key of the host that announces
 * @param address text form; a v4-mapped address counts as 16 bytes
 * @param port 0 when the option has no port
 * @throws RangeError when a number does not fit its field; EncodeError when the address is none
 */
export function addAddrHmac(
  senderKey: bigint,
  receiverKey: bigint,
  addressId: number,
  address: string,
  port: number,
): Uint8Array {
  if (!Number.isInteger(addressId) || addressId < 0 || addressId > 0xff) {
    throw new RangeError(`addressId: expected an integer from 0 to 255, got ${addressId}; change the value`);
  }
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) {
    throw new RangeError(`port: expected an integer from 0 to 65535, got ${port}; change the value`);
  }
  const message = [Uint8Array.of(addressId), parseAddress(address), Uint8Array.of(port >> 8, port & 0xff)];
  return hmacSha256([keyBytes(senderKey), keyBytes(receiverKey)], message).subarray(24);
}
