/** DSS (RFC 8684 §3.3, figure 9). */
import { inRange } from '../bytes.ts';
import type { Lying, MptcpDefinition } from './definition.ts';
import { flag, reserved, uint, uint64, type OptionField } from './field.ts';

/** DSS. Which fields are present follows from `hasDataAck` and `hasMap`. */
export interface OptionDss extends Lying {
  kind: 'dss';
  /** The seven reserved bits before F, 0..127. */
  reserved: number;
  /** F: DATA_FIN. */
  dataFin: boolean;
  /** m: the DSN has 8 bytes. */
  dsn8: boolean;
  /** M: a mapping is present. */
  hasMap: boolean;
  /** a: the Data ACK has 8 bytes. */
  dataAck8: boolean;
  /** A: a Data ACK is present. */
  hasDataAck: boolean;
  /** 32 or 64 bits, as `dataAck8` says. */
  dataAck?: bigint;
  dsn?: bigint;
  /** Relative subflow sequence number. */
  ssn?: number;
  dataLength?: number;
  checksum?: number;
}

/** 4 or 8 bytes, told by a flag. */
function width(
  property: 'dsn8' | 'dataAck8',
  presence: 'hasMap' | 'hasDataAck',
  letter: string,
): OptionField<OptionDss> {
  return {
    style: 'dec',
    letter,
    note: '4 or 8',
    quiet: '8',
    read: (option) => (option[presence] ? (option[property] ? 8n : 4n) : undefined),
    write: (option, value) => {
      option[property] = value === 8n;
    },
    alter: (value) => 12n - value,
  };
}

/** A mapping's fields come and go together; a packet to send that is to have one is given all of them beforehand. */
const map: OptionField<OptionDss> = {
  style: 'bit',
  note: '0 removes the mapping',
  letter: 'M',
  redundant: true,
  read: (option) => BigInt(option.hasMap),
  write: (option, value) => {
    option.hasMap = value === 1n;
    if (value === 1n) return;
    delete option.dsn;
    delete option.ssn;
    delete option.dataLength;
    delete option.checksum;
  },
};

/** Bytes that a DSS option has by its flags, without a checksum. */
function lengthByFlags(flags: number): number {
  const dataAck = flags & 0x01 ? (flags & 0x02 ? 8 : 4) : 0;
  const mapping = flags & 0x04 ? (flags & 0x08 ? 8 : 4) + 6 : 0;
  return 4 + dataAck + mapping;
}

/** Codec and fields of DSS. */
export const dss: MptcpDefinition<OptionDss> = {
  kind: 'dss',
  subtype: 2,
  name: 'DSS',
  fields: {
    F: flag('dataFin', 'F', { quiet: '0' }),
    rsv: reserved(),
    dack: uint64('dataAck', 'dec', {
      presence: 'hasDataAck',
      base: 'receiverIdsn',
      bits: (option) => (option.dataAck8 ? 64 : 32),
    }),
    map,
    dsn: uint64('dsn', 'dec', { base: 'senderIdsn', bits: (option) => (option.dsn8 ? 64 : 32) }),
    ssn: uint('ssn'),
    dlen: uint('dataLength'),
    csum: uint('checksum', 'hex'),
    dsn_size: width('dsn8', 'hasMap', 'm'),
    dack_size: width('dataAck8', 'hasDataAck', 'a'),
  },
  blank: () => ({
    kind: 'dss',
    reserved: 0,
    dataFin: false,
    dsn8: false,
    hasMap: false,
    dataAck8: false,
    hasDataAck: true,
    dataAck: 1n,
  }),
  lengths: (flags) => {
    const base = lengthByFlags(flags);
    return flags & 0x04 ? `${base} or ${base + 2}, from its flags` : `${base}, from its flags`;
  },
  decode: ({ view, at, length }) => {
    if (length < 4) return undefined;
    const word = view.getUint16(at + 2);
    const base = lengthByFlags(word);
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
  },
  /** The flags are written as they are and the fields as they are there, so that the two can contradict each other. */
  encode: (w, o) => {
    const map = (o.dsn8 ? 0x08 : 0) | (o.hasMap ? 0x04 : 0);
    const flags = (o.dataFin ? 0x10 : 0) | map | (o.dataAck8 ? 0x02 : 0) | (o.hasDataAck ? 0x01 : 0);
    w.u16((2 << 12) | (inRange(o.reserved, 0x7f, 'dss.reserved') << 5) | flags, 'subtype');
    if (o.dataAck !== undefined) w.u32or64(o.dataAck, o.dataAck8, 'dss.dataAck');
    if (o.dsn !== undefined) w.u32or64(o.dsn, o.dsn8, 'dss.dsn');
    if (o.ssn !== undefined) w.u32(o.ssn, 'dss.ssn');
    if (o.dataLength !== undefined) w.u16(o.dataLength, 'dss.dataLength');
    if (o.checksum !== undefined) w.u16(o.checksum, 'dss.checksum');
  },
};
