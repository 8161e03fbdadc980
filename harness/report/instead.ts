/** Whether a departure shows what a finding says that the stack does instead. Pure. */
import { PLAIN_OPTIONS } from '../packet/options/registry.ts';
import type { ExpectationResult } from '../verdict/result.ts';
import type { Expr, Matcher } from '../notation/expression.ts';
import { headerField } from '../notation/header-fields.ts';
import { optionField } from '../notation/option-fields.ts';
import { parsePacketLine, type FieldItem, type PacketLine } from '../notation/packet-line.ts';
import { NotationError } from '../notation/expression.ts';

/** Stands for a packet or value that did not arrive. */
const NOTHING = 'nothing';

/** A packet in the text of a monitor's finding. */
const PACKET_OF_CAPTURE = /\(packet \d+ of the capture, (?:initiator|responder): (.*)\)$/;

/** The evidence of a departure: the value and the packet that came instead, or `nothing`. */
export function shownBy({ actual = '', message = '' }: Pick<ExpectationResult, 'actual' | 'message'>): string[] {
  const packet = PACKET_OF_CAPTURE.exec(message)?.[1];
  return orNothing([actual, packet ?? '']);
}

/** The same of a monitor's finding, where `text` is `initiator: ` or `responder: ` and the packet. */
export function shownByMonitor({ actual = '', text = '' }: { actual?: string; text?: string }): string[] {
  return orNothing([actual, text.slice(text.indexOf(': ') + 1).trim()]);
}

function orNothing(shown: readonly string[]): string[] {
  const said = shown.filter((one) => one !== '');
  return said.length === 0 ? [NOTHING] : said;
}

/**
 * Whether what a departure shows is what a line says. A line is a packet, whose flags, fields and MPTCP options are held
 * against those shown as an `expect` would (fields that it does not name are free, a list of options is complete unless
 * it ends in `...`); or any other text, to the letter.
 */
export function fits(line: string, shown: string): boolean {
  const wanted = packetIn(line);
  return wanted === undefined ? line === shown : isLike(wanted, shown);
}

/**
 * As {@link fits}, for what another conversation shows, in which the scenario's numbers mean nothing: any subflow, and
 * any sequence number and length in place of those of the line.
 */
export function fitsElsewhere(line: string, shown: string): boolean {
  const wanted = packetIn(line);
  if (wanted !== undefined) return isLike(elsewhere(wanted), shown);
  return /[a-z]/i.test(line) && withoutNumbers(line) === withoutNumbers(shown);
}

/** Fields whose numbers belong to a conversation; those of `dss` alone among the options. */
const OF_CONVERSATION = new Set(['seq', 'ack', 'len', 'win', 'dsn', 'ssn', 'dack', 'dlen', 'csum']);

function elsewhere(line: PacketLine): PacketLine {
  const { fields, options } = line;
  const free = <T extends FieldItem>(item: T): T =>
    item.matcher.type === 'equal' && OF_CONVERSATION.has(item.name) && Number(textOf(item.matcher.expr)) !== 0
      ? { ...item, matcher: { type: 'any' } }
      : item;
  return {
    ...line,
    subflow: 'any',
    fields: fields.map(free),
    ...(options === undefined
      ? {}
      : {
          options: {
            ...options,
            items: options.items.map((one) => (one.name === 'dss' ? { ...one, fields: one.fields.map(free) } : one)),
          },
        }),
  };
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+/g, '#');
}

function isLike(wanted: PacketLine, shown: string): boolean {
  const seen = shownPacket(shown);
  if (seen === undefined) return wanted.text === shown;
  if (wanted.subflow !== 'any' && wanted.subflow !== seen.subflow) return false;
  if (wanted.flags !== 'any' && flagsOf(wanted.flags) !== flagsOf(seen.flags)) return false;
  return (
    wanted.fields.every((field) => meets(field, seen.fields, headerField(field.name).quiet)) && optionsFit(wanted, seen)
  );
}

/** A packet line, or undefined for other text. @throws NotationError when it begins as a packet and cannot be read */
function packetIn(line: string): PacketLine | undefined {
  return /^(?:[a-z][a-z0-9]*|any) (?:[A-Z]{3}(?:\/[A-Z]{3})*|any|none)(?: |$)/.test(line)
    ? parsePacketLine(line)
    : undefined;
}

