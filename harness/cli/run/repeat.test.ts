import { describe, expect, test } from 'vitest';
import { differencesText, isRepeated, roundWords } from './repeat.ts';

test.each<[string, string]>([
  ['run a/b --repeat 3 -o x', 'a/b'],
  ['run --repeat=3 --output=x --json=y a/b -j 1', 'a/b -j 1'],
  ['run --until-fail --output x --json - -ox --sut kernel:6.12', '--sut kernel:6.12'],
])('the rounds of "%s" get "%s"', (line, words) => {
  expect(roundWords(line.split(' ')).join(' ')).toBe(words);
});

test('one round is not a repetition', () => {
  expect(isRepeated({ untilFail: false })).toBe(false);
  expect(isRepeated({ repeat: 1, untilFail: false })).toBe(false);
  expect(isRepeated({ repeat: 2, untilFail: false })).toBe(true);
  expect(isRepeated({ untilFail: true })).toBe(true);
});

describe('the end of a repetition', () => {
  const many = Array.from({ length: 11 }, (_, index) => index + 1);

  test('names what differed, with the rounds', () => {
    const outcomes = new Map([
      [
        'a#ipv4',
        new Map([
          ['pass' as const, many],
          ['fail' as const, [12, 13]],
        ]),
      ],
      ['b#ipv4', new Map([['pass' as const, [...many, 12, 13]]])],
    ]);
    expect(differencesText(outcomes, 13).split('\n')).toEqual([
      '13 rounds of 2 scenarios: 1 with different outcomes',
      '  a#ipv4',
      '    pass 11 times: round 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...',
      '    fail 2 times: round 12, 13',
    ]);
  });

  test('says that nothing differed', () => {
    expect(differencesText(new Map([['a#ipv4', new Map([['pass' as const, [1, 2]]])]]), 2)).toBe(
      '2 rounds of 1 scenarios: all outcomes the same',
    );
  });
});
