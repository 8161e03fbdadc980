/** Writes packets in the notation that suites are written in. Pure. */
import { encodedLength } from '../packet/index.ts';
import { FLAG, type Packet, type TcpOption } from '../packet/types.ts';
import type { Value } from './expression.ts';
import { flagText, lettersOf, OPTION_FIELDS, RST_REASONS, type FieldSpec, type FieldStyle } from './option-fields.ts';

/** What relative numbers count from; a number whose base is unknown is shown as it is on the wire. */
export interface NumberBase {
  /** ISN of the packet's sender. */
  senderIsn?: number | undefined;
  receiverIsn?: number | undefined;
  senderIdsn?: bigint | undefined;
  receiverIdsn?: bigint | undefined;
}

/** As many as an option can have; a payload may be longer. */
const OCTETS_SHOWN = 40;

/** Fields not shown when they have this value, since every sane packet has it. */
const UNREMARKABLE: Readonly<Record<string, string>> = {
  rsv: '0x0',
  nibble: '0x0',
  F: '0',
  T: '0',
  E: '0',
  dsn_size: '8',
  dack_size: '8',
};
/** Fields that say again what others show. */
const REDUNDANT = new Set(['map', 'crypto']);

/** `a ACK seq=1 ack=11 win=502 len=10 <dss dack=11 dsn=1 ssn=1 dlen=10>`; who sent it is for the reader's context to say. */
export function formatPacket(subflow: string, packet: Packet, base: NumberBase): string {
  const { tcp } = packet;
  const parts = [subflow, flagText(tcp), `seq=${relative(tcp.seq, base.senderIsn)}`];
  if ((tcp.flags & FLAG.ACK) !== 0) parts.push(`ack=${relative(tcp.ack, base.receiverIsn)}`);
  parts.push(`win=${tcp.window}`);
  if ((tcp.flags & FLAG.URG) !== 0) parts.push(`urg=${tcp.urgent}`);
  if (tcp.payload.length > 0) parts.push(`len=${tcp.payload.length}`);
  const shown = tcp.options.filter((option) => !isFiller(option));
  parts.push(`<${shown.map((option) => formatOption(option, base)).join(', ')}>`);
  return parts.join(' ');
}

/** What only fills the option area up to a multiple of four octets (RFC 9293 §3.1). */
function isFiller(option: TcpOption): boolean {
  return (
    option.kind === 'nop' ||
    option.kind === 'eol' ||
    (option.kind === 'padding' && option.raw.every((octet) => octet === 0))
  );
}

function relative(value: number, base: number | undefined): number {
  return base === undefined ? value : (value - base) >>> 0;
}

/** One option: `mp_capable version=1 flags=H key=0x1234`. */
export function formatOption(option: TcpOption, base: NumberBase = {}): string {
  if (option.kind === 'ts') return 'ts';
  if (option.kind === 'malformed') return `malformed code=${option.code} bytes=${showValue(option.raw, 'bytes')}`;
  const known = OPTION_FIELDS.get(option.kind);
  if (known === undefined) return option.kind;
  const isCapable = option.kind === 'mp_capable';
  const parts: string[] = [];
  let head: string = option.kind;
  for (const [name, field] of known.fields) {
    // The letters of MP_CAPABLE's flags say what its single bits would.
    if (isCapable && /^[A-H]$/.test(name)) continue;
    const text = fieldText(option, name, field, base);
    if (text === undefined || text === UNREMARKABLE[name] || REDUNDANT.has(name)) continue;
    if (name === known.main) head = `${option.kind}=${text}`;
    else parts.push(`${name}=${text}`);
  }
  const lie = 'length' in option ? option.length : undefined;
  if (lie !== undefined || isCapable || option.kind === 'mp_join') parts.push(`len=${lie ?? encodedLength(option)}`);
  return [head, ...parts].join(' ');
}

function fieldText(option: TcpOption, name: string, field: FieldSpec, base: NumberBase): string | undefined {
  if (name === 'len') return undefined;
  const value = field.read(option);
  if (value === undefined) return undefined;
  const from = field.style === 'dsn' && option.kind !== 'mp_fail' ? base.senderIdsn : base.receiverIdsn;
  if ((field.style === 'dsn' || field.style === 'dack') && typeof value === 'bigint') {
    const wide = option.kind !== 'dss' || (field.style === 'dsn' ? option.dsn8 : option.dataAck8);
    return from === undefined ? `0x${value.toString(16)}` : BigInt.asUintN(wide ? 64 : 32, value - from).toString();
  }
  return showValue(value, field.style);
}

/** A value as the notation writes it. */
export function showValue(value: Value, style: FieldStyle = 'dec'): string {
  if (value instanceof Uint8Array) {
    const hex = Buffer.from(value.subarray(0, OCTETS_SHOWN)).toString('hex');
    return `hex:${hex}${value.length > OCTETS_SHOWN ? `...(${value.length} octets)` : ''}`;
  }
  if (typeof value === 'string') return value;
  if (style === 'hex') return `0x${value.toString(16)}`;
  if (style === 'letters') return lettersOf(value);
  if (style === 'reason')
    return Object.entries(RST_REASONS).find(([, code]) => code === value)?.[0] ?? value.toString();
  return value.toString();
}
