import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean, displayWidth, fit, formatDuration, pad, styleFor, wrap } from './text-layout.ts';

describe('text for a terminal', () => {
  test('nothing from outside can steer the terminal', () => {
    expect(clean('a\u001b[31mred\u0007\nb\tc')).toBe('a\\x1b[31mred\\x07\\x0ab c');
    expect(clean('x\u202egnp.\u2066y\u200b\ufeff')).toBe('x\\u{202e}gnp.\\u{2066}y\\u{200b}\\u{feff}');
    expect(clean('\ud800x')).toBe('\\u{d800}x');
    expect(clean('ünï✔ 漢 😀')).toBe('ünï✔ 漢 😀');
  });

  test('width counts columns', () => {
    expect([displayWidth('abc'), displayWidth('漢字'), displayWidth('e\u0301'), displayWidth('😀')]).toEqual([
      3, 4, 1, 2,
    ]);
    expect(pad('漢', 4)).toBe('漢  ');
  });

  test('cut text ends in an ellipsis and never exceeds the width', () => {
    expect(fit('abcdef', 6)).toBe('abcdef');
    expect(fit('abcdefg', 6)).toBe('abcde…');
    expect(fit('漢字漢字', 6)).toBe('漢字…');
    expect(fit('漢字', 1)).toBe('…');
  });

  test('wrapping loses nothing and cuts what is too long', () => {
    expect(wrap('aa bb cc', 5)).toEqual(['aa bb', 'cc']);
    expect(wrap('abcdefgh ij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('', 10)).toEqual(['']);
    expect(wrap('  a   b ', 10)).toEqual(['a b']);
  });

  test('a character wider than a line has a line of its own', () => {
    // A notehead with stem and flag: three code points of a column each, which terminals draw one after the other.
    const note = '\u{1d158}\u{1d165}\u{1d16e}';
    expect(displayWidth(note)).toBe(3);
    expect(wrap(`a${note}b`, 2)).toEqual(['a', note, 'b']);
    expect(fit(note, 2)).toBe('…');
    expect(wrap('漢漢漢 \u0301', 6)).toEqual(['漢漢漢', ' \u0301']);
  });

  test('no line is wider than told but one of a single character, and no cut text at all', () => {
    const graphemes = new Intl.Segmenter();
    const isSingle = (line: string) => [...graphemes.segment(line)].length === 1;
    const words = fc
      .array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.constant('👩‍👩‍👧')))
      .map((all) => clean(all.join(' ')));
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 40 }), (text, width) => {
        for (const line of wrap(text, width))
          if (!isSingle(line)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(displayWidth(fit(text, width))).toBeLessThanOrEqual(width);
        const letters = (some: string) => some.normalize().replaceAll(/\s/g, '');
        expect(letters(wrap(text, width).join(''))).toBe(letters(text));
      }),
    );
  });

  test('durations', () => {
    expect([340, 12_300, 125_000, 3_720_000].map(formatDuration)).toEqual([
      '0.3 s',
      '12 s',
      '2 min 05 s',
      '1 h 02 min',
    ]);
  });

  test('colour only on a terminal, never against NO_COLOR', () => {
    const colour = (tty: boolean, env: Record<string, string>) => styleFor({ isTTY: tty, columns: 90 }, env).colour;
    expect([
      colour(true, {}),
      colour(false, {}),
      colour(true, { NO_COLOR: '1' }),
      colour(true, { TERM: 'dumb' }),
    ]).toEqual([true, false, false, false]);
    expect([
      colour(false, { FORCE_COLOR: '1' }),
      colour(false, { FORCE_COLOR: '0' }),
      colour(true, { NO_COLOR: '' }),
    ]).toEqual([true, false, true]);
    expect(styleFor({ columns: 10 }, {}).width).toBe(40);
    expect(styleFor({}, {}).width).toBe(100);
  });
});
