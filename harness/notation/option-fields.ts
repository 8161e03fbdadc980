/** The fields of options that packet lines can name: those of the codec's rows, and the Length byte of each. Pure. */
import { encodedLength } from '../packet/index.ts';
import type { OptionField, OptionFields } from '../packet/options/field.ts';
import { definitionOf, OPTIONS, type OptionKind, type TcpOption } from '../packet/options/registry.ts';
import type { Lying } from '../packet/options/definition.ts';

/** A Length byte that lies; it belongs to no property of the model that a correct option has. */
const len: OptionField<TcpOption & Lying> = {
  style: 'dec',
  read: (option) => BigInt(option.length ?? encodedLength(option)),
  write: (option, value) => {
    if (value === undefined) delete option.length;
    else option.length = Number(value);
  },
  alter: () => 39n,
};

/** Every option that a packet line can name, with its fields in the order in which they are shown. */
export const OPTION_FIELDS: ReadonlyMap<OptionKind, OptionFields<TcpOption>> = new Map(
  (Object.keys(OPTIONS) as OptionKind[]).map((kind) => [kind, { ...definitionOf(kind).fields, len }]),
);

/** The row of an option's field. */
export function optionField(kind: OptionKind, name: string): OptionField<TcpOption> | undefined {
  return OPTION_FIELDS.get(kind)?.[name];
}

/** The name that `kind=value` in a packet line sets. */
export function mainField(kind: OptionKind): string | undefined {
  return definitionOf(kind).main;
}
