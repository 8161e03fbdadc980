/** Builds the packet that a `send` line describes: a compliant peer's, but for what the line says. Pure. */
import { dssChecksum, idsn, low32, seqAdd, seqDiff, seqOffset } from '../mptcp/index.ts';
import { encodedLength, encodeOptions, hasMptcpCode } from '../packet/index.ts';
import type { OptionKind } from '../packet/options/registry.ts';
import {
  FLAG,
  type IpHeader,
  type OptionAddAddr,
  type OptionDss,
  type Packet,
  type TcpOption,
} from '../packet/types.ts';
import type { Value } from '../notation/expression.ts';
import { headerField, type HeaderFieldName } from '../notation/header-fields.ts';
import { optionField } from '../notation/option-fields.ts';
import { toAbsolute, toRelative } from '../notation/relative.ts';
import type { FieldItem, OptionItem, PacketLine } from '../notation/packet-line.ts';
import { fillBytes } from '../sut/fill.ts';
import {
  announcementHmac,
  checksumOfCapable,
  compliantOption,
  mappedBytes,
  narrowDss,
  outgoingView,
  wideOption,
  type OptionView,
} from './compliant-option.ts';
import { relativeDsn, type Subflow } from './endpoint.ts';
import { baseOf } from './number-base.ts';
import { evaluate, toInt, type Scope } from '../notation/evaluate.ts';

/** TCP's option area (RFC 9293 §3.1). */
const OPTION_SPACE = 40;
const DEFAULT_WINDOW = 0xffff;
/** Options that may map data; bytes written raw may be either of the others. */
const MAPPING_OPTIONS = new Set<OptionKind>(['dss', 'mp_capable', 'raw']);

/** Composes a packet. `clock` is the timestamp value to send. State is not touched: see `recordSent`. @throws NotKnownYet */
export function composePacket(line: PacketLine, subflow: Subflow, scope: Scope, clock: number): Packet {
  const flags = flagBits(line);
  const view: OptionView = { ...viewFor(line, subflow, flags, scope), clock: seqAdd(clock, 0) };
  const options = [...plainOptions(line, view), ...mptcpOptions(line, view, scope)];
  const { local, remote, connection } = subflow;
  const isAck = (flags & FLAG.ACK) !== 0;
  const compliant: Packet = {
    ip: ipHeader(local.address, remote.address),
    tcp: {
      srcPort: local.port,
      dstPort: remote.port,
      seq: seqAdd(subflow.isn, subflow.sendNext),
      ack: isAck ? seqAdd(subflow.remoteIsn ?? 0, subflow.receiveNext) : 0,
      flags,
      window: connection.profile.window ?? DEFAULT_WINDOW,
      urgent: 0,
      options: fit(options),
      payload: view.payload,
    },
  };
  return line.fields.reduce((packet, item) => writeHeader(packet, item, view, scope), compliant);
}

/** The packet with what a line says of a field of its header. */
function writeHeader(packet: Packet, item: FieldItem<HeaderFieldName>, view: OptionView, scope: Scope): Packet {
  const field = headerField(item.name);
  const base = field.base === undefined ? 0n : (baseOf(field.base, view) ?? 0n);
  const auto = (): Value | undefined => {
    const value = field.read(packet);
    return typeof value === 'bigint' ? value - base : value;
  };
  const value = fieldValue(item, { ...scope, auto });
  return field.write(packet, field.base === undefined ? value : toAbsolute(toInt(value), base, 32));
}

/** Updates the sender's state after a packet was sent. */
export function recordSent(line: PacketLine, subflow: Subflow, packet: Packet): void {
  const { connection } = subflow;
  const { tcp } = packet;
  if ((tcp.flags & FLAG.RST) !== 0) return;
  const seq = seqOffset(tcp.seq, subflow.isn);
  const control = Number((tcp.flags & FLAG.SYN) !== 0) + Number((tcp.flags & FLAG.FIN) !== 0);
  const end = seq + tcp.payload.length + control;
  // A segment far off the stream (a test of validity checks) does not move it.
  if (
    isFarOff(seq, subflow.sendNext) ||
    ((tcp.flags & FLAG.ACK) !== 0 && isFarOff(seqOffset(tcp.ack, subflow.remoteIsn ?? tcp.ack), subflow.receiveNext))
  )
    return;
  if (seq <= subflow.sendNext && end > subflow.sendNext) subflow.sendNext = end;
  if ((tcp.flags & FLAG.SYN) !== 0) {
    if (subflow.first) connection.mptcp &&= tcp.options.some((option) => hasMptcpCode(option));
    if (!tcp.options.some((option) => option.kind === 'ts')) subflow.timestamps = false;
    return;
  }
  recordMapping(line, subflow, tcp.options, seq, tcp.payload.length);
}

