import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DocumentError, formatDiagnostic, gather, nearest, suggestion, type Diagnostic } from './diagnostic.ts';

const one: Diagnostic = {
  code: 'NOTATION',
  place: { file: 'x.yaml', line: 3, column: 5 },
  message: 'this is wrong',
  sourceLine: 'abc: defg',
  span: 3,
};

describe('formatDiagnostic', () => {
  test('has place, message, code, the line and a caret under the span', () => {
    expect(formatDiagnostic(one)).toBe('x.yaml:3:5: this is wrong [NOTATION]\n    abc: defg\n        ^^^');
  });

  test('keeps tabs, so that the caret stands below the spot', () => {
    expect(formatDiagnostic({ ...one, sourceLine: '\ta\tbcd' }).split('\n')[2]).toBe('    \t \t ^^^');
  });

  test('shows no line where there is none', () => {
    expect(formatDiagnostic({ ...one, sourceLine: ' ' })).toBe('x.yaml:3:5: this is wrong [NOTATION]');
  });

  test('has a caret even for an empty span', () => {
    expect(formatDiagnostic({ ...one, span: 0 })).toMatch(/\n {8}\^$/);
  });
});

test('a DocumentError tells of everything', () => {
  const error = new DocumentError([one, { ...one, message: 'and this' }]);
  expect(error.message).toBe(`${formatDiagnostic(one)}\n\n${formatDiagnostic({ ...one, message: 'and this' })}`);
  expect(error.diagnostics).toHaveLength(2);
});

describe('gather', () => {
  test('keeps what is wrong and goes on, but lets other errors pass', () => {
    const found: Diagnostic[] = [];
    expect(gather(found, () => 5)).toBe(5);
    expect(
      gather(found, (): number => {
        throw new DocumentError([one]);
      }),
    ).toBeUndefined();
    expect(found).toEqual([one]);
    expect(() =>
      gather(found, (): number => {
        throw new RangeError('else');
      }),
    ).toThrow(RangeError);
  });
});

describe('nearest', () => {
  test.each([
    ['mut', ['host', 'mtu'], 'mtu'],
    ['MUSTNOT', ['MUST', 'MUST NOT'], 'MUST NOT'],
    ['syn', ['ACK', 'SYN'], 'SYN'],
    ['3.1-20.8.s5', ['3.1-20.8.s4', '3.2-1.s1'], '3.1-20.8.s4'],
    ['ds', ['ts', 'dss'], 'dss'],
    ['established', ['established', 'establish'], 'established'],
  ])('%s', (word, known, expected) => expect(nearest(word, known)).toBe(expected));

  test.each([
    ['colour', ['mtu', 'host']],
    ['b', ['a', 'c']],
    ['x', []],
    ['', ['ab']],
  ])('finds nothing near to "%s"', (word, known) => expect(nearest(word, known)).toBeUndefined());

  test('gives a known word back, and always one of the known', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (word, known) => {
        const found = nearest(word, known);
        if (found !== undefined) expect(known).toContain(found);
        if (word !== '') expect(nearest(word, [...known, word])?.toLowerCase()).toBe(word.toLowerCase());
      }),
    );
  });
});

describe('suggestion', () => {
  test('is the nearest word, or the list of what is valid, or nothing', () => {
    expect(suggestion('lisen', ['listen', 'close'])).toBe('; did you mean "listen"?');
    expect(suggestion('whatever', ['listen', 'close'])).toBe('; expected one of: listen, close');
    expect(suggestion('whatever', [])).toBe('');
    expect(
      suggestion(
        'zzz',
        Array.from({ length: 100 }, (_, i) => `word${i}`),
      ),
    ).toBe('');
  });
});
