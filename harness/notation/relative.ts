/** Numbers that packet lines count from an ISN or IDSN. Pure. */
import { wrap } from '../mptcp/index.ts';
import type { NumberBase } from '../packet/options/field.ts';

/** Bases of relative numbers; a number whose base is unknown is shown as on the wire. */
export interface NumberBases extends Partial<Record<NumberBase, number | bigint | undefined>> {
  /** ISN of the packet's sender. */
  senderIsn?: number | undefined;
  receiverIsn?: number | undefined;
  senderIdsn?: bigint | undefined;
  receiverIdsn?: bigint | undefined;
}

/** A number of the wire as packet lines have it: `value` less `base`, modulo 2^`bits`. */
export function toRelative(value: bigint, base: bigint, bits: 32 | 64): bigint {
  return wrap(value - base, bits);
}

/** The reverse of {@link toRelative}. */
export function toAbsolute(value: bigint, base: bigint, bits: 32 | 64): bigint {
  return wrap(base + value, bits);
}

/** Bits of a sequence number that counts from a base: 32 on a subflow, 64 in the data sequence space. */
export function bitsOf(base: NumberBase): 32 | 64 {
  return base === 'senderIsn' || base === 'receiverIsn' ? 32 : 64;
}
