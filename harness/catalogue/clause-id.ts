/** Clause ids: their order and the place in the RFC that they name. */

const rfcPage = 'https://www.rfc-editor.org/rfc/rfc8684.html';

const idForm = /^((?:\d+|[A-E])(?:\.\d+)*)-(\d+(?:\.\d+)*)\.s([1-9]\d*)(?:\.([1-9]\d*))?$/;

/** The parts of a clause id: `3.1-20.8.s4.2` is section `3.1`, paragraph `20.8`, sentence 4, part 2. */
export interface ClauseIdParts {
  /** RFC section: `3.1`, `B.2`. */
  section: string;
  /** Paragraph within the section: `20.8`. */
  paragraph: string;
  /** Sentence within the paragraph, from 1. */
  sentence: number;
  /** Requirement within the sentence, from 1; absent where the sentence holds one. */
  part?: number;
}

/** Parses a clause id; undefined if the text does not have the form of one. */
export function parseClauseId(id: string): ClauseIdParts | undefined {
  const match = idForm.exec(id);
  if (match === null) return undefined;
  const [, section = '', paragraph = '', sentence = '', part] = match;
  const parts: ClauseIdParts = { section, paragraph, sentence: Number(sentence) };
  return part === undefined ? parts : { ...parts, part: Number(part) };
}

/**
 * The section that a clause is in: `3.1` of `3.1-20.8.s4`, and the prefix of a clause of the user's own: `acme` of
 * `acme-echo`. Any other text counts as its own section.
 */
export function sectionOf(id: string): string {
  return parseClauseId(id)?.section ?? /^([a-z][a-z0-9]*)-/.exec(id)?.[1] ?? id;
}

/** Whether a section is the wanted one or one of its subsections. */
export function isWithin(section: string, wanted: string): boolean {
  return section === wanted || section.startsWith(`${wanted}.`);
}

/** The id of the sentence that a clause stands in: `3.1-10.s3` for `3.1-10.s3.2`. The id itself when it has no part. */
export function sentenceOf(id: string): string {
  const parts = parseClauseId(id);
  return parts?.part === undefined ? id : id.slice(0, id.lastIndexOf('.'));
}

/** Orders section numbers as the RFC does: `3.2` before `3.10`, `3.1` before `3.1.1`, appendices last. */
export function compareSections(a: string, b: string): number {
  return compareNumbers(numbersOf(a), numbersOf(b));
}

/** Orders clause ids as the RFC's text does. Text that is not a clause id comes last, in code point order. */
export function compareClauseIds(a: string, b: string): number {
  const left = parseClauseId(a);
  const right = parseClauseId(b);
  if (left === undefined || right === undefined) {
    if (left !== undefined) return -1;
    if (right !== undefined) return 1;
    return a < b ? -1 : Number(a > b);
  }
  return (
    compareSections(left.section, right.section) ||
    compareNumbers(numbersOf(left.paragraph), numbersOf(right.paragraph)) ||
    left.sentence - right.sentence ||
    (left.part ?? 0) - (right.part ?? 0)
  );
}

/**
 * The address of the paragraph in the RFC editor's HTML page.
 *
 * That page takes its anchors from the XML source, which spells a whole appendix `section-appendix.a` and a
 * section within one `section-b.2`.
 *
 * @throws {RangeError} when the text has not the form of a clause id.
 */
export function anchorUrl(id: string): string {
  const parts = parseClauseId(id);
  if (parts === undefined) {
    throw new RangeError(
      `"${id}" is not a clause id. Expected a paragraph anchor and a sentence, such as 3.1-20.8.s4.`,
    );
  }
  return `${rfcPage}#${sectionAnchor(parts.section)}-${parts.paragraph}`;
}

function sectionAnchor(section: string): string {
  return /^[A-Z]$/.test(section) ? `section-appendix.${section.toLowerCase()}` : `section-${section.toLowerCase()}`;
}

/** Appendix A follows the last numbered section, whatever its number. */
function numbersOf(dotted: string): number[] {
  return dotted.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : 1000 + part.charCodeAt(0)));
}

function compareNumbers(a: number[], b: number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? -1) - (b[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
