/** The definition of one kind of option, for the codec. Pure. */
import { inRange, type ByteWriter } from '../bytes.ts';
import type { OptionFields } from './field.ts';

/** Where one option lies: `at` is the offset of its Kind byte, `length` is what its Length byte says. */
export interface OptionSpan {
  bytes: Uint8Array;
  view: DataView;
  at: number;
  length: number;
}

/** A deliberately wrong Length, which every option with a Length byte may carry. */
export interface Lying {
  /** The Length byte to write; the true length when absent. The decoder never sets it on a well-formed option. */
  length?: number;
}

/** Properties of every kind of option. */
interface Definition<O extends { kind: string }> {
  readonly kind: O['kind'];
  readonly fields: OptionFields<O>;
  /** The field that `name=value` sets in a packet line. */
  readonly main?: string;
  /** Packet lines always show the Length byte, since it tells the option's forms apart. */
  readonly showsLength?: true;
  /** A well-formed option of the kind: what a correct host sends where nothing in the conversation decides. */
  blank(): O;
}

/** Bytes without a Length byte of their own. */
export interface BareOption<O extends { kind: string }> extends Definition<O> {
  /** Writes the whole option. */
  encode(w: ByteWriter, option: O): void;
}

/** An option of Kind, Length and fields. */
export interface CodedOption<O extends { kind: string }> extends Definition<O> {
  /** The name in the registries of IANA. */
  readonly name: string;
  /** The lengths that it may have, as words for a message. `flags` is its fourth byte. */
  lengths(flags: number): string;
  /** Reads an option that lies whole inside `span`; undefined when its flags do not allow its length. */
  decode(span: OptionSpan): O | undefined;
  /** Writes what follows Kind and Length. A field that is undefined is left out. */
  encode(w: ByteWriter, option: O): void;
}

/** An option of TCP that is not MPTCP's. */
export interface PlainOption<O extends { kind: string }> extends CodedOption<O> {
  /** The Kind byte (the IANA registry "TCP Option Kind Numbers"); absent for what has no code of its own. */
  readonly code?: number;
}

/** An option of MPTCP, Kind 30. `decode` is given at least 3 bytes. */
export interface MptcpDefinition<O extends { kind: string }> extends CodedOption<O> {
  /** The subtype (RFC 8684 §8.2); absent for what has none of its own. */
  readonly subtype?: number;
}

/** `count` bytes of the option from `offset` on. */
export function bytesAt({ bytes, at }: OptionSpan, offset: number, count: number): Uint8Array {
  return bytes.subarray(at + offset, at + offset + count);
}

/** The four bits after the subtype. */
export function nibbleOf({ view, at }: OptionSpan): number {
  return view.getUint8(at + 2) & 0x0f;
}

/** The twelve bits after the subtype. */
export function twelveBitsOf({ view, at }: OptionSpan): number {
  return view.getUint16(at + 2) & 0xfff;
}

/** Writes the byte after Length: the subtype and the four bits after it. */
export function writeHead(w: ByteWriter, subtype: number, nibble: number): void {
  w.u8((subtype << 4) | nibble, 'subtype');
}

/** Writes the subtype and twelve reserved bits. */
export function writeHead12(w: ByteWriter, subtype: number, option: { kind: string; reserved: number }): void {
  w.u16((subtype << 12) | inRange(option.reserved, 0xfff, `${option.kind}.reserved`), 'subtype');
}

/** Three reserved bits and a flag, as several options have them after the subtype. */
export function reservedAndFlag(option: { kind: string; reserved: number }, flag: boolean): number {
  return (inRange(option.reserved, 7, `${option.kind}.reserved`) << 1) | (flag ? 1 : 0);
}
