import type { Catalogue } from './catalogue.ts';
import { compareClauseIds, parseClauseId, sentenceOf } from './clause-id.ts';
import { keywordSentences } from './keyword-sentences.ts';
import { rfcOutline } from './rfc-outline.ts';
import type { Clause, Keyword } from './types.ts';

/** A place where the catalogue and the RFC disagree. */
export interface CatalogueGap {
  /** Clause or sentence id. */
  id: string;
  /** The defect, and its remedy. */
  message: string;
}

/**
 * Compares a catalogue with the RFC's keyword sentences and its outline.
 *
 * A gap is: a keyword sentence without an entry for each of its keywords, an entry with a keyword that its sentence
 * does not have, an entry for a sentence that is not there, a file whose title is not the section's.
 * A sentence that holds the same keyword twice may be one entry or two.
 *
 * @returns gaps in the order of the RFC; empty when the catalogue is complete.
 */
export function findCatalogueGaps(catalogue: Catalogue): CatalogueGap[] {
  const gaps = [
    ...missingKeywords(keywordsBySentence(catalogue)),
    ...catalogue.all.flatMap(misplaced),
    ...wrongTitles(catalogue),
  ];
  return gaps.sort((a, b) => compareClauseIds(a.id, b.id));
}

function keywordsBySentence(catalogue: Catalogue): Map<string, Set<Keyword>> {
  const bySentence = new Map<string, Set<Keyword>>();
  for (const { id, keyword } of catalogue.all) {
    const sentence = sentenceOf(id);
    bySentence.set(sentence, (bySentence.get(sentence) ?? new Set()).add(keyword));
  }
  return bySentence;
}

function missingKeywords(bySentence: ReadonlyMap<string, ReadonlySet<Keyword>>): CatalogueGap[] {
  const gaps: CatalogueGap[] = [];
  for (const [id, keywords] of keywordSentences) {
    const present = bySentence.get(id);
    const missing = [...new Set(keywords)].filter((keyword) => present?.has(keyword) !== true);
    if (missing.length > 0) {
      gaps.push({ id, message: `no entry for ${missing.join(', ')} of this sentence. Add one.` });
    }
  }
  return gaps;
}

function misplaced(clause: Clause): CatalogueGap[] {
  const { id, keyword } = clause;
  const parts = parseClauseId(id);
  const outline = rfcOutline.find(({ section }) => section === parts?.section);
  if (parts === undefined || outline === undefined) return [{ id, message: 'unknown section of the RFC.' }];

  const sentences = outline.sentences.get(parts.paragraph);
  if (sentences === undefined) {
    return [{ id, message: `section ${parts.section} has no paragraph ${parts.paragraph}.` }];
  }
  if (parts.sentence > sentences) {
    return [{ id, message: `the paragraph has ${sentences} sentences, the entry names number ${parts.sentence}.` }];
  }
  const keywords = keywordSentences.get(sentenceOf(id)) ?? [];
  if (keyword === 'stated' || keyword === 'advice' || clause.repeats !== undefined || keywords.includes(keyword))
    return [];
  const expected = keywords.length === 0 ? 'stated or advice' : keywords.join(' or ');
  return [{ id, message: `its sentence has no ${keyword}. Expected ${expected}.` }];
}

function wrongTitles(catalogue: Catalogue): CatalogueGap[] {
  return catalogue.sections.flatMap(({ section, title }) => {
    const expected = rfcOutline.find((row) => row.section === section)?.title;
    if (expected?.toLowerCase() === title.toLowerCase()) return [];
    const message = `the title is "${title}". Expected "${expected ?? 'a section of the RFC'}".`;
    return [{ id: `${section}-1.s1`, message }];
  });
}
