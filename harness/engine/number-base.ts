/** The bases of the relative numbers of a conversation's packets. Pure. */
import { toInt } from '../notation/evaluate.ts';
import type { Value } from '../notation/expression.ts';
import { bitsOf, toAbsolute } from '../notation/relative.ts';
import type { NumberBase } from '../packet/options/field.ts';
import type { Subflow } from './endpoint.ts';

/** A packet of a subflow, from the tester (`outgoing`) or to it. */
interface Direction {
  subflow: Subflow;
  outgoing: boolean;
}

/** The bases of the numbers of a packet; undefined while an ISN or a key is unknown. */
export function baseOf(base: NumberBase, { subflow, outgoing }: Direction): bigint | undefined {
  const isLocal = (base === 'senderIsn' || base === 'senderIdsn') === outgoing;
  if (base === 'senderIdsn' || base === 'receiverIdsn')
    return isLocal ? subflow.connection.localIdsn : subflow.connection.remoteIdsn;
  const isn = isLocal ? subflow.isn : subflow.remoteIsn;
  return isn === undefined ? undefined : BigInt(isn);
}

/** A value of a packet of the stack as on the wire: numbers with a base are written as they count from it. */
export function asSentByStack(
  field: { readonly base?: NumberBase } | undefined,
  value: Value,
  subflow: Subflow | undefined,
): Value {
  if (field?.base === undefined || subflow === undefined) return value;
  return toAbsolute(toInt(value), baseOf(field.base, { subflow, outgoing: false }) ?? 0n, bitsOf(field.base));
}
