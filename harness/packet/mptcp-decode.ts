import { formatAddress } from './address.ts';
import type { MptcpOption, OptionDss, OptionMpCapable, OptionMpJoin } from './types.ts';

/** Where one option lies: `at` is the offset of its Kind octet, `length` is what its Length octet says. */
export interface OptionSpan {
  bytes: Uint8Array;
  view: DataView;
  at: number;
  length: number;
}

/** Names of the subtypes (RFC 8684 §8.2), by number. */
export const SUBTYPE_NAMES: Readonly<Record<number, string>> = {
  0: 'MP_CAPABLE',
  1: 'MP_JOIN',
  2: 'DSS',
  3: 'ADD_ADDR',
  4: 'REMOVE_ADDR',
  5: 'MP_PRIO',
  6: 'MP_FAIL',
  7: 'MP_FASTCLOSE',
  8: 'MP_TCPRST',
  15: 'MP_EXPERIMENTAL',
};

/**
 * Reads an MPTCP option of at least 3 octets.
 *
 * @returns undefined when the option's subtype and flags do not allow its length
 */
export function decodeMptcp(span: OptionSpan): MptcpOption | undefined {
  const { view, at, length } = span;
  const octet = view.getUint8(at + 2);
  const nibble = octet & 0x0f;
  switch (octet >> 4) {
    case 0:
      return decodeCapable(span, nibble);
    case 1:
      return decodeJoin(span);
    case 2:
      return length < 4 ? undefined : decodeDss(span);
    case 3:
      return decodeAddAddr(span, nibble);
    case 4:
      if (length < 4) return undefined;
      return { kind: 'remove_addr', reserved: nibble, addressIds: [...octets(span, 3, length - 3)] };
    case 5:
      return decodePrio(span, nibble);
    case 6:
      if (length !== 12) return undefined;
      return { kind: 'mp_fail', reserved: view.getUint16(at + 2) & 0xfff, dsn: view.getBigUint64(at + 4) };
    case 7:
      if (length !== 12) return undefined;
      return { kind: 'mp_fastclose', reserved: view.getUint16(at + 2) & 0xfff, receiverKey: view.getBigUint64(at + 4) };
    case 8:
      if (length !== 4) return undefined;
      return { kind: 'mp_tcprst', reserved: nibble >> 1, transient: (nibble & 1) === 1, reason: view.getUint8(at + 3) };
    case 15:
      return { kind: 'mp_experimental', nibble, data: octets(span, 3, length - 3) };
    default:
      return { kind: 'mptcp_unknown', subtype: octet >> 4, nibble, data: octets(span, 3, length - 3) };
  }
}

/** `count` octets of the option from `offset` on. */
function octets({ bytes, at }: OptionSpan, offset: number, count: number): Uint8Array {
  return bytes.subarray(at + offset, at + offset + count);
}

/** The length alone tells the forms apart, whatever the version says. */
function decodeCapable({ view, at, length }: OptionSpan, version: number): OptionMpCapable | undefined {
  if (length !== 4 && length !== 12 && length !== 20 && length !== 22 && length !== 24) return undefined;
  const option: OptionMpCapable = { kind: 'mp_capable', version, flags: view.getUint8(at + 3) };
  if (length >= 12) option.senderKey = view.getBigUint64(at + 4);
  if (length >= 20) option.receiverKey = view.getBigUint64(at + 12);
  if (length >= 22) option.dataLength = view.getUint16(at + 20);
  if (length >= 24) option.checksum = view.getUint16(at + 22);
  return option;
}

function decodeJoin(span: OptionSpan): OptionMpJoin | undefined {
  const { view, at, length } = span;
  if (length === 24) {
    return { kind: 'mp_join', form: 'ack', reserved: view.getUint16(at + 2) & 0xfff, hmac: octets(span, 4, 20) };
  }
  if (length !== 12 && length !== 16) return undefined;
  const nibble = view.getUint8(at + 2) & 0x0f;
  const reserved = nibble >> 1;
  const backup = (nibble & 1) === 1;
  const addressId = view.getUint8(at + 3);
  if (length === 12) {
    const token = view.getUint32(at + 4);
    return { kind: 'mp_join', form: 'syn', reserved, backup, addressId, token, nonce: view.getUint32(at + 8) };
  }
  const hmac = octets(span, 4, 8);
  return { kind: 'mp_join', form: 'synack', reserved, backup, addressId, hmac, nonce: view.getUint32(at + 12) };
}

