/** Packets made wrong in one place: flags, a header field, an option, a field of an option. Pure. */
import type { Packet, TcpOption } from '../packet/types.ts';
import type { OptionField } from '../packet/options/field.ts';
import { OPTIONS, type OptionKind } from '../packet/options/registry.ts';
import { FLAG } from '../packet/types.ts';
import type { Value } from '../notation/expression.ts';
import { headerField, type HeaderFieldName } from '../notation/header-fields.ts';
import { optionField } from '../notation/option-fields.ts';
import { anotherOfStyle } from '../notation/styles.ts';
import { narrowDss } from '../engine/compliant-option.ts';

/** The packet with other flags. */
export function withFlags(packet: Packet, flags: number): Packet {
  return { ...packet, tcp: { ...packet.tcp, flags } };
}

/** The bits of flags that are given by name. */
export function flagBits(names: readonly string[]): number {
  return names.reduce((sum, name) => sum | FLAG[name as keyof typeof FLAG], 0);
}

/** The packet with another value in a header field, or with the one given where it may be any. */
export function alterHeader(packet: Packet, name: HeaderFieldName, instead?: Value): Packet {
  const field = headerField(name);
  return instead === undefined || field.base !== undefined ? field.alter(packet) : field.write(packet, instead);
}

/** The packet without the options of a kind. */
export function removeOption(packet: Packet, kind: OptionKind): Packet {
  return { ...packet, tcp: { ...packet.tcp, options: packet.tcp.options.filter((option) => option.kind !== kind) } };
}

/** The packet with one more option. */
export function addOption(packet: Packet, option: TcpOption): Packet {
  return { ...packet, tcp: { ...packet.tcp, options: [...packet.tcp.options, option] } };
}

/** The packet with another value in an option's field, or with the one given; null takes the field out. */
export function alterField(packet: Packet, kind: OptionKind, name: string, instead?: Value | null): Packet {
  const field = optionField(kind, name);
  const options = packet.tcp.options.map((option) => {
    if (option.kind !== kind || field === undefined) return option;
    const copy = structuredClone(option);
    field.write(copy, instead === null ? undefined : (instead ?? anotherFieldValue(field, field.read(copy))));
    return narrowDss(copy);
  });
  return { ...packet, tcp: { ...packet.tcp, options } };
}

function anotherFieldValue(field: OptionField<TcpOption>, value: Value | undefined): Value {
  return typeof value === 'bigint' && field.alter !== undefined
    ? field.alter(value)
    : anotherOfStyle(value, field.style);
}

/** Some option of a kind, good enough to be noticed. */
export function blankOption(kind: OptionKind): TcpOption {
  return OPTIONS[kind].blank();
}