/** Whether a number lies outside of any window that a scenario fills, on either side; relative, modulo 2^32. */
function isFarOff(number: number, next: number): boolean {
  return Math.abs(seqDiff(number, next)) > 0x1000000;
}

function recordMapping(
  line: PacketLine,
  subflow: Subflow,
  options: readonly TcpOption[],
  seq: number,
  length: number,
): void {
  const { connection } = subflow;
  const dss = options.find((option) => option.kind === 'dss');
  const capable = options.find((option) => option.kind === 'mp_capable' && option.dataLength !== undefined);
  // Where a line leaves the number out, it is the next one; a retransmission is not counted again.
  let dsn = connection.sendNext;
  let isNew = subflow.sentMappingAt(seq) === undefined;
  let covered = 0;
  if (dss?.hasMap === true) {
    covered = Math.max(0, (dss.dataLength ?? 0) - (dss.dataFin ? 1 : 0));
    if (writtenIn(line, 'dsn') && dss.dsn !== undefined) {
      dsn = relativeDsn(dss.dsn, dss.dsn8, connection.localIdsn);
      isNew = true;
    }
  } else if (capable?.kind === 'mp_capable') covered = capable.dataLength ?? 0;
  else if (!connection.mptcp) covered = length;
  if (covered > 0 && isNew) {
    subflow.sentMappings.push({ ssn: (writtenIn(line, 'ssn') ? dss?.ssn : undefined) ?? seq, dsn, length: covered });
    connection.sent.take(dsn, covered);
  }
  if (dss?.hasMap === true && dss.dataFin) connection.sent.take(isNew ? dsn + BigInt(covered) : connection.sendNext, 1);
}

function writtenIn(line: PacketLine, name: string): FieldItem | undefined {
  return line.options?.items.find((item) => item.name === 'dss')?.fields.find((field) => field.name === name);
}

function flagBits(line: PacketLine): number {
  if (line.flags === 'any') return FLAG.ACK;
  return line.flags.reduce((sum, name) => sum | FLAG[name as keyof typeof FLAG], 0);
}

function viewFor(line: PacketLine, subflow: Subflow, flags: number, scope: Scope): OptionView {
  const ssn = Number(headerValue(line.fields, 'seq', BigInt(subflow.sendNext), scope));
  const start = ssn + ((flags & FLAG.SYN) === 0 ? 0 : 1);
  const known = subflow.sentMappingAt(start);
  const { connection } = subflow;
  const dsn = known === undefined ? connection.sendNext : known.dsn + BigInt(start - known.ssn);
  // Retransmissions must carry the same bytes, whatever the line says.
  const shown = known === undefined ? writtenDsn(line, start, dsn, scope) : undefined;
  const isPlain = !connection.mptcp || (subflow.first && known === undefined && isUnmapped(line));
  const offset = isPlain ? start - 1 : Number(shown ?? dsn) - 1;
  const dataFin =
    line.options?.items.some(
      (item) =>
        item.name === 'dss' && item.fields.some((field) => field.name === 'F' && fieldValue(field, scope) === 1n),
    ) ?? false;
  return outgoingView(subflow, flags, start, payloadOf(line, Math.max(0, offset), scope), dataFin);
}

/** Data sequence number of the byte at `start` by a mapping that the line writes: the payload follows it. */
function writtenDsn(line: PacketLine, start: number, next: bigint, scope: Scope): bigint | undefined {
  const [dsn, ssn] = [writtenIn(line, 'dsn'), writtenIn(line, 'ssn')];
  if (dsn === undefined || dsn.matcher.type === 'absent') return undefined;
  const from =
    ssn === undefined || ssn.matcher.type === 'absent'
      ? start
      : toInt(fieldValue(ssn, { ...scope, auto: () => BigInt(start) }));
  return low32(toInt(fieldValue(dsn, { ...scope, auto: () => next })) + BigInt(start) - BigInt(from));
}

