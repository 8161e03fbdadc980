/**
 * A packet in one line: `a SYN/ACK ack=auto <mp_capable len=12 key=?k>`.
 *
 * Subflow, flags, header fields, then the options; the verb of the step says who sends it. Without `<...>`
 * a packet to send has the options of a compliant peer, and an expected one is not judged by its MPTCP options; `<>`
 * means no MPTCP option at all; an expected list is complete unless it ends in `...`.
 */
import { suggestion } from '../document/diagnostic.ts';
import { NotationError, parseMatcher, splitTop, wordsIn, type Matcher } from './expression.ts';
import type { FieldStyle } from '../packet/options/field.ts';
import { isOptionKind, type OptionKind } from '../packet/options/registry.ts';
import { HEADER_FIELDS, headerField, isHeaderField, type HeaderFieldName } from './header-fields.ts';
import { mainField, OPTION_FIELDS, optionField } from './option-fields.ts';
import { wordProblem } from './styles.ts';

/** `name=value` of an option, or of the header. */
export interface FieldItem<N extends string = string> {
  name: N;
  matcher: Matcher;
  /** Offset of the item in the line. */
  at: number;
}

/** One option in angle brackets. */
export interface OptionItem {
  name: OptionKind;
  /** Written `!name`: the option must not be there (or is left out of the default set, when sending). */
  negated: boolean;
  /** Written `[name ...]`: the option may be missing; where it is there, its fields are judged. Only to expect. */
  optional: boolean;
  fields: FieldItem[];
  at: number;
}

/** A parsed packet line. */
export interface PacketLine {
  /** As written. */
  text: string;
  /** Subflow name, or `any`. */
  subflow: string;
  /** Flag names, or `any`. */
  flags: readonly string[] | 'any';
  fields: FieldItem<HeaderFieldName>[];
  /** Absent when the line has no angle brackets. */
  options?: { items: OptionItem[]; open: boolean };
}

const FLAG_NAMES = ['SYN', 'ACK', 'FIN', 'RST', 'PSH', 'URG', 'ECE', 'CWR'];

/** Reads a packet line. @throws NotationError */
export function parsePacketLine(text: string): PacketLine {
  const head = /^\s*([a-z][a-z0-9]*)\s+/.exec(text);
  if (head === null) {
    throw new NotationError('a packet line begins with a subflow and flags: "a SYN" or "any PSH/ACK"', 0, 1);
  }
  const [whole, subflow = ''] = head;
  refuseArrow(text, whole.length);
  return { text: text.trim(), subflow, ...parseTail(text, whole.length) };
}

/** Reads the line of a packet to send. @throws NotationError */
export function parseSentLine(text: string): PacketLine {
  const line = parsePacketLine(text);
  const optional = line.options?.items.find((item) => item.optional);
  if (optional !== undefined)
    throw new NotationError('an optional option "[...]" can only be expected, not sent', optional.at);
  return line;
}

/** Lines of earlier versions have an arrow after the subflow. */
function refuseArrow(text: string, at: number): void {
  const arrow = /^[<>]\s+/.exec(text.slice(at));
  if (arrow === null) return;
  const without = (text.slice(0, at) + text.slice(at + arrow[0].length)).trim();
  throw new NotationError(`the verb says who sends; leave the arrow out: ${without}`, at, 1, 'BAD_DIRECTION');
}

/** Reads what stands after `and:`: header fields and options of the packet just matched. @throws NotationError */
export function parsePacketTail(
  text: string,
): Pick<PacketLine, 'fields' | 'options'> & { flags: readonly string[] | 'any' } {
  return parseTail(text, 0, true);
}

function parseTail(
  text: string,
  start: number,
  flagsOptional = false,
): Pick<PacketLine, 'flags' | 'fields' | 'options'> {
  const open = optionStart(text, start);
  const words = tokens(text.slice(0, open ?? text.length), start);
  let flags: readonly string[] | 'any' = 'any';
  const first = words[0];
  if (first !== undefined && !first.text.includes('=')) {
    flags = parseFlags(first.text, first.at);
    words.shift();
  } else if (!flagsOptional) {
    throw new NotationError('TCP flags are missing: SYN, SYN/ACK, ACK, PSH/ACK, FIN/ACK, RST or any', start);
  }
  const fields = words.map((word) => {
    const { name, ...item } = parseField(word, styleOfHeader, Object.keys(HEADER_FIELDS), 'the TCP header');
    return { ...item, name: name as HeaderFieldName };
  });
  if (open === undefined) return { flags, fields };
  return { flags, fields, options: parseOptions(text, open) };
}

/** Offset of the `<` that opens the options; it stands after a blank or at the start. */
function optionStart(text: string, start: number): number | undefined {
  for (let i = start; i < text.length; i++) {
    if (text[i] === '<' && (i === 0 || text[i - 1] === ' ')) return i;
  }
  return undefined;
}

interface Word {
  text: string;
  /** Offset in the line. */
  at: number;
}

