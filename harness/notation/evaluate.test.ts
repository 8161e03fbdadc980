import { describe, expect, test } from 'vitest';
import { addAddrHmac, idsn, joinHmac, token } from '../mptcp/index.ts';
import { parseExpr, parseMatcher, type Value } from './expression.ts';
import { FUNCTION_ARGUMENTS } from './names.ts';
import { describeMatcher, evaluate, matches, NotKnownYet, sameValue, toInt, type Scope } from './evaluate.ts';

const names: Readonly<Record<string, Value>> = { k: 0x1122334455667788n, n: 7n, b: Uint8Array.of(1, 2, 3), w: 'word' };
const scope: Scope = { lookup: (name) => names[name], auto: () => 41n };
const value = (text: string, change: Partial<Scope> = {}): Value =>
  evaluate(parseExpr(text, 0), { ...scope, ...change });

describe('evaluate', () => {
  test.each<[string, Value]>([
    ['5', 5n],
    ['$n+3-1', 9n],
    ['auto+1', 42n],
    ['hex:0102+1', 0x103n],
    ['$b', Uint8Array.of(1, 2, 3)],
    ['fd00::1', 'fd00::1'],
    ['token($k)', BigInt(token(0x1122334455667788n))],
    ['idsn($k)', idsn(0x1122334455667788n)],
    ['hmac($k,1,2,3)', joinHmac(0x1122334455667788n, 1n, 2, 3)],
    ['hmac_addr($k,1,2,192.0.2.1)', addAddrHmac(0x1122334455667788n, 1n, 2, '192.0.2.1', 0)],
    ['hmac_addr($k,1,2,fd00::1,80)', addAddrHmac(0x1122334455667788n, 1n, 2, 'fd00::1', 80)],
    ['flip(4)', 5n],
    ['flip(4,2)', 0n],
    ['flip($b)', Uint8Array.of(0x81, 2, 3)],
    ['flip($b,23)', Uint8Array.of(1, 2, 2)],
    ['low32($k)', 0x55667788n],
    ['left($b,2)', Uint8Array.of(1, 2)],
    ['right($b,2)', Uint8Array.of(2, 3)],
    ['right($b,0)', new Uint8Array(0)],
    ['fill(3)', new Uint8Array(3)],
    ['fill(2,255)', Uint8Array.of(255, 255)],
    ['swap32($k)', 0x5566778811223344n],
    ['reverse64($k)', 0x8877665544332211n],
    ['reverse64(1)', 0x0100000000000000n],
  ])('%s', (text, expected) => expect(value(text)).toEqual(expected));

  test('every function of the notation is known', () => {
    for (const [name, [least]] of Object.entries(FUNCTION_ARGUMENTS)) {
      const args = Array.from({ length: least }, (_, i) =>
        i === 0 && /left|right/.test(name) ? '$b' : i === 3 && name === 'hmac_addr' ? '::1' : '1',
      );
      expect(value(`${name}(${args.join(',')})`), name).toBeDefined();
    }
  });

  test('words mean what the field makes of them', () => {
    expect(value('prohibited', { style: 'reason' })).toBe(3n);
    expect(value('AH', { style: 'letters' })).toBe(0x81n);
    expect(value('AH')).toBe('AH');
  });

  test('a name without a value yet is not an error', () => {
    expect(() => value('$none')).toThrow(NotKnownYet);
    expect(() => evaluate(parseExpr('auto', 0), { lookup: () => undefined })).toThrow(NotKnownYet);
  });

  test.each(['$w+1', 'left(5,1)', 'flip($b,24)', 'hmac_addr(1,2,3,4)', 'low32($w)'])('%s makes no sense', (text) => {
    expect(() => value(text)).toThrow(RangeError);
  });
});

describe('matches', () => {
  const held = (text: string, actual: Value | undefined, bits?: 32 | 64): [boolean, Record<string, Value>] => {
    const bound: Record<string, Value> = {};
    return [
      matches(
        parseMatcher(text, 0),
        actual,
        scope,
        (name, got) => {
          bound[name] = got;
        },
        bits,
      ),
      bound,
    ];
  };

  test.each<[string, Value | undefined, boolean]>([
    ['any', 0n, true],
    ['any', undefined, false],
    ['absent', undefined, true],
    ['absent', 0n, false],
    ['5', 5n, true],
    ['5', 6n, false],
    ['5', undefined, false],
    ['!5', 6n, true],
    ['!5', 5n, false],
    ['!5', undefined, false],
    ['4..6', 4n, true],
    ['4..6', 6n, true],
    ['4..6', 7n, false],
    ['4..6', 'five', false],
    ['1|3', 3n, true],
    ['1|3', 2n, false],
    ['absent|3', undefined, true],
    ['auto', 41n, true],
    ['hex:0102', Uint8Array.of(1, 2), true],
    ['hex:0102', Uint8Array.of(1, 3), false],
    ['hex:0102', Uint8Array.of(1, 2, 3), false],
    ['hex:05', 5n, false],
    ['word', 'word', true],
    ['5', '5', true],
  ])('%s against %s: %s', (text, actual, expected) => expect(held(text, actual)[0]).toBe(expected));

  test('binds what it caught, and nothing when there is nothing', () => {
    expect(held('?x', 5n)).toEqual([true, { x: 5n }]);
    expect(held('?x', undefined)).toEqual([false, {}]);
    expect(held('1|?x', 2n)).toEqual([true, { x: 2n }]);
  });

  test('compares modulo a width', () => {
    expect(held('0x100000005', 5n, 32)[0]).toBe(true);
    expect(held('0x100000005', 5n, 64)[0]).toBe(false);
    expect(sameValue(-1n, 0xffffffffn, 32)).toBe(true);
  });

  test('is described in words', () => {
    const inWords = (text: string): string => describeMatcher(parseMatcher(text, 0), scope, String);
    expect(inWords('any')).toBe('any value');
    expect(inWords('absent|!5')).toBe('absent or not 5');
    expect(inWords('?x|1..$n')).toBe('any value (bound to x) or 1 to 7');
    expect(inWords('auto+1')).toBe('42');
  });
});

test('toInt reads bytes in network byte order', () => {
  expect(toInt(Uint8Array.of(1, 0))).toBe(256n);
  expect(toInt(new Uint8Array(0))).toBe(0n);
  expect(() => toInt(undefined)).toThrow('an argument is missing');
  expect(() => toInt('x')).toThrow('"x" is not a number');
});