/** Whether a line leaves its data without a mapping: after a fall back its place on the subflow is that in the stream. */
function isUnmapped({ options }: PacketLine): boolean {
  return (
    options !== undefined &&
    !options.open &&
    options.items.every((item) => item.negated || !MAPPING_OPTIONS.has(item.name))
  );
}

function payloadOf(line: PacketLine, offset: number, scope: Scope): Uint8Array {
  const data = line.fields.find((field) => field.name === 'data');
  if (data !== undefined) {
    const value = fieldValue(data, {
      ...scope,
      auto: () => fillBytes(offset, Number(headerValue(line.fields, 'len', 0n, scope))),
    });
    if (!(value instanceof Uint8Array)) throw new RangeError('data: a packet to send needs bytes; write hex:00ff');
    return value;
  }
  return fillBytes(offset, Number(headerValue(line.fields, 'len', 0n, scope)));
}

/** The value that a line gives a header field, or `auto`. @throws NotKnownYet */
export function headerValue(fields: readonly FieldItem[], name: string, auto: bigint, scope: Scope): bigint {
  const item = fields.find((field) => field.name === name);
  return item === undefined ? auto : toInt(fieldValue(item, { ...scope, auto: () => auto }));
}

function fieldValue(item: FieldItem, scope: Scope): Value | undefined {
  if (item.matcher.type === 'absent') return undefined;
  if (item.matcher.type !== 'equal') throw new RangeError(`${item.name}: a packet to send needs one value`);
  return evaluate(item.matcher.expr, scope);
}

/** TCP's own options: what the profile offers on a SYN, timestamps after it; the line may replace or leave out each. */
function plainOptions(line: PacketLine, view: OptionView): TcpOption[] {
  const { subflow, flags } = view;
  const { profile } = subflow.connection;
  // A line that names an option, to write it otherwise or to take it out, has the last word on it.
  const named = new Set<OptionKind>(line.options?.items.map((item) => item.name));
  const kinds: OptionKind[] = [];
  if ((flags & FLAG.SYN) !== 0) {
    kinds.push('mss');
    if (profile.sack) kinds.push('sack_ok');
    if (profile.wscale >= 0) kinds.push('wscale');
  }
  if (subflow.timestamps && (flags & FLAG.RST) === 0) kinds.push('ts');
  return kinds.filter((kind) => !named.has(kind)).map((kind) => compliantOption(kind, view));
}

/** The options that the line lists, or those of a compliant peer where it lists none. */
function mptcpOptions(line: PacketLine, view: OptionView, scope: Scope): TcpOption[] {
  if (line.options === undefined) return defaultKinds(view).map((kind) => compliantOption(kind, view));
  const items = line.options.items.filter((item) => !item.negated);
  const extra = line.options.open
    ? defaultKinds(view).filter((kind) => !line.options?.items.some((item) => item.name === kind))
    : [];
  return [...extra.map((kind) => compliantOption(kind, view)), ...items.map((item) => buildOption(item, view, scope))];
}

function defaultKinds(view: OptionView): OptionKind[] {
  const { subflow, flags } = view;
  if ((flags & FLAG.RST) !== 0 || !subflow.connection.mptcp) return [];
  if ((flags & FLAG.SYN) !== 0) return [subflow.first ? 'mp_capable' : 'mp_join'];
  if (!subflow.active || subflow.confirmed) return ['dss'];
  if (!subflow.first) return ['mp_join'];
  // Until the stack acknowledges data, the first data goes with MP_CAPABLE, and so do empty ACKs (§3.1).
  return view.payload.length === 0 || view.ssn === 1 ? ['mp_capable'] : ['dss'];
}

/** One option with what the line makes different. */
function buildOption(item: OptionItem, plain: OptionView, scope: Scope): TcpOption {
  const view = item.name === 'dss' && speaksOfMapping(item, scope) ? { ...plain, mapping: true } : plain;
  const reference = wideOption(item.name, view);
  const option = structuredClone(reference);
  for (const field of item.fields)
    if (field.name !== 'csum' && field.name !== 'len') writeField(field, item.name, { option, reference, view, scope });
  if (option.kind === 'dss') dropWithParts(option, item);
  if (option.kind === 'add_addr' && !item.fields.some((field) => field.name === 'hmac')) settleHmac(option, view);
  // A compliant checksum covers the mapping as it is written, so it comes last.
  const checksum = item.fields.find((field) => field.name === 'csum');
  if (checksum !== undefined && (option.kind === 'dss' || option.kind === 'mp_capable')) option.checksum ??= 0;
  sumUp(option, reference, view);
  if (checksum !== undefined)
    writeField(checksum, item.name, { option, reference: structuredClone(option), view, scope });
  narrowDss(option);
  const length = item.fields.find((field) => field.name === 'len');
  if (length === undefined) return option;
  return resize(option, Number(toInt(fieldValue(length, { ...scope, auto: () => BigInt(encodedLength(option)) }))));
}

