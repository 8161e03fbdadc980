/** Text that fits a terminal: cleaned, measured, cut, padded, wrapped, coloured. */
import pc from 'picocolors';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import type { Verdict } from '../verdict/verdict.ts';

/** picocolors' functions; all identity when colour is off. */
export type Colours = ReturnType<typeof pc.createColors>;

/** Properties of the stream that text is printed to. */
export interface TextStyle {
  /** Columns; at least 40 are assumed. */
  width: number;
  colour: boolean;
}

/** A number with its noun: `1 clause`, `2 clauses`. */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Colour functions for a style. */
export function coloursOf(style: Pick<TextStyle, 'colour'>): Colours {
  return pc.createColors(style.colour);
}

/**
 * Style for a stream: colour only on a terminal and without `NO_COLOR`; `FORCE_COLOR` (not `0`) turns it on anywhere.
 * 100 columns where the width is unknown.
 */
export function styleFor(
  stream: { isTTY?: boolean | undefined; columns?: number | undefined },
  env: Readonly<Record<string, string | undefined>> = process.env,
): TextStyle {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '' && env['FORCE_COLOR'] !== '0';
  const refused = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  const terminal = stream.isTTY === true && env['TERM'] !== 'dumb';
  return { width: Math.max(40, stream.columns ?? 100), colour: !refused && (forced || terminal) };
}

/** Colour of a verdict. */
export function paint(colours: Colours, verdict: Verdict | 'declared', text: string): string {
  switch (verdict) {
    case 'pass':
      return colours.green(text);
    case 'fail':
      return colours.red(text);
    case 'warn':
    case 'declared':
      return colours.yellow(text);
    case 'note':
    case 'info':
      return colours.cyan(text);
    case 'inconclusive':
      return colours.magenta(text);
    case 'error':
      return colours.bold(colours.red(text));
    case 'skip':
      return colours.gray(text);
  }
}

// Most of what is laid out is packets: plain text, a column a character, nothing to clean.
const PLAIN = /^[ -~]*$/;

// Control characters, and the format characters that reorder or hide text.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]|\p{Surrogate}/gu;

/**
 * Makes text from outside safe to print: what an agent or a packet says must not move the cursor, change colours or
 * reorder the line. Unsafe characters become visible escapes.
 */
export function clean(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\t') return ' ';
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** Columns that cleaned, uncoloured text takes. */
export function displayWidth(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** Pieces of at most `width` columns, cut anywhere between two graphemes; spaces are kept. */
function cut(text: string, width: number): string[] {
  return wrapAnsi(text, width, { hard: true, wordWrap: false, trim: false }).split('\n');
}

/** Cuts text to `width` columns, 1 or more; the last is an ellipsis where something was cut. */
export function fit(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (PLAIN.test(text)) return `${text.slice(0, Math.max(0, width - 1))}…`;
  const [kept = ''] = cut(text, Math.max(1, width - 1));
  // A wide character alone may be wider than the room.
  return displayWidth(kept) < width ? `${kept}…` : '…';
}

/** Pads text with spaces to `width` columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/**
 * Breaks text at spaces into lines of at most `width` columns; a longer word is cut hard, so nothing is lost. Only a single
 * grapheme that is wider than `width` makes a longer line.
 */
export function wrap(text: string, width: number): string[] {
  const plain = text.replaceAll(/ +/g, ' ').trim();
  if (plain.length <= width && PLAIN.test(plain)) return [plain];
  const lines = wrapAnsi(plain, width, { hard: true }).split('\n');
  // A word without width, such as an accent alone, does not start a line there, but the space before it has a width.
  return lines.flatMap((line) => (displayWidth(line) <= width ? [line] : cut(line, width)));
}

/** `1.234 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** Text from outside, cleaned, wrapped and indented by four columns; its own lines stay lines. */
export function indented(text: string, width: number): string[] {
  return cleanLines(text, width - 4).map((line) => `    ${line}`);
}

/** Text from outside, cleaned and wrapped; its own lines stay lines. */
export function cleanLines(text: string, width: number): string[] {
  return text.split(/\r?\n/).flatMap((line) => wrap(clean(line), width));
}
