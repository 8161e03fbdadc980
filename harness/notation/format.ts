/** Writes packets in the notation that suites are written in. Pure. */
import { seqOffset } from '../mptcp/index.ts';
import { encodedLength } from '../packet/index.ts';
import { FLAG, type Packet, type TcpOption } from '../packet/types.ts';
import type { OptionField } from '../packet/options/field.ts';
import { definitionOf } from '../packet/options/registry.ts';
import { flagText, headerField } from './header-fields.ts';
import { toRelative, type NumberBases } from './relative.ts';
import { showValue } from './styles.ts';

/** `a ACK seq=1 ack=11 win=502 len=10 <dss dack=11 dsn=1 ssn=1 dlen=10>`; who sent it is for the reader's context to say. */
export function formatPacket(subflow: string, packet: Packet, bases: NumberBases): string {
  const { tcp } = packet;
  const parts = [subflow, flagText(tcp), `seq=${relative(tcp.seq, bases.senderIsn)}`];
  if ((tcp.flags & FLAG.ACK) !== 0) parts.push(`ack=${relative(tcp.ack, bases.receiverIsn)}`);
  parts.push(`win=${tcp.window}`);
  if ((tcp.flags & FLAG.URG) !== 0) parts.push(`urg=${tcp.urgent}`);
  const length = String(tcp.payload.length);
  if (length !== headerField('len').quiet) parts.push(`len=${length}`);
  const shown = tcp.options.filter((option) => !isFiller(option));
  parts.push(`<${shown.map((option) => formatOption(option, bases)).join(', ')}>`);
  return parts.join(' ');
}

/** Whether an option only fills the option area up to a multiple of four bytes (RFC 9293 §3.1). */
function isFiller(option: TcpOption): boolean {
  return (
    option.kind === 'nop' ||
    option.kind === 'eol' ||
    (option.kind === 'padding' && option.raw.every((byte) => byte === 0))
  );
}

function relative(value: number, base: number | undefined): number {
  return base === undefined ? value : seqOffset(value, base);
}

type NamedFields = readonly (readonly [name: string, field: OptionField<TcpOption>])[];

const SHOWN = new Map<TcpOption['kind'], NamedFields>();

/** The fields that the text of an option of a kind can have. */
function shownFields(kind: TcpOption['kind'], fields: Readonly<Record<string, OptionField<TcpOption>>>): NamedFields {
  const known = SHOWN.get(kind);
  if (known !== undefined) return known;
  const shown = Object.entries(fields).filter(([, field]) => field.redundant !== true);
  SHOWN.set(kind, shown);
  return shown;
}

/** One option: `mp_capable version=1 flags=H key=0x1234`. */
export function formatOption(option: TcpOption, bases: NumberBases = {}): string {
  const { fields, main, showsLength } = definitionOf(option.kind);
  const parts: string[] = [];
  let head: string = option.kind;
  for (const [name, field] of shownFields(option.kind, fields)) {
    const text = fieldText(option, field, bases);
    if (text === undefined || text === field.quiet) continue;
    if (name === main) head = `${option.kind}=${text}`;
    else parts.push(`${name}=${text}`);
  }
  const lie = 'length' in option ? option.length : undefined;
  if (lie !== undefined || showsLength === true) parts.push(`len=${lie ?? encodedLength(option)}`);
  return [head, ...parts].join(' ');
}

function fieldText(option: TcpOption, field: OptionField<TcpOption>, bases: NumberBases): string | undefined {
  const value = field.read(option);
  if (value === undefined) return undefined;
  if (field.base === undefined || typeof value !== 'bigint') return showValue(value, field.style);
  const base = bases[field.base];
  return base === undefined
    ? showValue(value, 'hex')
    : showValue(toRelative(value, BigInt(base), field.bits?.(option) ?? 64));
}
