/** Gives a forged packet the numbers that a line speaks of, so that a `never` has something to trip over. Pure. */
import type { Packet, TcpOption } from '../packet/types.ts';
import type { Matcher, Value } from '../notation/expression.ts';
import type { FieldItem, PacketLine } from '../notation/packet-line.ts';
import type { Subflow } from './endpoint.ts';
import { evaluate, toInt, type Scope } from './evaluate.ts';

/**
 * The packet with addresses, ports, sequence numbers, data sequence numbers and length such that the line fits.
 *
 * @throws NotKnownYet
 */
export function withNumbers(packet: Packet, line: PacketLine, subflow: Subflow, scope: Scope): Packet {
  const header = (name: string): Value | undefined => numberFor(line.fields, name, scope);
  const [seq, ack, length] = [header('seq'), header('ack'), header('len')];
  const [from, to, sport, dport] = [header('from'), header('to'), header('sport'), header('dport')];
  const { ip, tcp } = packet;
  return {
    ip: { ...ip, ...(typeof from === 'string' ? { src: from } : {}), ...(typeof to === 'string' ? { dst: to } : {}) },
    tcp: {
      ...tcp,
      ...(sport === undefined ? {} : { srcPort: Number(toInt(sport)) & 0xffff }),
      ...(dport === undefined ? {} : { dstPort: Number(toInt(dport)) & 0xffff }),
      ...(seq === undefined ? {} : { seq: ((subflow.remoteIsn ?? 0) + Number(toInt(seq))) >>> 0 }),
      ...(ack === undefined ? {} : { ack: (subflow.isn + Number(toInt(ack))) >>> 0 }),
      ...(length === undefined ? {} : { payload: new Uint8Array(Number(toInt(length))) }),
      options: tcp.options.map((option) => numbered(option, line, subflow, scope)),
    },
  };
}

function numbered(option: TcpOption, line: PacketLine, { connection }: Subflow, scope: Scope): TcpOption {
  const fields = line.options?.items.find((item) => item.name === option.kind)?.fields;
  if (option.kind !== 'dss' || fields === undefined) return option;
  const [dsn, dack] = [numberFor(fields, 'dsn', scope), numberFor(fields, 'dack', scope)];
  const absolute = (base: bigint, value: Value): bigint => BigInt.asUintN(64, base + toInt(value));
  return {
    ...option,
    ...(dack === undefined ? {} : { hasDataAck: true, dataAck8: true, dataAck: absolute(connection.localIdsn, dack) }),
    ...(dsn === undefined
      ? {}
      : { hasMap: true, dsn8: true, dsn: absolute(connection.remoteIdsn ?? 0n, dsn), ssn: 1, dataLength: 1 }),
  };
}

function numberFor(fields: readonly FieldItem[], name: string, scope: Scope): Value | undefined {
  const matcher = fields.find((field) => field.name === name)?.matcher;
  return matcher === undefined ? undefined : fitting(matcher, scope);
}

/** A value that meets the matcher; undefined where any does, or none can be told. */
function fitting(matcher: Matcher, scope: Scope): Value | undefined {
  switch (matcher.type) {
    case 'equal':
      return matcher.expr.type === 'auto' ? undefined : evaluate(matcher.expr, scope);
    case 'not': {
      const value = fitting(matcher.matcher, scope);
      return typeof value === 'bigint' ? value + 1n : undefined;
    }
    case 'range':
      return evaluate(matcher.low, scope);
    case 'oneOf':
      return matcher.options.map((option) => fitting(option, scope)).find((value) => value !== undefined);
    default:
      return undefined;
  }
}
