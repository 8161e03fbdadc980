/** MP_CAPABLE (RFC 8684 §3.1), and its v0 forms (RFC 6824 §3.1: the key already on the SYN). */
import { inRange } from '../bytes.ts';
import { nibbleOf, writeHead, type Lying, type MptcpDefinition } from './definition.ts';
import { uint, uint64, type OptionField } from './field.ts';

/** MP_CAPABLE. The length alone determines which fields are present, whatever the version. */
export interface OptionMpCapable extends Lying {
  kind: 'mp_capable';
  version: number;
  /** The flag byte: A is 0x80, B 0x40, C 0x20, D to H 0x10 to 0x01. */
  flags: number;
  senderKey?: bigint;
  receiverKey?: bigint;
  /** Data-Level Length. */
  dataLength?: number;
  checksum?: number;
}

type Field = OptionField<OptionMpCapable>;

const LETTERS = 'ABCDEFGH';

/** The flag byte of letters: `AH` is 0x81. Other characters are ignored. */
export function flagLetters(text: string): bigint {
  return BigInt(
    Array.from(text, (letter) => (LETTERS.includes(letter) ? 0x80 >> LETTERS.indexOf(letter) : 0)).reduce(
      (sum, one) => sum | one,
      0,
    ),
  );
}

/** The letters of a flag byte, `AH`; `0` when none is set. */
export function lettersOf(flags: bigint): string {
  const set = Array.from(LETTERS)
    .filter((_, i) => (Number(flags) & (0x80 >> i)) !== 0)
    .join('');
  return set === '' ? '0' : set;
}

/** One bit of the flag byte. The byte's letters say the same. */
function bit(letter: string, mask: number): Field {
  return {
    style: 'bit',
    letter,
    redundant: true,
    read: ({ flags }) => BigInt((flags & mask) !== 0),
    write: (option, value) => {
      option.flags = value === 1n ? option.flags | mask : option.flags & ~mask;
    },
  };
}

const flags: Field = {
  style: 'letters',
  note: 'letters, `AH`, or a number',
  read: (option) => BigInt(option.flags),
  write: (option, value) => {
    option.flags = Number(value);
  },
};

/** D to H, the crypto algorithms. */
const crypto: Field = {
  style: 'hex',
  note: 'D to H as a number',
  redundant: true,
  read: (option) => BigInt(option.flags & 0x1f),
  write: (option, value) => {
    option.flags = (option.flags & 0xe0) | (Number(value) & 0x1f);
  },
};

/** Codec and fields of MP_CAPABLE. */
export const mpCapable: MptcpDefinition<OptionMpCapable> = {
  kind: 'mp_capable',
  subtype: 0,
  name: 'MP_CAPABLE',
  showsLength: true,
  fields: {
    version: uint('version'),
    flags,
    crypto,
    ...Object.fromEntries(Array.from(LETTERS, (letter, i) => [letter, bit(letter, 0x80 >> i)])),
    key: uint64('senderKey', 'hex', { note: "the sender's" }),
    rkey: uint64('receiverKey', 'hex', { note: "the receiver's" }),
    dlen: uint('dataLength'),
    csum: uint('checksum', 'hex'),
  },
  blank: () => ({ kind: 'mp_capable', version: 1, flags: 1, senderKey: 1n }),
  lengths: () => '4, 12, 20, 22 or 24',
  decode: (span) => {
    const { view, at, length } = span;
    if (length !== 4 && length !== 12 && length !== 20 && length !== 22 && length !== 24) return undefined;
    const option: OptionMpCapable = { kind: 'mp_capable', version: nibbleOf(span), flags: view.getUint8(at + 3) };
    if (length >= 12) option.senderKey = view.getBigUint64(at + 4);
    if (length >= 20) option.receiverKey = view.getBigUint64(at + 12);
    if (length >= 22) option.dataLength = view.getUint16(at + 20);
    if (length >= 24) option.checksum = view.getUint16(at + 22);
    return option;
  },
  encode: (w, option) => {
    writeHead(w, 0, inRange(option.version, 15, 'mp_capable.version'));
    w.u8(option.flags, 'mp_capable.flags');
    if (option.senderKey !== undefined) w.u64(option.senderKey, 'mp_capable.senderKey');
    if (option.receiverKey !== undefined) w.u64(option.receiverKey, 'mp_capable.receiverKey');
    if (option.dataLength !== undefined) w.u16(option.dataLength, 'mp_capable.dataLength');
    if (option.checksum !== undefined) w.u16(option.checksum, 'mp_capable.checksum');
  },
};
