/** The fields that packet lines can name, and how each is read from and written to a packet or option. */
import { FLAG, type TcpOption, type TcpSegment } from '../packet/types.ts';
import type { Value } from './expression.ts';

/** How the notation shows a field, and what its numbers are relative to. */
export type FieldStyle =
  | 'dec'
  | 'hex'
  | 'bytes'
  | 'text'
  | 'bit'
  | 'letters'
  | 'reason'
  | 'list'
  /** Data sequence numbers count from the sender's IDSN, Data ACKs from the receiver's. */
  | 'dsn'
  | 'dack';

/** One field of an option. */
export interface FieldSpec {
  style: FieldStyle;
  /** The value; undefined when the field is absent from this option. */
  read(option: TcpOption): Value | undefined;
  /** Sets the value; undefined removes the field. */
  write(option: TcpOption, value: Value | undefined): void;
}

/** One option of the notation. */
export interface OptionSpec {
  /** Field set by `name=value`. */
  main?: string;
  mptcp: boolean;
  fields: ReadonlyMap<string, FieldSpec>;
}

/** Fields of the TCP header and payload that a packet line can name. */
export const HEADER_FIELDS: ReadonlyMap<string, FieldStyle> = new Map<string, FieldStyle>([
  ['seq', 'dec'],
  ['ack', 'dec'],
  ['win', 'dec'],
  ['urg', 'dec'],
  ['len', 'dec'],
  ['data', 'bytes'],
  ['from', 'text'],
  ['to', 'text'],
  ['sport', 'dec'],
  ['dport', 'dec'],
]);

/** Reason codes of MP_TCPRST by name (RFC 8684 §3.6). */
export const RST_REASONS: Readonly<Record<string, bigint>> = {
  unspecified: 0n,
  'mptcp-specific': 1n,
  'lack-of-resources': 2n,
  prohibited: 3n,
  'too-much-data': 4n,
  'unacceptable-performance': 5n,
  middlebox: 6n,
};

type Bag = Record<string, unknown>;
const bag = (option: TcpOption): Bag => option as unknown as Bag;

function put(option: TcpOption, property: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(option, property);
  else bag(option)[property] = value;
}

function int(property: string, style: FieldStyle = 'dec'): FieldSpec {
  return {
    style,
    read: (option) => toBigint(bag(option)[property]),
    write: (option, value) => put(option, property, value === undefined ? undefined : Number(value)),
  };
}

function big(property: string, style: FieldStyle = 'hex', presence?: string): FieldSpec {
  return {
    style,
    read: (option) => toBigint(bag(option)[property]),
    write: (option, value) => {
      put(option, property, value);
      if (presence !== undefined) bag(option)[presence] = value !== undefined;
    },
  };
}

function flag(property: string): FieldSpec {
  return {
    style: 'bit',
    read: (option) => (typeof bag(option)[property] === 'boolean' ? BigInt(bag(option)[property] === true) : undefined),
    write: (option, value) => put(option, property, value !== undefined && value !== 0n),
  };
}

function bit(mask: number): FieldSpec {
  return {
    style: 'bit',
    read: (option) => ('flags' in option ? BigInt((option.flags & mask) !== 0) : undefined),
    write: (option, value) => {
      if (!('flags' in option)) return;
      option.flags = value === 1n ? option.flags | mask : option.flags & ~mask;
    },
  };
}

function bytes(property: string): FieldSpec {
  return {
    style: 'bytes',
    read: (option) => bag(option)[property] as Uint8Array | undefined,
    write: (option, value) => put(option, property, value),
  };
}

/** 4 or 8 octets, told by a flag of the DSS. */
function width(property: 'dsn8' | 'dataAck8', presence: 'hasMap' | 'hasDataAck'): FieldSpec {
  return {
    style: 'dec',
    read: (option) => (bag(option)[presence] === true ? (bag(option)[property] === true ? 8n : 4n) : undefined),
    write: (option, value) => put(option, property, value === 8n),
  };
}

function toBigint(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' ? BigInt(value) : undefined;
}

const LETTERS = 'ABCDEFGH';

/** The flag octet of MP_CAPABLE that letters stand for: `AH` is 0x81. What is no letter from A to H counts nothing. */
export function flagLetters(text: string): bigint {
  return BigInt(
    Array.from(text, (letter) => (LETTERS.includes(letter) ? 0x80 >> LETTERS.indexOf(letter) : 0)).reduce(
      (sum, one) => sum | one,
      0,
    ),
  );
}

/** The letters of a flag octet, `AH`; `0` when none is set. */
export function lettersOf(flags: bigint): string {
  const set = Array.from(LETTERS)
    .filter((_, i) => (Number(flags) & (0x80 >> i)) !== 0)
    .join('');
  return set === '' ? '0' : set;
}

const letters: FieldSpec = {
  style: 'letters',
  read: (option) => ('flags' in option ? BigInt(option.flags) : undefined),
  write: (option, value) => {
    if ('flags' in option) option.flags = Number(value);
  },
};

const crypto: FieldSpec = {
  style: 'hex',
  read: (option) => ('flags' in option ? BigInt(option.flags & 0x1f) : undefined),
  write: (option, value) => {
    if ('flags' in option) option.flags = (option.flags & 0xe0) | (Number(value) & 0x1f);
  },
};

const reason: FieldSpec = { ...int('reason', 'reason') };

