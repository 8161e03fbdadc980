/** Loads a YAML file, checks it against a JSON Schema, and keeps the place of every node. */
import { readFileSync } from 'node:fs';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Scalar,
} from 'yaml';
import { DocumentError, type Diagnostic, type DiagnosticCode, type NodePath, type Place } from './diagnostic.ts';
import { schemaProblems, type SchemaProblem } from './schema.ts';

/** A parsed file with its places. */
export class YamlFile {
  readonly file: string;
  readonly text: string;
  /** The content as plain values. */
  readonly value: unknown;
  readonly #document: Document;
  readonly #counter: LineCounter;
  readonly #lines: readonly string[];

  /** @throws DocumentError naming every fault of the YAML */
  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.#lines = text.split(/\r?\n/);
    this.#counter = new LineCounter();
    this.#document = parseDocument(text, { lineCounter: this.#counter, prettyErrors: false });
    const problems = [...this.#document.errors, ...this.#document.warnings].map(({ pos: [from, to], code, message }) =>
      this.#at(from, to - from, code === 'DUPLICATE_KEY' ? 'DUPLICATE' : 'YAML_SYNTAX', message),
    );
    if (problems.length > 0) throw new DocumentError(problems);
    this.value = this.#toValue();
  }

  /** Place of a value; of the nearest existing ancestor when the path leads nowhere. */
  placeOf(path: NodePath): Place {
    return this.#placeAt(startOf(this.#nearestNode(path)));
  }

  /** A value as the file has it, quotes included; empty when the path leads nowhere. */
  written(path: NodePath): string {
    const [start = 0, end = start] = this.#nodeAt(path)?.range ?? [];
    return this.text.slice(start, end);
  }

  /** A diagnostic at a value, its caret under all of it when it is a scalar on one line. */
  diagnose(path: NodePath, code: DiagnosticCode, message: string): Diagnostic {
    const node = this.#nearestNode(path);
    const [start = 0, end = start] = node?.range ?? [];
    return this.#at(start, isScalar(node) && node === this.#nodeAt(path) ? end - start : 1, code, message);
  }

  /**
   * A diagnostic at some characters of a text. Where the file does not have the text as it is (it stands on several
   * lines, or needs escapes), it is a diagnostic at the whole.
   *
   * @param from characters from the start of the text
   * @param span how many characters
   */
  diagnoseWithin(path: NodePath, code: DiagnosticCode, message: string, from: number, span: number): Diagnostic {
    const node = this.#nodeAt(path);
    if (!isScalar(node) || node.range === undefined || node.range === null) return this.diagnose(path, code, message);
    const start = node.range[0] + (isQuoted(node) ? 1 : 0);
    const text = String(node.value);
    if (this.text.slice(start, start + text.length) !== text) return this.diagnose(path, code, message);
    return this.#at(start + Math.min(from, text.length), span, code, message);
  }

  /** A diagnostic at a key of a map. */
  diagnoseKey(path: NodePath, key: string, code: DiagnosticCode, message: string): Diagnostic {
    const map = this.#nodeAt(path);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    if (!isNode(pair?.key)) return this.diagnose(path, code, message);
    const [start = 0, end = start] = pair.key.range ?? [];
    return this.#at(start, end - start, code, message);
  }

  /** Every way in which the content departs from a schema; none when it fits. */
  problems(validate: ValidateFunction): SchemaProblem[] {
    return schemaProblems(this, validate);
  }

  /** Throws every way in which the content departs from the schema. @throws DocumentError */
  check(validate: ValidateFunction): void {
    const problems = this.problems(validate);
    if (problems.length > 0) throw new DocumentError(problems);
  }

  #toValue(): unknown {
    try {
      return this.#document.toJS() as unknown;
    } catch (error) {
      // An alias without its anchor, or too many of them.
      if (!(error instanceof ReferenceError)) throw error;
      throw new DocumentError([this.#at(0, 1, 'YAML_SYNTAX', error.message)]);
    }
  }

  #nodeAt(path: NodePath): Node | undefined {
    let node: unknown = this.#document.contents;
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(this.#document);
      if (isMap(node))
        node = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part))?.value;
      else if (isSeq(node)) node = node.items[Number(part)];
      else return undefined;
    }
    return isNode(node) ? node : undefined;
  }

  #nearestNode(path: NodePath): Node | undefined {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = this.#nodeAt(path.slice(0, depth));
      if (node !== undefined) return node;
    }
    return undefined;
  }

  #placeAt(offset: number): Place {
    const { line, col } = this.#counter.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #at(offset: number, span: number, code: DiagnosticCode, message: string): Diagnostic {
    const place = this.#placeAt(offset);
    const sourceLine = this.#lines[place.line - 1] ?? '';
    return {
      code,
      place,
      message,
      sourceLine,
      span: Math.max(1, Math.min(span, sourceLine.length - place.column + 1)),
    };
  }
}

function startOf(node: Node | undefined): number {
  return node?.range?.[0] ?? 0;
}

function isQuoted(scalar: Scalar): boolean {
  return scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE';
}

/** Reads and parses a YAML file. @throws DocumentError */
export function readYaml(file: string): YamlFile {
  return new YamlFile(file, readText(file));
}

/** A diagnostic at a place of a file that is already loaded; the line is read again. @throws DocumentError */
export function diagnoseAt(place: Place, code: DiagnosticCode, message: string): Diagnostic {
  const sourceLine = readText(place.file).split(/\r?\n/)[place.line - 1] ?? '';
  return { code, place, message, sourceLine, span: 1 };
}

/** A diagnostic about a file as a whole. */
export function diagnoseFile(file: string, code: DiagnosticCode, message: string): Diagnostic {
  return { code, place: { file, line: 1, column: 1 }, message, sourceLine: '', span: 1 };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}; check the path`;
    throw new DocumentError([diagnoseFile(file, 'FILE_UNREADABLE', message)]);
  }
}
