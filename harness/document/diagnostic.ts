/** Errors in files that people write: place, caret, what was expected, the nearest valid word, a code with a page. */
import { distance as distanceOf } from 'fastest-levenshtein';
import { ExplainedError } from './explained-error.ts';

/** Path of a node inside a document: keys and indices from the root. */
export type NodePath = readonly (string | number)[];

/** A spot in a text file; line and column count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** Codes of everything that can be wrong with a document; `docs/errors.md` explains each. */
export const DIAGNOSTIC_CODES = [
  'FILE_UNREADABLE',
  'YAML_SYNTAX',
  'SCHEMA',
  'UNKNOWN_KEY',
  'DUPLICATE',
  'NOTATION',
  'UNKNOWN_OPTION',
  'UNKNOWN_FIELD',
  'UNKNOWN_FUNCTION',
  'UNKNOWN_NAME',
  'UNKNOWN_CLAUSE',
  'UNKNOWN_TOPOLOGY',
  'UNKNOWN_HOST',
  'UNKNOWN_SEQUENCE',
  'UNKNOWN_SUBFLOW',
  'UNKNOWN_COMMAND',
  'BAD_VALUE',
  'BAD_DIRECTION',
  'BAD_ID',
  'BAD_CATALOGUE',
  'NO_JUDGEMENT',
  'CONTRADICTION',
  'EMPTY',
] as const;

/** One of {@link DIAGNOSTIC_CODES}. */
export type DiagnosticCode = (typeof DIAGNOSTIC_CODES)[number];

/** One thing wrong with a document. */
export interface Diagnostic {
  code: DiagnosticCode;
  place: Place;
  message: string;
  /** The source line, for the caret. */
  sourceLine: string;
  /** Number of columns that the caret underlines. */
  span: number;
}

/** A document that cannot be used; carries every diagnostic found. */
export class DocumentError extends ExplainedError {
  override readonly name = 'DocumentError';
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n\n'));
    this.diagnostics = diagnostics;
  }
}

/**
 * Runs `load`; what is wrong with a document goes to `diagnostics`, so that several documents can be told of at once.
 * Other errors pass through.
 *
 * @returns what `load` gives; undefined when it threw a {@link DocumentError}
 */
export function gather<T>(diagnostics: Diagnostic[], load: () => T): T | undefined {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    diagnostics.push(...error.diagnostics);
    return undefined;
  }
}

/** `file:line:column: message [CODE]`, the source line and a caret under the spot. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { place, sourceLine, span } = diagnostic;
  const head = `${place.file}:${place.line}:${place.column}: ${diagnostic.message} [${diagnostic.code}]`;
  if (sourceLine.trim() === '') return head;
  // A tab stays a tab, or the caret would stand elsewhere.
  const indent = sourceLine
    .slice(0, place.column - 1)
    .replaceAll(/[^\t]/g, ' ')
    .padEnd(place.column - 1);
  return `${head}\n    ${sourceLine}\n    ${indent}${'^'.repeat(Math.max(1, span))}`;
}

/** Maximum of valid words listed when none is similar to the text. */
const WORDS_LISTED = 40;

/**
 * The word of `known` that `word` was probably meant to be: the one with the fewest edits, within two or a third of the
 * word's length, that has something in common with it; of equals the one that begins alike. Case does not count.
 * Undefined when none is near.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3));
  const meant = word.toLowerCase();
  let best: { word: string; distance: number; begins: number } | undefined;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > (best?.distance ?? limit)) continue;
    const distance = typedFor(meant, candidate.toLowerCase());
    if (distance > (best?.distance ?? limit) || distance >= Math.max(word.length, candidate.length)) continue;
    const begins = sharedStart(meant, candidate.toLowerCase());
    if (best === undefined || distance < best.distance || begins > best.begins)
      best = { word: candidate, distance, begins };
  }
  return best?.word;
}

/** Edit distance, in which letters typed in another order count as one mistake. */
function typedFor(word: string, candidate: string): number {
  if (word === candidate) return 0;
  const letters = (text: string): string => Array.from(text).sort().join('');
  return letters(word) === letters(candidate) ? 1 : distanceOf(word, candidate);
}

/** Length of the common prefix of two words. */
function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** `; did you mean "x"?`, or a list of what is valid when nothing is near; nothing when that would be too long. */
export function suggestion(word: string, known: Iterable<string>): string {
  const words = [...known];
  const near = nearest(word, words);
  if (near !== undefined) return `; did you mean "${near}"?`;
  return words.length > 0 && words.length <= WORDS_LISTED ? `; expected one of: ${words.join(', ')}` : '';
}