/** The defect of a line; undefined if it can be parsed. */
export function problemIn(line: string): NotationError | undefined {
  try {
    packetIn(line);
    return undefined;
  } catch (error) {
    if (error instanceof NotationError) return error;
    throw error;
  }
}

interface ShownPacket {
  subflow: string;
  flags: string[];
  fields: ReadonlyMap<string, string>;
  options: { name: string; fields: ReadonlyMap<string, string> }[];
}

/** Reads a packet as reports show it; undefined when the text is something else. */
function shownPacket(text: string): ShownPacket | undefined {
  const match = /^(\S+) ([A-Z]{3}(?:\/[A-Z]{3})*|none)((?: [a-z]+=\S+)*) <(.*)>$/.exec(text);
  if (match === null) return undefined;
  const [, subflow = '', flags = '', fields = '', options = ''] = match;
  return {
    subflow,
    flags: flags === 'none' ? [] : flags.split('/'),
    fields: pairs(fields.trim().split(' ')),
    options: options
      .split(', ')
      .filter((one) => one !== '')
      .map((one) => {
        const [head = '', ...rest] = one.split(' ');
        const [name = '', value] = head.split('=');
        return { name, fields: pairs(value === undefined ? rest : [`=${value}`, ...rest]) };
      }),
  };
}

function pairs(words: readonly string[]): Map<string, string> {
  return new Map(
    words
      .filter((word) => word.includes('='))
      .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
}

/** Flags that are judged: PSH is not, and RST fits with and without ACK, as in an `expect`. */
function flagsOf(flags: readonly string[]): string {
  const judged = flags.filter((flag) => flag !== 'PSH' && !(flag === 'ACK' && flags.includes('RST')));
  return judged.sort().join('/');
}

/** TCP's own options, which are judged only where they are named. */
const OF_TCP = new Set([...Object.keys(PLAIN_OPTIONS), 'nop', 'eol', 'padding']);

function optionsFit({ options }: PacketLine, seen: ShownPacket): boolean {
  if (options === undefined) return true;
  const met = options.items.every((item) => {
    const there = seen.options.filter(({ name }) => name === item.name);
    if (item.negated) return there.length === 0;
    if (there.length === 0) return item.optional;
    return there.some(({ fields }) =>
      item.fields.every((field) => meets(field, fields, optionField(item.name, field.name)?.quiet)),
    );
  });
  const named = new Set<string>(options.items.map(({ name }) => name));
  return met && (options.open || seen.options.every(({ name }) => OF_TCP.has(name) || named.has(name)));
}

/** @param quiet the value that the field is not shown with, where it has one */
function meets({ name, matcher }: FieldItem, fields: ReadonlyMap<string, string>, quiet: string | undefined): boolean {
  return matches(matcher, fields.get(name) ?? fields.get('') ?? quiet);
}

function matches(matcher: Matcher, value: string | undefined): boolean {
  switch (matcher.type) {
    case 'any':
    case 'bind':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'not':
      return !matches(matcher.matcher, value);
    case 'oneOf':
      return matcher.options.some((one) => matches(one, value));
    case 'range': {
      const [low, high, number] = [textOf(matcher.low), textOf(matcher.high), value].map((text) => Number(text ?? NaN));
      return number !== undefined && low !== undefined && high !== undefined && number >= low && number <= high;
    }
    case 'equal':
      return value !== undefined && sameValue(textOf(matcher.expr), value);
  }
}

/** A literal as it is written in decimal or letters; undefined for what only a conversation can tell. */
function textOf(expr: Expr): string | undefined {
  if (expr.type === 'int') return expr.value.toString();
  if (expr.type === 'word') return expr.value;
  if (expr.type === 'bytes') return `hex:${Buffer.from(expr.value).toString('hex')}`;
  return undefined;
}

function sameValue(wanted: string | undefined, seen: string): boolean {
  if (wanted === undefined) return false;
  return wanted === seen || (/^0x[0-9a-f]+$/.test(seen) && BigInt(seen).toString() === wanted);
}
