/** MP_JOIN (RFC 8684 §3.2): one form for each packet of the handshake, told apart by length. */
import { nibbleOf, bytesAt, reservedAndFlag, twelveBitsOf, writeHead, writeHead12 } from './definition.ts';
import type { Lying, MptcpDefinition } from './definition.ts';
import { bytes, flag, reserved, uint } from './field.ts';

/** MP_JOIN on a SYN (figure 5). */
export interface OptionMpJoinSyn extends Lying {
  kind: 'mp_join';
  form: 'syn';
  /** The three reserved bits before B, 0..7. */
  reserved: number;
  backup: boolean;
  addressId: number;
  token: number;
  nonce: number;
}

/** MP_JOIN on a SYN/ACK (figure 6). */
export interface OptionMpJoinSynAck extends Lying {
  kind: 'mp_join';
  form: 'synack';
  reserved: number;
  backup: boolean;
  addressId: number;
  /** Leftmost 64 bits of the HMAC, 8 bytes. */
  hmac: Uint8Array;
  nonce: number;
}

/** MP_JOIN on the third ACK (figure 7). */
export interface OptionMpJoinAck extends Lying {
  kind: 'mp_join';
  form: 'ack';
  /** The twelve reserved bits, 0..4095. */
  reserved: number;
  /** Leftmost 160 bits of the HMAC, 20 bytes. */
  hmac: Uint8Array;
}

/** Any form of MP_JOIN. */
export type OptionMpJoin = OptionMpJoinSyn | OptionMpJoinSynAck | OptionMpJoinAck;

/** Codec and fields of MP_JOIN. */
export const mpJoin: MptcpDefinition<OptionMpJoin> = {
  kind: 'mp_join',
  subtype: 1,
  name: 'MP_JOIN',
  showsLength: true,
  fields: {
    rsv: reserved(),
    B: flag('backup', 'B'),
    id: uint('addressId'),
    token: uint('token', 'hex'),
    nonce: uint('nonce', 'hex'),
    hmac: bytes('hmac'),
  },
  blank: () => ({ kind: 'mp_join', form: 'syn', reserved: 0, backup: false, addressId: 1, token: 1, nonce: 1 }),
  lengths: () => '12, 16 or 24',
  decode: (span) => {
    const { view, at, length } = span;
    if (length === 24)
      return { kind: 'mp_join', form: 'ack', reserved: twelveBitsOf(span), hmac: bytesAt(span, 4, 20) };
    if (length !== 12 && length !== 16) return undefined;
    const nibble = nibbleOf(span);
    const reserved = nibble >> 1;
    const backup = (nibble & 1) === 1;
    const addressId = view.getUint8(at + 3);
    if (length === 12) {
      const token = view.getUint32(at + 4);
      return { kind: 'mp_join', form: 'syn', reserved, backup, addressId, token, nonce: view.getUint32(at + 8) };
    }
    const hmac = bytesAt(span, 4, 8);
    return { kind: 'mp_join', form: 'synack', reserved, backup, addressId, hmac, nonce: view.getUint32(at + 12) };
  },
  encode: (w, option) => {
    if (option.form === 'ack') {
      writeHead12(w, 1, option);
      w.put(option.hmac);
      return;
    }
    writeHead(w, 1, reservedAndFlag(option, option.backup));
    w.u8(option.addressId, 'mp_join.addressId');
    if (option.form === 'syn') w.u32(option.token, 'mp_join.token');
    else w.put(option.hmac);
    w.u32(option.nonce, 'mp_join.nonce');
  },
};