const addressIds: FieldSpec = {
  style: 'list',
  read: (option) => ('addressIds' in option ? option.addressIds.join('+') : undefined),
  write: (option, value) => {
    if ('addressIds' in option) option.addressIds = String(value).split('+').map(Number);
  },
};

/** A mapping's fields come and go together; a packet to send that is to have one is given all of them beforehand. */
const map: FieldSpec = {
  style: 'bit',
  read: (option) => ('hasMap' in option ? BigInt(option.hasMap) : undefined),
  write: (option, value) => {
    put(option, 'hasMap', value === 1n);
    if (value === 1n) return;
    for (const property of ['dsn', 'ssn', 'dataLength', 'checksum']) put(option, property, undefined);
  },
};

const spec = (mptcp: boolean, fields: Record<string, FieldSpec>, main?: string): OptionSpec => ({
  mptcp,
  fields: new Map(Object.entries({ ...fields, len: lengthMarker })),
  ...(main === undefined ? {} : { main }),
});

/** `len` is the Length octet; who reads or writes options handles it, since it belongs to no single property. */
const lengthMarker: FieldSpec = { style: 'dec', read: () => undefined, write: () => undefined };

/** Every option that a packet line can name. */
export const OPTION_FIELDS: ReadonlyMap<string, OptionSpec> = new Map<string, OptionSpec>([
  ['mss', spec(false, { mss: int('mss') }, 'mss')],
  ['wscale', spec(false, { shift: int('shift') }, 'shift')],
  ['sack_ok', spec(false, {})],
  ['sack', spec(false, {})],
  ['ts', spec(false, { val: int('value'), ecr: int('echo') })],
  ['fastopen', spec(false, { cookie: bytes('cookie') }, 'cookie')],
  ['nop', spec(false, {})],
  ['eol', spec(false, {})],
  ['raw', spec(false, { bytes: bytes('raw') }, 'bytes')],
  ['padding', spec(false, { bytes: bytes('raw') }, 'bytes')],
  ['unknown', spec(false, { code: int('code'), data: bytes('data') })],
  ['malformed', spec(true, { code: int('code'), bytes: bytes('raw') })],
  [
    'mp_capable',
    spec(true, {
      version: int('version'),
      flags: letters,
      crypto,
      ...Object.fromEntries(Array.from(LETTERS, (letter, i) => [letter, bit(0x80 >> i)])),
      key: big('senderKey'),
      rkey: big('receiverKey'),
      dlen: int('dataLength'),
      csum: int('checksum', 'hex'),
    }),
  ],
  [
    'mp_join',
    spec(true, {
      rsv: int('reserved', 'hex'),
      B: flag('backup'),
      id: int('addressId'),
      token: int('token', 'hex'),
      nonce: int('nonce', 'hex'),
      hmac: bytes('hmac'),
    }),
  ],
  [
    'dss',
    spec(true, {
      F: flag('dataFin'),
      rsv: int('reserved', 'hex'),
      dack: big('dataAck', 'dack', 'hasDataAck'),
      map,
      dsn: big('dsn', 'dsn'),
      ssn: int('ssn'),
      dlen: int('dataLength'),
      csum: int('checksum', 'hex'),
      dsn_size: width('dsn8', 'hasMap'),
      dack_size: width('dataAck8', 'hasDataAck'),
    }),
  ],
  [
    'add_addr',
    spec(true, {
      rsv: int('reserved', 'hex'),
      E: flag('echo'),
      id: int('addressId'),
      addr: {
        style: 'text',
        read: (o) => bag(o)['address'] as string | undefined,
        write: (o, v) => put(o, 'address', v),
      },
      port: int('port'),
      hmac: bytes('hmac'),
    }),
  ],
  ['remove_addr', spec(true, { rsv: int('reserved', 'hex'), id: addressIds }, 'id')],
  ['mp_prio', spec(true, { rsv: int('reserved', 'hex'), B: flag('backup'), id: int('addressId') })],
  ['mp_fail', spec(true, { rsv: int('reserved', 'hex'), dsn: big('dsn', 'dsn') })],
  ['mp_fastclose', spec(true, { rsv: int('reserved', 'hex'), key: big('receiverKey') })],
  ['mp_tcprst', spec(true, { rsv: int('reserved', 'hex'), T: flag('transient'), reason })],
  ['mp_experimental', spec(true, { nibble: int('nibble', 'hex'), data: bytes('data') })],
  ['mptcp_unknown', spec(true, { subtype: int('subtype'), nibble: int('nibble', 'hex'), data: bytes('data') })],
]);

/** Names of all options. */
export function optionNames(): string[] {
  return [...OPTION_FIELDS.keys()];
}

/** Whether an option is one of MPTCP's. */
export function isMptcp(option: TcpOption): boolean {
  if (option.kind === 'malformed') return option.code === 30;
  if (option.kind === 'raw') return option.raw[0] === 30;
  return OPTION_FIELDS.get(option.kind)?.mptcp ?? false;
}

/** Flag names of a segment in the notation's order, `SYN/ACK`; `none` when there is no flag. */
export function flagText(tcp: Pick<TcpSegment, 'flags'>): string {
  const names = (['SYN', 'FIN', 'RST', 'PSH', 'URG', 'ECE', 'CWR', 'ACK'] as const).filter(
    (name) => (tcp.flags & FLAG[name]) !== 0,
  );
  return names.length === 0 ? 'none' : names.join('/');
}
