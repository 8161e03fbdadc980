import { describe, expect, test } from 'vitest';
import { NotationError } from './expression.ts';
import { HEADER_FIELDS } from './header-fields.ts';
import { OPTION_FIELDS } from './option-fields.ts';
import { parsePacketLine, parsePacketTail, parseSentLine } from './packet-line.ts';

/** The error's code and message, and the characters that it is about. */
function complaint(text: string): string[] {
  try {
    parsePacketLine(text);
  } catch (error) {
    if (error instanceof NotationError) return [error.code, text.slice(error.at, error.at + error.span), error.message];
    throw error;
  }
  return [];
}

describe('the head of a line', () => {
  test('is subflow and flags', () => {
    expect(parsePacketLine('  b2 SYN/ACK ')).toEqual({
      text: 'b2 SYN/ACK',
      subflow: 'b2',
      flags: ['SYN', 'ACK'],
      fields: [],
    });
    expect(parsePacketLine('a any')).toMatchObject({ flags: 'any' });
    expect(parsePacketLine('a none').flags).toEqual([]);
  });

  test.each([
    ['', 'NOTATION', '', 'a packet line begins with a subflow and flags: "a SYN" or "any PSH/ACK"'],
    ['A SYN', 'NOTATION', 'A', 'a packet line begins with a subflow and flags: "a SYN" or "any PSH/ACK"'],
    ['SYN', 'NOTATION', 'S', 'a packet line begins with a subflow and flags: "a SYN" or "any PSH/ACK"'],
    ['a  > SYN <dss>', 'BAD_DIRECTION', '>', 'the verb says who sends; leave the arrow out: a  SYN <dss>'],
    ['any  < RST', 'BAD_DIRECTION', '<', 'the verb says who sends; leave the arrow out: any  RST'],
    ['a SYN/AKC', 'NOTATION', 'AKC', 'unknown TCP flag "AKC"; did you mean "ACK"?'],
    ['a syn/ACK', 'NOTATION', 'syn', 'unknown TCP flag "syn"; did you mean "SYN"?'],
    ['a seq=1', 'NOTATION', 's', 'TCP flags are missing: SYN, SYN/ACK, ACK, PSH/ACK, FIN/ACK, RST or any'],
    ['a <>', 'NOTATION', '<', 'TCP flags are missing: SYN, SYN/ACK, ACK, PSH/ACK, FIN/ACK, RST or any'],
  ])('%j is told of', (text, ...expected) => expect(complaint(text)).toEqual(expected));
});

describe('header fields', () => {
  test.each(Object.keys(HEADER_FIELDS))('%s', (name) => {
    expect(parsePacketLine(`a ACK ${name}=auto`).fields).toEqual([
      { name, matcher: { type: 'equal', expr: { type: 'auto' } }, at: 6 },
    ]);
  });

  test.each([
    ['a ACK sqe=1', 'UNKNOWN_FIELD', 'sqe', 'unknown field "sqe" of the TCP header; did you mean "seq"?'],
    ['a ACK seq', 'NOTATION', 'seq', '"seq" needs a value: seq=...'],
    ['a ACK seq=', 'NOTATION', '', 'a value is missing after "="'],
    ['a ACK win=big', 'BAD_VALUE', 'big', 'win: "big" is not a number'],
    ['a ACK data=hello', 'BAD_VALUE', 'hello', 'data: "hello" is not a string of bytes; write hex:00ff'],
    ['a ACK seq=1 ack=x..2', 'BAD_VALUE', 'x', 'ack: "x" is not a number'],
  ])('%j is told of', (text, ...expected) => expect(complaint(text)).toEqual(expected));
});