/** Octets that a DSS option has by its flags, without a checksum. */
export function dssLength(flags: number): number {
  const dataAck = flags & 0x01 ? (flags & 0x02 ? 8 : 4) : 0;
  const mapping = flags & 0x04 ? (flags & 0x08 ? 8 : 4) + 6 : 0;
  return 4 + dataAck + mapping;
}

function decodeDss({ view, at, length }: OptionSpan): OptionDss | undefined {
  const word = view.getUint16(at + 2);
  const base = dssLength(word);
  const hasMap = (word & 0x04) !== 0;
  const hasChecksum = hasMap && length === base + 2;
  if (length !== base && !hasChecksum) return undefined;
  const option: OptionDss = {
    kind: 'dss',
    reserved: (word >> 5) & 0x7f,
    dataFin: (word & 0x10) !== 0,
    dsn8: (word & 0x08) !== 0,
    hasMap,
    dataAck8: (word & 0x02) !== 0,
    hasDataAck: (word & 0x01) !== 0,
  };
  let next = at + 4;
  if (option.hasDataAck) {
    option.dataAck = option.dataAck8 ? view.getBigUint64(next) : BigInt(view.getUint32(next));
    next += option.dataAck8 ? 8 : 4;
  }
  if (!hasMap) return option;
  option.dsn = option.dsn8 ? view.getBigUint64(next) : BigInt(view.getUint32(next));
  next += option.dsn8 ? 8 : 4;
  option.ssn = view.getUint32(next);
  option.dataLength = view.getUint16(next + 4);
  if (hasChecksum) option.checksum = view.getUint16(next + 6);
  return option;
}

/** The length alone says whether there is a port and an HMAC: no sum of the parts comes about in two ways. */
function decodeAddAddr(span: OptionSpan, nibble: number): MptcpOption | undefined {
  const { view, at, length } = span;
  const addressLength = length < 20 ? 4 : 16;
  const rest = length - 4 - addressLength;
  if (rest !== 0 && rest !== 2 && rest !== 8 && rest !== 10) return undefined;
  const hasPort = (rest & 2) !== 0;
  return {
    kind: 'add_addr',
    reserved: nibble >> 1,
    echo: (nibble & 1) === 1,
    addressId: view.getUint8(at + 3),
    address: formatAddress(octets(span, 4, addressLength)),
    ...(hasPort && { port: view.getUint16(at + 4 + addressLength) }),
    ...(rest >= 8 && { hmac: octets(span, length - 8, 8) }),
  };
}

function decodePrio({ view, at, length }: OptionSpan, nibble: number): MptcpOption | undefined {
  const reserved = nibble >> 1;
  const backup = (nibble & 1) === 1;
  if (length === 3) return { kind: 'mp_prio', reserved, backup };
  if (length === 4) return { kind: 'mp_prio', reserved, backup, addressId: view.getUint8(at + 3) };
  return undefined;
}

/** The lengths that an MPTCP option may have, as words for a message. `flags` is its fourth octet. */
export function mptcpLengths(subtype: number | undefined, flags: number): string {
  switch (subtype) {
    case undefined:
      return 'at least 3';
    case 0:
      return '4, 12, 20, 22 or 24';
    case 1:
      return '12, 16 or 24';
    case 2: {
      const base = dssLength(flags);
      return flags & 0x04 ? `${base} or ${base + 2} by its flags` : `${base} by its flags`;
    }
    case 3:
      return '8, 10, 16 or 18 for IPv4, 20, 22, 28 or 30 for IPv6';
    case 4:
      return 'at least 4';
    case 5:
      return '3 or 4';
    case 8:
      return '4';
    default:
      return '12';
  }
}