function tokens(text: string, start: number): Word[] {
  const found: Word[] = [];
  for (const match of text.slice(start).matchAll(/\S+/g)) found.push({ text: match[0], at: start + match.index });
  return found;
}

function parseFlags(text: string, at: number): readonly string[] | 'any' {
  if (text === 'any') return 'any';
  if (text === 'none') return [];
  const flags = text.split('/');
  let flagAt = at;
  for (const flag of flags) {
    if (!FLAG_NAMES.includes(flag)) {
      throw new NotationError(
        `unknown TCP flag "${flag}"${suggestion(flag, [...FLAG_NAMES, 'any', 'none'])}`,
        flagAt,
        flag.length,
      );
    }
    flagAt += flag.length + 1;
  }
  return flags;
}

/** The style of a header field; undefined when there is none of this name. */
function styleOfHeader(name: string): FieldStyle | undefined {
  return isHeaderField(name) ? headerField(name).style : undefined;
}

function parseField(
  { text, at }: Word,
  styleOf: (name: string) => FieldStyle | undefined,
  names: Iterable<string>,
  what: string,
): FieldItem {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const style = styleOf(name);
  if (style === undefined) {
    throw new NotationError(
      `unknown field "${name}" of ${what}${suggestion(name, names)}`,
      at,
      name.length,
      'UNKNOWN_FIELD',
    );
  }
  if (equals < 0) throw new NotationError(`"${name}" needs a value: ${name}=...`, at, name.length);
  return { name, matcher: parseValue(name, text.slice(equals + 1), at + equals + 1, style), at };
}

function parseValue(name: string, text: string, at: number, style: FieldStyle): Matcher {
  // In a list of address ids the plus adds nothing up.
  if (style === 'list' && /^\d+(?:\+\d+)+$/.test(text)) return { type: 'equal', expr: { type: 'word', value: text } };
  const matcher = parseMatcher(text, at);
  for (const word of wordsIn(matcher)) {
    const problem = wordProblem(word, style);
    if (problem !== undefined)
      throw new NotationError(`${name}: ${problem}`, at + Math.max(0, text.indexOf(word)), word.length, 'BAD_VALUE');
  }
  return matcher;
}

function parseOptions(text: string, open: number): { items: OptionItem[]; open: boolean } {
  const end = text.trimEnd().length - 1;
  if (text[end] !== '>' || end <= open) throw new NotationError('the option list is not closed with ">"', open);
  const items: OptionItem[] = [];
  let isOpen = false;
  let at = open + 1;
  for (const part of splitTop(text.slice(open + 1, end), ',')) {
    const words = tokens(part, 0).map((word) => ({ ...word, at: word.at + at }));
    if (words.length === 1 && words[0]?.text === '...') isOpen = true;
    else if (words.length > 0) items.push(parseOption(words));
    else if (part.length !== end - open - 1) throw new NotationError('an option is missing between commas', at);
    at += part.length + 1;
  }
  return { items, open: isOpen };
}

function parseOption(bracketed: readonly Word[]): OptionItem {
  const { words, optional } = withoutBrackets(bracketed);
  const [first, ...rest] = words as [Word, ...Word[]];
  const negated = first.text.startsWith('!');
  const headText = negated ? first.text.slice(1) : first.text;
  const equals = headText.indexOf('=');
  const name = equals < 0 ? headText : headText.slice(0, equals);
  if (!isOptionKind(name)) {
    throw new NotationError(
      `unknown TCP option "${name}"${suggestion(name, OPTION_FIELDS.keys())}`,
      first.at,
      name.length,
      'UNKNOWN_OPTION',
    );
  }
  const fields: FieldItem[] = [];
  if (equals >= 0) {
    const main = mainField(name);
    if (main === undefined)
      throw new NotationError(`${name} needs the name of a field; write ${name} field=value`, first.at, name.length);
    const valueAt = first.at + (negated ? 1 : 0) + equals + 1;
    const style = optionField(name, main)?.style ?? 'dec';
    fields.push({ name: main, matcher: parseValue(main, headText.slice(equals + 1), valueAt, style), at: first.at });
  }
  const styleOf = (field: string): FieldStyle | undefined => optionField(name, field)?.style;
  const names = Object.keys(OPTION_FIELDS.get(name) ?? {});
  for (const word of rest) fields.push(parseField(word, styleOf, names, name));
  return { name, negated, optional, fields, at: first.at };
}

/** Takes the brackets of an optional option away. @throws NotationError when one of the two is missing */
function withoutBrackets(words: readonly Word[]): { words: readonly Word[]; optional: boolean } {
  const [first, last] = [words[0], words.at(-1)];
  const opens = first?.text.startsWith('[') === true;
  const closes = last?.text.endsWith(']') === true;
  if (opens !== closes)
    throw new NotationError('a "]" is missing; write an optional option as "[name ...]"', first?.at ?? 0);
  if (!opens) return { words, optional: false };
  const inner = words.map(({ text, at }, i) => {
    const from = i === 0 ? 1 : 0;
    return { text: text.slice(from, i === words.length - 1 ? -1 : undefined), at: at + from };
  });
  return { words: inner, optional: true };
}
