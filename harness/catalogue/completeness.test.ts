import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Catalogue } from './catalogue.ts';
import { parseClauseId } from './clause-id.ts';
import { findCatalogueGaps } from './completeness.ts';
import { keywordSentences } from './keyword-sentences.ts';
import { loadCatalogue } from './load.ts';
import { rfcOutline } from './rfc-outline.ts';
import type { Clause, Keyword } from './types.ts';

const clauses = join(import.meta.dirname, '..', '..', 'suites', 'rfc8684', 'clauses');

function clause(id: string, keyword: Keyword): Clause {
  const section = parseClauseId(id)?.section ?? '';
  return { id, section, keyword, summary: '', roles: [], broken: '', judged: [], concerns: [], related: [] };
}

function gapsOf(...list: Clause[]): Map<string, string> {
  return new Map(findCatalogueGaps(new Catalogue(list, [])).map(({ id, message }) => [id, message]));
}

test('the catalogue covers every keyword sentence of the RFC, and names no sentence that is not there', () => {
  expect(findCatalogueGaps(loadCatalogue(clauses))).toEqual([]);
});

describe('the data', () => {
  test('has the keyword counts of the RFC', () => {
    const counts = new Map<string, number>();
    for (const keyword of [...keywordSentences.values()].flat()) counts.set(keyword, (counts.get(keyword) ?? 0) + 1);
    expect(keywordSentences.size).toBe(151);
    expect([...counts].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ['MAY', 23],
      ['MUST', 72],
      ['MUST NOT', 14],
      ['RECOMMENDED', 3],
      ['SHOULD', 46],
      ['SHOULD NOT', 9],
    ]);
  });

  test('places every keyword sentence within the outline', () => {
    for (const id of keywordSentences.keys()) {
      const { section, paragraph, sentence } = parseClauseId(id)!;
      const sentences = rfcOutline.find((row) => row.section === section)?.sentences.get(paragraph);
      expect(sentences, id).toBeGreaterThanOrEqual(sentence);
    }
  });
});

describe('findCatalogueGaps', () => {
  test('wants an entry for each keyword of a sentence', () => {
    expect(gapsOf().get('3-7.s1')).toBe('no entry for MUST, SHOULD of this sentence. Add one.');
    expect(gapsOf(clause('3-7.s1', 'MUST')).get('3-7.s1')).toBe('no entry for SHOULD of this sentence. Add one.');
    expect(gapsOf(clause('3-7.s1.1', 'MUST'), clause('3-7.s1.2', 'SHOULD')).has('3-7.s1')).toBe(false);
  });

  test('takes one entry for a keyword that a sentence holds twice', () => {
    expect(gapsOf(clause('3.1-10.s3', 'MUST')).has('3.1-10.s3')).toBe(false);
  });

  test('finds keywords that the sentence does not have', () => {
    expect(gapsOf(clause('3-6.s5', 'SHOULD')).get('3-6.s5')).toContain('no SHOULD. Expected MUST NOT.');
    expect(gapsOf(clause('3-6.s1', 'MUST')).get('3-6.s1')).toContain('no MUST. Expected stated or advice.');
    expect(gapsOf(clause('3-6.s1', 'stated')).has('3-6.s1')).toBe(false);
  });

  test('finds sections, paragraphs and sentences that are not there', () => {
    const gaps = gapsOf(clause('3.11-1.s1', 'stated'), clause('3.1-40.s1', 'stated'), clause('3-7.s2', 'stated'));
    expect(gaps.get('3.11-1.s1')).toBe('unknown section of the RFC.');
    expect(gaps.get('3.1-40.s1')).toBe('section 3.1 has no paragraph 40.');
    expect(gaps.get('3-7.s2')).toBe('the paragraph has 1 sentences, the entry names number 2.');
  });

  test('compares titles with the section titles', () => {
    const sections = [
      { section: '3.1', title: 'Connection initiation', file: 'a' },
      { section: '3.2', title: 'Subflows', file: 'b' },
    ];
    const messages = findCatalogueGaps(new Catalogue([], sections)).map(({ message }) => message);
    expect(messages.filter((message) => message.startsWith('the title'))).toEqual([
      'the title is "Subflows". Expected "Starting a New Subflow".',
    ]);
  });
});
