import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anchorUrl, compareClauseIds, compareSections, parseClauseId, sectionOf, sentenceOf } from './clause-id.ts';
import { sectionTitle } from './rfc-outline.ts';

const dotted = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 3 }).map((n) => n.join('.'));
const clauseId = fc
  .tuple(fc.constantFrom('3', '3.1', '3.9.3', 'A', 'B.2', 'C.1.1'), dotted, fc.integer({ min: 1, max: 12 }), fc.nat(3))
  .map(([section, paragraph, sentence, part]) => `${section}-${paragraph}.s${sentence}${part === 0 ? '' : `.${part}`}`);

describe('parseClauseId', () => {
  test('takes sections, paragraphs, sentences and parts apart', () => {
    expect(parseClauseId('3.1-20.8.s4')).toEqual({ section: '3.1', paragraph: '20.8', sentence: 4 });
    expect(parseClauseId('B.2-2.s1.3')).toEqual({ section: 'B.2', paragraph: '2', sentence: 1, part: 3 });
  });

  test.each([
    '',
    '3.1',
    '3.1-20.8',
    '3.1-20.8.s0',
    '3.1-20.8.s01',
    'b.2-1.s1',
    '3.1-20.8.s4.',
    'section-3.1-1.s1',
    'F-1.s1',
  ])('refuses %j', (text) => expect(parseClauseId(text)).toBeUndefined());
});

describe('order', () => {
  test('is that of the RFC', () => {
    const ordered = [
      '3-6.s5',
      '3.1-3.s8',
      '3.1-3.s10',
      '3.1-20.s1',
      '3.1-20.2.s1',
      '3.1-20.10.s1',
      '3.1-21.s1',
      '3.1-21.s1.1',
      '3.1-21.s1.2',
      '3.1-21.s2',
      '3.1.1-1.s1',
      '3.2-1.s1',
      '3.10-1.s1',
      '7.4-1.s1',
      'A-1.s1',
      'B-1.s1',
      'B.1-1.s1',
      'C.1.1-1.2.s1',
    ];
    expect(ordered.toReversed().sort(compareClauseIds)).toEqual(ordered);
  });

  test('is total and agrees with equality', () => {
    fc.assert(
      fc.property(clauseId, clauseId, (a, b) => {
        expect(Math.sign(compareClauseIds(a, b))).toBe(-Math.sign(compareClauseIds(b, a)) + 0);
        expect(compareClauseIds(a, b) === 0).toBe(a === b);
      }),
    );
  });

  test('puts text that is not an id last', () => {
    expect(['zz', 'aa', '3.1-1.s1'].sort(compareClauseIds)).toEqual(['3.1-1.s1', 'aa', 'zz']);
  });

  test('of sections', () => {
    const ordered = ['3', '3.2', '3.10', '7', 'A', 'C.1.1'];
    expect(ordered.toReversed().sort(compareSections)).toEqual(ordered);
  });
});

test('sentenceOf drops the part', () => {
  expect(sentenceOf('3.1-10.s3.2')).toBe('3.1-10.s3');
  expect(sentenceOf('3.1-10.s3')).toBe('3.1-10.s3');
});

test('sectionOf is what stands before the paragraph', () => {
  expect(['3.1-20.8.s4', 'B.2-2.s1', 'what'].map(sectionOf)).toEqual(['3.1', 'B.2', 'what']);
});

test('sectionTitle has number and title, or the number alone', () => {
  expect([sectionTitle('3.7'), sectionTitle('9.9')]).toEqual(['§3.7 Fallback', '§9.9']);
});

describe('anchorUrl', () => {
  test.each([
    ['3.1-20.8.s4', 'section-3.1-20.8'],
    ['3.1-10.s3.2', 'section-3.1-10'],
    ['A-8.s5', 'section-appendix.a-8'],
    ['B.2-2.s1', 'section-b.2-2'],
    ['C.1.1-1.2.s2', 'section-c.1.1-1.2'],
  ])('%s', (id, anchor) => {
    expect(anchorUrl(id)).toBe(`https://www.rfc-editor.org/rfc/rfc8684.html#${anchor}`);
  });

  test('refuses text that is not an id', () => {
    expect(() => anchorUrl('3.1')).toThrow('"3.1" is not a clause id. Expected');
  });
});
