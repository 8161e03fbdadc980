/** Makes a packet that a line fits, so that a `never` or `quiet` has something to find. Pure. */
import { hasMptcpCode } from '../packet/index.ts';
import { FLAG, type Packet, type TcpOption } from '../packet/types.ts';
import type { Matcher, Value } from '../notation/expression.ts';
import type { OptionItem, PacketLine } from '../notation/packet-line.ts';
import { evaluate, toInt, type Scope } from '../notation/evaluate.ts';
import { headerField } from '../notation/header-fields.ts';
import { optionField } from '../notation/option-fields.ts';
import type { Subflow } from '../engine/endpoint.ts';
import { asSentByStack } from '../engine/number-base.ts';
import { blankOption, flagBits } from './alter-packet.ts';

/** A packet that has the flags and options of a line. */
export function forgeMatch(line: PacketLine, sample: Packet): Packet {
  const flags = line.flags === 'any' ? FLAG.ACK : flagBits(line.flags);
  const wanted = line.options?.items.filter((item) => !item.negated).map(forgeOption) ?? [];
  const plain = sample.tcp.options.filter(
    (option) => !hasMptcpCode(option) && !wanted.some((one) => one.kind === option.kind),
  );
  const needsData = line.fields.some((field) => field.name === 'len' || field.name === 'data');
  return {
    ...sample,
    tcp: {
      ...sample.tcp,
      flags,
      options: [...plain, ...wanted],
      payload: needsData ? Uint8Array.of(1) : new Uint8Array(0),
    },
  };
}

/** An option with the fields that an item asks for, as far as they can be told without a conversation. */
function forgeOption(item: OptionItem): TcpOption {
  const option = blankOption(item.name);
  for (const { name, matcher } of item.fields) {
    const field = optionField(item.name, name);
    if (matcher.type === 'absent') field?.write(option, undefined);
    else if (matcher.type === 'any') field?.write(option, field.read(option) ?? 1n);
    else if (matcher.type === 'equal' && matcher.expr.type === 'int') field?.write(option, matcher.expr.value);
  }
  return option;
}

/**
 * The packet with addresses, ports, sequence numbers, data sequence numbers and length such that the line fits.
 *
 * @throws NotKnownYet
 */
export function withNumbers(packet: Packet, line: PacketLine, subflow: Subflow, scope: Scope): Packet {
  const fitted = line.fields.reduce((result, { name, matcher }) => {
    const field = headerField(name);
    const value = fitting(matcher, scope);
    if (value === undefined) return result;
    // A port next to one of the conversation's ports is a valid port too.
    const isPort = name === 'sport' || name === 'dport';
    return field.write(result, isPort ? toInt(value) & 0xffffn : asSentByStack(field, value, subflow));
  }, packet);
  const options = fitted.tcp.options.map((option) => withDataNumbers(option, line, subflow, scope));
  return { ...fitted, tcp: { ...fitted.tcp, options } };
}

function withDataNumbers(option: TcpOption, line: PacketLine, subflow: Subflow, scope: Scope): TcpOption {
  const result = structuredClone(option);
  for (const { name, matcher } of line.options?.items.find((item) => item.name === option.kind)?.fields ?? []) {
    const field = optionField(option.kind, name);
    const value = field?.base === undefined ? undefined : fitting(matcher, scope);
    if (field === undefined || value === undefined) continue;
    if (result.kind === 'dss' && name === 'dsn')
      Object.assign(result, { hasMap: true, dsn8: true, ssn: 1, dataLength: 1 });
    if (result.kind === 'dss' && name === 'dack') result.dataAck8 = true;
    field.write(result, asSentByStack(field, value, subflow));
  }
  return result;
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
    case 'not':
    case 'bind':
    case 'any':
    case 'absent':
      return undefined;
  }
}