const MAPPING_FIELDS = new Set(['map', 'dsn', 'ssn', 'dlen', 'csum']);

/** Whether a DSS has fields of a mapping that are not left out. */
function speaksOfMapping(item: OptionItem, scope: Scope): boolean {
  return item.fields.some((field) => {
    if (!MAPPING_FIELDS.has(field.name) || field.matcher.type === 'absent') return false;
    return field.name !== 'map' || fieldValue(field, { ...scope, auto: () => 0n }) === 1n;
  });
}

/** The HMAC of what the line announces; an echo has none. */
function settleHmac(option: OptionAddAddr, view: OptionView): void {
  if (option.echo) delete option.hmac;
  else option.hmac = announcementHmac(option, view);
}

/** Fields of a part of the DSS that the line removes are removed too, unless the line sets them. */
function dropWithParts(option: OptionDss, item: OptionItem): void {
  const written = new Set(item.fields.map((field) => field.name));
  if (!option.hasDataAck && !written.has('dack_size')) option.dataAck8 = false;
  if (option.hasMap) return;
  if (!written.has('dsn_size')) option.dsn8 = false;
  for (const name of ['dsn', 'ssn', 'dlen', 'csum']) {
    if (written.has(name)) continue;
    optionField('dss', name)?.write(option, undefined);
    option.hasMap = false;
  }
}

interface Building {
  option: TcpOption;
  /** The value that a compliant sender would write. */
  reference: TcpOption;
  view: OptionView;
  scope: Scope;
}

function writeField(item: FieldItem, kind: OptionKind, { option, reference, view, scope }: Building): void {
  const field = optionField(kind, item.name);
  if (field === undefined) return;
  const { style } = field;
  const base = field.base === undefined ? undefined : baseOf(field.base, view);
  const auto = (): Value | undefined => {
    const value = field.read(reference);
    return base !== undefined && typeof value === 'bigint' ? toRelative(value, base, 64) : value;
  };
  const value = fieldValue(item, { ...scope, style, auto });
  field.write(option, base !== undefined && typeof value === 'bigint' ? toAbsolute(value, base, 64) : value);
}

function sumUp(option: TcpOption, reference: TcpOption, view: OptionView): void {
  if (option.kind === 'dss' && option.checksum !== undefined && option.dsn !== undefined) {
    const { dsn, ssn = 0, dataLength = 0 } = option;
    // An infinite mapping has no bytes to sum up (§3.7).
    option.checksum =
      dataLength === 0
        ? 0
        : dssChecksum({ dsn, ssn, dataLength, data: mappedBytes(option, view, view.subflow.connection.localIdsn) });
  }
  if (option.kind !== 'mp_capable' || option.checksum === undefined || option.dataLength === undefined) return;
  if (reference.kind !== 'mp_capable' || reference.senderKey === undefined) return;
  option.checksum = checksumOfCapable(option.dataLength, view, idsn(reference.senderKey));
}

/** The option cut or filled up with zeros to `length` bytes, its Length byte telling so. */
function resize(option: TcpOption, length: number): TcpOption {
  const whole = encodeOptions([option]);
  const raw = new Uint8Array(length);
  raw.set(whole.subarray(0, length));
  if (length > 1) raw[1] = length;
  return { kind: 'raw', raw };
}

/** Leaves timestamps out where the options would not fit otherwise. */
function fit(options: TcpOption[]): TcpOption[] {
  if (encodeOptions(options).length <= OPTION_SPACE) return options;
  return options.filter((option) => option.kind !== 'ts');
}

function ipHeader(src: string, dst: string): IpHeader {
  if (src.includes(':')) return { family: 'ipv6', src, dst, trafficClass: 0, flowLabel: 0, hopLimit: 64, protocol: 6 };
  return { family: 'ipv4', src, dst, tos: 0, id: 0, fragment: 0x4000, ttl: 64, protocol: 6 };
}