describe('options', () => {
  test('are not judged, none, a list, or an open list', () => {
    expect(parsePacketLine('a ACK').options).toBeUndefined();
    expect(parsePacketLine('a ACK <>').options).toEqual({ items: [], open: false });
    expect(parsePacketLine('a ACK < >').options).toEqual({ items: [], open: false });
    expect(parsePacketLine('a ACK <...>').options).toEqual({ items: [], open: true });
    expect(parsePacketLine('a ACK <dss, !mp_prio, ...>').options).toMatchObject({
      items: [
        { name: 'dss', negated: false, optional: false, at: 7 },
        { name: 'mp_prio', negated: true, optional: false, at: 12 },
      ],
      open: true,
    });
  });

  test('may be optional where they are expected', () => {
    expect(parsePacketLine('a ACK <[dss dack=1], [mp_prio]>').options?.items).toMatchObject([
      { name: 'dss', optional: true, fields: [{ name: 'dack', matcher: { expr: { value: 1n } } }] },
      { name: 'mp_prio', optional: true, fields: [] },
    ]);
    expect(() => parsePacketLine('a ACK <[dss dack=1>')).toThrow(
      'a "]" is missing; write an optional option as "[name ...]"',
    );
    expect(() => parseSentLine('a ACK <[dss]>')).toThrow('can only be expected');
  });

  test('have fields, and some a value of their own', () => {
    expect(parsePacketLine('a SYN <mss=1400, mp_capable version=1 key=?k>').options?.items).toMatchObject([
      { name: 'mss', fields: [{ name: 'mss', matcher: { expr: { value: 1400n } } }] },
      { name: 'mp_capable', fields: [{ name: 'version' }, { name: 'key', matcher: { type: 'bind', name: 'k' } }] },
    ]);
  });

  test('may have commas within parentheses', () => {
    expect(parsePacketLine('a ACK <mp_join hmac=left(hmac($a,$b,1,2),20), dss>').options?.items).toHaveLength(2);
  });

  test.each(
    [...OPTION_FIELDS].flatMap(([name, fields]) => Object.keys(fields).map((field) => `${name} ${field}=auto`)),
  )('%s', (text) => {
    expect(complaint(`a ACK <${text}>`)).toEqual([]);
  });

  test('a list of address ids is not a sum, and flags are letters or a number', () => {
    expect(parsePacketLine('a ACK <remove_addr=1+2>').options?.items[0]?.fields[0]?.matcher).toEqual({
      type: 'equal',
      expr: { type: 'word', value: '1+2' },
    });
    for (const flags of ['AH', '0x81', '0', 'auto+1'])
      expect(complaint(`a SYN <mp_capable flags=${flags}>`)).toEqual([]);
    expect(complaint('a RST <mp_tcprst reason=mptcp-specific>')).toEqual([]);
  });

  test.each([
    ['a ACK <dss', 'NOTATION', '<', 'the option list is not closed with ">"'],
    ['a ACK <dss> seq=1', 'NOTATION', '<', 'the option list is not closed with ">"'],
    ['a ACK <dss,,mss>', 'NOTATION', ',', 'an option is missing between commas'],
    ['a ACK <dss, >', 'NOTATION', ' ', 'an option is missing between commas'],
    ['a ACK <ds>', 'UNKNOWN_OPTION', 'ds', 'unknown TCP option "ds"; did you mean "dss"?'],
    ['a ACK <mss, dss dak=1>', 'UNKNOWN_FIELD', 'dak', 'unknown field "dak" of dss; did you mean "dack"?'],
    ['a ACK <dss=5>', 'NOTATION', 'dss', 'dss needs the name of a field; write dss field=value'],
    ['a ACK <dss dack=1..>', 'NOTATION', '..', 'unexpected ".."'],
    [
      'a SYN <mp_capable flags=AX>',
      'BAD_VALUE',
      'AX',
      'flags: "AX" is not a list of flags; write letters from A to H, or a number',
    ],
    [
      'a RST <mp_tcprst reason=midlebox>',
      'BAD_VALUE',
      'midlebox',
      'reason: unknown reason "midlebox"; did you mean "middlebox"?',
    ],
    ['a SYN <mss=small>', 'BAD_VALUE', 'small', 'mss: "small" is not a number'],
    ['a ACK <mp_join hmac=abc>', 'BAD_VALUE', 'abc', 'hmac: "abc" is not a string of bytes; write hex:00ff'],
  ])('%j is told of', (text, ...expected) => expect(complaint(text)).toEqual(expected));
});

describe('what follows "and"', () => {
  test('needs no flags', () => {
    expect(parsePacketTail('<mp_capable len=12>')).toMatchObject({
      flags: 'any',
      fields: [],
      options: { items: [{ name: 'mp_capable' }] },
    });
    expect(parsePacketTail('RST seq=5')).toMatchObject({ flags: ['RST'], fields: [{ name: 'seq' }] });
    expect(parsePacketTail('seq=5')).toMatchObject({ flags: 'any', fields: [{ name: 'seq', at: 0 }] });
  });
});
