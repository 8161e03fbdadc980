/** Errors in files that people write: place, caret, what was expected, the nearest valid word, a code with a page. */

/** A spot in a text file; line and column count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** Codes of everything that can be wrong with a document; `docs/errors.md` explains each. */
export type DiagnosticCode =
  | 'FILE_UNREADABLE' | 'YAML_SYNTAX' | 'SCHEMA' | 'UNKNOWN_KEY' | 'DUPLICATE' | 'NOTATION' | 'UNKNOWN_OPTION' | 'UNKNOWN_FIELD'
  | 'UNKNOWN_FUNCTION' | 'UNKNOWN_NAME' | 'UNKNOWN_CLAUSE' | 'UNKNOWN_TOPOLOGY' | 'UNKNOWN_SEQUENCE' | 'UNKNOWN_SUBFLOW'
  | 'UNKNOWN_COMMAND' | 'BAD_VALUE' | 'BAD_DIRECTION' | 'BAD_CATALOGUE' | 'NO_JUDGEMENT' | 'EMPTY';

/** One thing wrong with a document. */
export interface Diagnostic {
  code: DiagnosticCode;
  place: Place;
  message: string;
  /** The source line, for the caret. */
  sourceLine: string;
  /** How many columns the caret underlines. */
  span: number;
}

/** A document that cannot be used; carries every diagnostic found. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n\n'));
    this.diagnostics = diagnostics;
  }
}

/** `file:line:column: message [CODE]`, the source line and a caret under the spot. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { place, sourceLine, span } = diagnostic;
  const head = `${place.file}:${place.line}:${place.column}: ${diagnostic.message} [${diagnostic.code}]`;
  if (sourceLine.trim() === '') return head;
  const caret = ' '.repeat(place.column - 1) + '^'.repeat(Math.max(1, span));
  return `${head}\n    ${sourceLine}\n    ${caret}`;
}

/** The word of `known` that `word` was probably meant to be; undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.ceil(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `; did you mean "x"?`, or a list of what is valid when nothing is near. */
export function suggestion(word: string, known: Iterable<string>): string {
  const words = [...known];
  const near = nearest(word, words);
  if (near !== undefined) return `; did you mean "${near}"?`;
  return words.length <= 12 ? `; expected one of: ${words.join(', ')}` : '';
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
