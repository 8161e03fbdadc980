/** Gives a forged packet the numbers that a line speaks of, so that a `never` has something to trip over. Pure. */
import type { Packet, TcpOption } from '../packet/types.ts';
import type { Matcher, Value } from '../notation/expression.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import { evaluate, type Scope } from '../notation/evaluate.ts';
import { headerField, type HeaderFieldName } from '../notation/header-fields.ts';
import { optionField } from '../notation/option-fields.ts';
import type { Subflow } from './endpoint.ts';
import { asSentByStack } from './number-base.ts';

/** The packet with sequence numbers, data sequence numbers and length such that the line fits. @throws NotKnownYet */
export function withNumbers(packet: Packet, line: PacketLine, subflow: Subflow, scope: Scope): Packet {
  const numbered = line.fields.reduce((result, { name, matcher }) => {
    if (!FORGED.has(name)) return result;
    const value = fitting(matcher, scope);
    return value === undefined
      ? result
      : headerField(name).write(result, asSentByStack(headerField(name), value, subflow));
  }, packet);
  const options = numbered.tcp.options.map((option) => withDataNumbers(option, line, subflow, scope));
  return { ...numbered, tcp: { ...numbered.tcp, options } };
}

/** Fields that a forged packet gets its numbers in; the others stay those of the packet that it is made of. */
const FORGED = new Set<HeaderFieldName>(['seq', 'ack', 'len']);

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
    case 'range':
      return evaluate(matcher.low, scope);
    case 'oneOf':
      return matcher.options.map((option) => fitting(option, scope)).find((value) => value !== undefined);
    default:
      return undefined;
  }
}
