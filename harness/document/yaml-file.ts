/** Loads a YAML file, checks it against a JSON Schema, and keeps the place of every node. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { isNode, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { DocumentError, suggestion, type Diagnostic, type DiagnosticCode, type Place } from './diagnostic.ts';

/** Path of a node inside a document: keys and indices from the root. */
export type NodePath = readonly (string | number)[];

/** A parsed file with its places. */
export class YamlFile {
  readonly file: string;
  readonly text: string;
  readonly #document: Document;
  readonly #counter: LineCounter;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.#counter = new LineCounter();
    this.#document = parseDocument(text, { lineCounter: this.#counter, prettyErrors: false });
    const problems = [...this.#document.errors, ...this.#document.warnings];
    if (problems.length > 0) {
      throw new DocumentError(
        problems.map((problem) => this.#at(problem.pos[0], problem.pos[1] - problem.pos[0], 'YAML_SYNTAX', problem.message)),
      );
    }
  }

  /** The content as plain values. */
  get value(): unknown {
    return this.#document.toJS();
  }

  /** Place of a value; of the nearest existing ancestor when the path leads nowhere. */
  placeOf(path: NodePath): Place {
    return this.#placeAt(this.#offsetOf(path));
  }

  /** A diagnostic at a value, or inside a one-line scalar when `from` says how many characters in. */
  diagnose(path: NodePath, code: DiagnosticCode, message: string, from = 0, span = 1): Diagnostic {
    return this.#at(this.#offsetOf(path) + this.#quoteWidth(path) + from, span, code, message);
  }

  /** A diagnostic at a key of a map. */
  diagnoseKey(path: NodePath, key: string, code: DiagnosticCode, message: string): Diagnostic {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const items: unknown = map !== null && typeof map === 'object' && 'items' in map ? map.items : [];
    const pair = (items as unknown[]).find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
    const node = isPair(pair) && isNode(pair.key) ? pair.key : undefined;
    return this.#at(node?.range?.[0] ?? this.#offsetOf(path), key.length, code, message);
  }

  /** Throws every way in which the content departs from the schema. */
  check(validate: ValidateFunction): void {
    if (validate(this.value)) return;
    throw new DocumentError(describeErrors(this, validate.errors ?? []));
  }

  #quoteWidth(path: NodePath): number {
    const node = this.#document.getIn(path, true);
    return isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') ? 1 : 0;
  }

  #offsetOf(path: NodePath): number {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  }

  #placeAt(offset: number): Place {
    const { line, col } = this.#counter.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #at(offset: number, span: number, code: DiagnosticCode, message: string): Diagnostic {
    const place = this.#placeAt(offset);
    const sourceLine = this.text.split('\n')[place.line - 1] ?? '';
    return { code, place, message, sourceLine, span: Math.max(1, Math.min(span, sourceLine.length - place.column + 1)) };
  }
}

/** Reads and parses a YAML file. @throws DocumentError */
export function readYaml(file: string): YamlFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot read the file: ${(error as Error).message}`;
    throw new DocumentError([{ code: 'FILE_UNREADABLE', place: { file, line: 1, column: 1 }, message, sourceLine: '', span: 1 }]);
  }
  return new YamlFile(file, text);
}

/** Compiles a JSON Schema file (draft 2020-12). */
export function compileSchema(file: string): ValidateFunction {
  const schema = JSON.parse(readFileSync(file, 'utf8')) as object;
  return new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, verbose: true }).compile(schema);
}

function describeErrors(file: YamlFile, errors: readonly ErrorObject[]): Diagnostic[] {
  const telling = errors.filter((error) => !['if', 'anyOf', 'oneOf', 'not'].includes(error.keyword) || errors.length === 1);
  return (telling.length > 0 ? telling : errors).slice(0, 20).map((error) => describe(file, error));
}

function describe(file: YamlFile, error: ErrorObject): Diagnostic {
  const path = error.instancePath.split('/').slice(1).map((part) => {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    return /^\d+$/.test(key) ? Number(key) : key;
  });
  const params = error.params as Record<string, unknown>;
  const unknown = params['additionalProperty'] ?? params['unevaluatedProperty'];
  if (typeof unknown === 'string') {
    const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
    return file.diagnoseKey(path, unknown, 'UNKNOWN_KEY', `unknown key "${unknown}"${suggestion(unknown, known)}`);
  }
  const allowed = params['allowedValues'];
  if (Array.isArray(allowed)) {
    const got = String(error.data);
    return file.diagnose(path, 'SCHEMA', `"${got}" is not valid here${suggestion(got, allowed.map(String))}`, 0, got.length);
  }
  const where = path.length === 0 ? '' : `"${path.join('.')}" `;
  return file.diagnose(path, 'SCHEMA', `${where}${error.message ?? 'does not fit the schema'}`);
}
