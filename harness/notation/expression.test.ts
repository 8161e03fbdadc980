import { describe, expect, test } from 'vitest';
import { namesIn, NotationError, parseExpr, parseMatcher, splitTop, wordsIn } from './expression.ts';

/** Code, offset, length and message of what is wrong. */
function complaint(parse: () => unknown): [string, number, number, string] {
  try {
    parse();
  } catch (error) {
    if (error instanceof NotationError) return [error.code, error.at, error.span, error.message];
    throw error;
  }
  throw new Error('nothing is wrong');
}

describe('words', () => {
  test('may have dots, hyphens, slashes and commas between their parts', () => {
    for (const value of ['net.mptcp.checksum_enabled', 'mptcp-specific', 'net/mptcp/enabled', 'subflow,backup', 'a']) {
      expect(parseExpr(value, 0)).toEqual({ type: 'word', value });
    }
  });

  test('leave the two dots of a range alone', () => {
    expect(parseMatcher('low32..high', 0)).toMatchObject({
      type: 'range',
      low: { value: 'low32' },
      high: { value: 'high' },
    });
  });
});

describe('expressions', () => {
  test.each([
    ['12', { type: 'int', value: 12n }],
    ['0x1F', { type: 'int', value: 31n }],
    ['0b101', { type: 'int', value: 5n }],
    ['18446744073709551615', { type: 'int', value: 2n ** 64n - 1n }],
    ['hex:00ff', { type: 'bytes', value: Uint8Array.of(0, 255) }],
    ['hex:', { type: 'bytes', value: new Uint8Array(0) }],
    ['192.0.2.1', { type: 'word', value: '192.0.2.1' }],
    ['192.0.2.1/24', { type: 'word', value: '192.0.2.1/24' }],
    ['fd00::1', { type: 'word', value: 'fd00::1' }],
    ['fd00::1/64', { type: 'word', value: 'fd00::1/64' }],
    ['::ffff:192.0.2.1', { type: 'word', value: '::ffff:192.0.2.1' }],
    ['auto', { type: 'auto' }],
    ['$sut.key', { type: 'name', name: 'sut.key', at: 5 }],
    ['$a', { type: 'name', name: 'a', at: 5 }],
  ])('%s', (text, expected) => expect(parseExpr(text, 5)).toEqual(expected));

  test('add and subtract from left to right', () => {
    expect(parseExpr('auto+1-$x', 0)).toEqual({
      type: 'sum',
      op: '-',
      left: { type: 'sum', op: '+', left: { type: 'auto' }, right: { type: 'int', value: 1n } },
      right: { type: 'name', name: 'x', at: 7 },
    });
  });

  test('call functions, within each other too', () => {
    expect(parseExpr('left(hmac($a,$b,1,2),8)', 0)).toMatchObject({
      type: 'call',
      name: 'left',
      args: [{ type: 'call', name: 'hmac', args: [{}, {}, {}, {}] }, { value: 8n }],
    });
    expect(parseExpr('hmac_addr($a,$b,1,fd00::1,0)', 0)).toMatchObject({
      args: [{}, {}, {}, { value: 'fd00::1' }, {}],
    });
  });

  test.each([
    ['', 'NOTATION', 10, 1, 'a value is missing'],
    ['1+', 'NOTATION', 12, 1, 'a value is missing'],
    ['12x', 'NOTATION', 10, 3, '"12x" is not a value'],
    ['hex:0', 'NOTATION', 10, 5, 'hex: needs an even number of digits'],
    ['1)', 'NOTATION', 11, 1, 'unexpected ")"'],
    ['token($k', 'NOTATION', 18, 1, 'token(: ")" is missing'],
    ['tokn($k)', 'UNKNOWN_FUNCTION', 10, 4, 'unknown function "tokn"; did you mean "token"?'],
    ['1+flip()', 'NOTATION', 12, 6, 'flip() takes 1 to 2 arguments, got 0'],
    ['hmac(1,2)', 'NOTATION', 10, 9, 'hmac() takes 4 arguments, got 2'],
  ])('%j is told of at its place', (text, ...expected) => {
    expect(complaint(() => parseExpr(text, 10))).toEqual(expected);
  });
});

describe('matchers', () => {
  test.each([
    ['any', { type: 'any' }],
    ['absent', { type: 'absent' }],
    ['?key', { type: 'bind', name: 'key' }],
    ['!0', { type: 'not', matcher: { type: 'equal', expr: { type: 'int', value: 0n } } }],
    ['4..24', { type: 'range', low: { type: 'int', value: 4n }, high: { type: 'int', value: 24n } }],
    [
      '12|?x',
      {
        type: 'oneOf',
        options: [
          { type: 'equal', expr: { type: 'int', value: 12n } },
          { type: 'bind', name: 'x' },
        ],
      },
    ],
    ['absent|low32($k)', { type: 'oneOf', options: [{ type: 'absent' }, { type: 'equal' }] }],
  ])('%s', (text, expected) => expect(parseMatcher(text, 0)).toMatchObject(expected));

  test.each([
    ['', 3, 1, 'a value is missing after "="'],
    ['1||2', 5, 1, 'a value is missing after "="'],
    ['?9', 3, 2, '"?9" is not a name that can be bound; write ?name'],
    ['1..x y', 7, 2, 'unexpected " y"'],
    [
      '12|!zz(',
      7,
      2,
      'unknown function "zz"; expected one of: token, idsn, hmac, hmac_addr, flip, low32, left, right, fill, swap32, reverse64',
    ],
  ])('%j is told of at its place', (text, ...expected) => {
    expect(complaint(() => parseMatcher(text, 3)).slice(1)).toEqual(expected);
  });
});

test('names and words are found wherever they stand', () => {
  expect(namesIn(parseMatcher('token($a)|!$b|$c..$d+1|any', 0)).map((one) => one.name)).toEqual(['a', 'b', 'c', 'd']);
  expect(wordsIn(parseMatcher('x|!y|token(z)|u..v|w+1', 0))).toEqual(['x', 'y', 'u', 'v', 'w']);
});

test('splitTop leaves what is in parentheses whole', () => {
  expect(splitTop('a,f(b,c),d', ',')).toEqual(['a', 'f(b,c)', 'd']);
  expect(splitTop('', ',')).toEqual(['']);
});
