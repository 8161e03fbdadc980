/** How values of each style are written, read and altered. Pure. */
import { suggestion } from '../document/diagnostic.ts';
import type { FieldStyle, FieldValue } from '../packet/options/field.ts';
import { flagLetters, lettersOf } from '../packet/options/mp-capable.ts';
import { RST_REASONS } from '../packet/options/mp-tcprst.ts';

interface Style {
  /** Why a word cannot be a value; undefined when it can. */
  problem(word: string): string | undefined;
  /** The value of a word; the word itself when absent. */
  meaning?(word: string): FieldValue;
  /** The text of a number. */
  show(value: bigint): string;
  /** Another value, of the kind that the field has, so that the packet can still be written. */
  another(value: FieldValue | undefined): FieldValue;
}

/** As many as an option can have; a payload may be longer. */
const BYTES_SHOWN = 40;
const OTHER_IPV4 = '192.0.2.254';

const number: Style = {
  problem: (word) => `"${word}" is not a number`,
  show: (value) => value.toString(),
  another: (value) => (value === undefined ? 1n : anotherValue(value)),
};

const STYLES: Readonly<Record<FieldStyle, Style>> = {
  dec: number,
  bit: number,
  hex: { ...number, show: (value) => `0x${value.toString(16)}` },
  bytes: {
    ...number,
    problem: (word) => `"${word}" is not a string of bytes; write hex:00ff`,
    another: (value) => (value === undefined ? new Uint8Array(8) : anotherValue(value)),
  },
  text: {
    ...number,
    problem: () => undefined,
    another: (value) => (value === OTHER_IPV4 ? '192.0.2.253' : OTHER_IPV4),
  },
  letters: {
    ...number,
    problem: (word) =>
      /^[A-H]+$/.test(word) ? undefined : `"${word}" is not a list of flags; write letters from A to H, or a number`,
    meaning: flagLetters,
    show: lettersOf,
  },
  reason: {
    ...number,
    problem: (word) =>
      word in RST_REASONS ? undefined : `unknown reason "${word}"${suggestion(word, Object.keys(RST_REASONS))}`,
    meaning: (word) => RST_REASONS[word] ?? word,
    show: (value) => Object.entries(RST_REASONS).find(([, code]) => code === value)?.[0] ?? value.toString(),
  },
  list: { ...number, another: (value) => (value === undefined ? '255' : `${String(value)}+255`) },
};

/** Why a word cannot be the value of a field; undefined when it can. */
export function wordProblem(word: string, style: FieldStyle): string | undefined {
  return STYLES[style].problem(word);
}

/** The value of a word in a field; the word itself where the style is unknown. */
export function wordValue(word: string, style: FieldStyle = 'text'): FieldValue {
  return STYLES[style].meaning?.(word) ?? word;
}

/** A value as the notation writes it. */
export function showValue(value: FieldValue, style: FieldStyle = 'dec'): string {
  if (value instanceof Uint8Array) {
    const hex = Buffer.from(value.subarray(0, BYTES_SHOWN)).toString('hex');
    return `hex:${hex}${value.length > BYTES_SHOWN ? `...(${value.length} bytes)` : ''}`;
  }
  return typeof value === 'string' ? value : STYLES[style].show(value);
}

/** Another value for a field of a style; some value where there was none. */
export function anotherOfStyle(value: FieldValue | undefined, style: FieldStyle): FieldValue {
  return STYLES[style].another(value);
}

/** Another value of the same type: one bit of a number or of bytes the other way, a word with a letter more. */
export function anotherValue(value: FieldValue): FieldValue {
  if (typeof value === 'bigint') return value ^ 1n;
  if (typeof value === 'string') return `${value}x`;
  return value.map((byte, i) => (i === 0 ? byte ^ 0x80 : byte));
}
