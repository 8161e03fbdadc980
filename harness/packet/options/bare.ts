/** Parts of an option area that are not Kind, Length and fields. */
import type { BareOption } from './definition.ts';
import { bytes, uint } from './field.ts';

/** End of the option list, Kind 0. */
export interface OptionEol {
  kind: 'eol';
}
/** No operation, Kind 1. */
export interface OptionNop {
  kind: 'nop';
}

/** Why bytes in an option area could not be read as the option they announce. */
export type MalformedReason =
  | 'truncated' /* the Length byte reaches past the option area */
  | 'no_length' /* a kind without its Length byte at the end of the area */
  | 'short_length' /* Length below 2 */
  | 'bad_length'; /* a length that the option (or MPTCP subtype and flags) does not have */

/** Bytes that are not a well-formed option, kept whole so that they encode again to themselves. */
export interface OptionMalformed {
  kind: 'malformed';
  /** The Kind byte. */
  code: number;
  /** The MPTCP subtype, when Kind is 30 and the byte is there. */
  subtype?: number;
  reason: MalformedReason;
  /** One line for people: what was found and what would have been right. */
  message: string;
  /** All bytes, Kind included. */
  raw: Uint8Array;
}

/** The bytes after an `eol` up to the end of the option area; zeros if the sender follows RFC 9293 §3.1. */
export interface OptionPadding {
  kind: 'padding';
  raw: Uint8Array;
}

/** Bytes written as they are, for what the model cannot say. Only ever encoded, never decoded. */
export interface OptionRaw {
  kind: 'raw';
  raw: Uint8Array;
}

/** Codec of the end of the option list. */
export const eol: BareOption<OptionEol> = {
  kind: 'eol',
  fields: {},
  blank: () => ({ kind: 'eol' }),
  encode: (w) => w.u8(0, 'kind'),
};

/** Codec of the no-operation option. */
export const nop: BareOption<OptionNop> = {
  kind: 'nop',
  fields: {},
  blank: () => ({ kind: 'nop' }),
  encode: (w) => w.u8(1, 'kind'),
};

/** Codec of bytes whose Length cannot be right. */
export const malformed: BareOption<OptionMalformed> = {
  kind: 'malformed',
  fields: { code: uint('code'), bytes: bytes('raw') },
  blank: () => ({
    kind: 'malformed',
    code: 30,
    reason: 'bad_length',
    message: 'MPTCP option with Length 2, expected at least 3',
    raw: Uint8Array.of(30, 2),
  }),
  encode: (w, option) => w.put(option.raw),
};

/** Codec of the bytes after an `eol`. */
export const padding: BareOption<OptionPadding> = {
  kind: 'padding',
  main: 'bytes',
  fields: { bytes: bytes('raw') },
  blank: () => ({ kind: 'padding', raw: new Uint8Array(0) }),
  encode: (w, option) => w.put(option.raw),
};

/** Codec of any bytes in an option area. */
export const raw: BareOption<OptionRaw> = {
  kind: 'raw',
  main: 'bytes',
  fields: { bytes: bytes('raw') },
  blank: () => ({ kind: 'raw', raw: new Uint8Array(0) }),
  encode: (w, option) => w.put(option.raw),
};
