import type { ErrorObject } from 'ajv';
import { isMap, isScalar, LineCounter, type Document, type Node } from 'yaml';
import { nearestWord } from './nearest.ts';

/** One thing wrong in a clause file. Line and column count from 1. */
export interface CatalogueProblem {
  file: string;
  line: number;
  column: number;
  message: string;
}

/** Thrown when clause files do not load. The message holds every problem, a line each, `file:line:column: what`. */
export class CatalogueError extends Error {
  readonly problems: readonly CatalogueProblem[];

  constructor(problems: readonly CatalogueProblem[]) {
    super(problems.map((p) => `${p.file}:${p.line}:${p.column}: ${p.message}`).join('\n'));
    this.name = 'CatalogueError';
    this.problems = problems;
  }
}

/** A parsed YAML file that knows where its parts stand. */
export interface SourceFile {
  file: string;
  document: Document.Parsed;
  lines: LineCounter;
}

/** A path into a YAML document: map keys and list indexes from the root. */
export type NodePath = readonly (string | number)[];

/** A problem at the node of that path, or at its nearest ancestor that is there. */
export function problemAt(source: SourceFile, path: NodePath, message: string): CatalogueProblem {
  for (let length = path.length; length > 0; length--) {
    const node = source.document.getIn(path.slice(0, length), true) as Node | undefined;
    if (node?.range) return problemAtOffset(source, node.range[0], message);
  }
  return problemAtOffset(source, source.document.contents?.range[0] ?? 0, message);
}

/** A problem at the key (not the value) of a map entry. */
export function problemAtKey(source: SourceFile, mapPath: NodePath, key: string, message: string): CatalogueProblem {
  const map = mapPath.length === 0 ? source.document.contents : source.document.getIn(mapPath, true);
  if (isMap(map)) {
    for (const { key: node } of map.items) {
      if (isScalar(node) && node.value === key && node.range) return problemAtOffset(source, node.range[0], message);
    }
  }
  return problemAt(source, mapPath, message);
}

/** A problem at a character offset of the file. */
export function problemAtOffset(source: SourceFile, offset: number, message: string): CatalogueProblem {
  const { line, col } = source.lines.linePos(offset);
  return { file: source.file, line: Math.max(line, 1), column: Math.max(col, 1), message };
}

/** Says in words what the JSON Schema validator found, at the place in the file. */
export function problemFromSchema(source: SourceFile, error: ErrorObject): CatalogueProblem {
  const path = pointerToPath(error.instancePath);
  const params = error.params as Record<string, unknown>;
  const got = valueAt(source, path);
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = Object.keys((error.parentSchema as { properties: object }).properties);
      return problemAtKey(source, path, key, unknownWord('key', key, known));
    }
    case 'required':
      return problemAt(source, path, `"${String(params['missingProperty'])}" is missing here. Add it.`);
    case 'enum':
      return problemAt(source, path, unknownWord('value', got, params['allowedValues'] as string[]));
    case 'type':
      return problemAt(source, path, `expected ${String(params['type'])}, got ${got}.`);
    case 'pattern':
      return problemAt(source, path, `"${got}" has the wrong form. Expected ${describe(error)}`);
    case 'minLength':
      return problemAt(source, path, `too short: "${got}". Expected at least ${String(params['limit'])} characters.`);
    case 'minItems':
      return problemAt(source, path, 'the list is empty. Expected at least one item.');
    case 'uniqueItems':
      return problemAt(source, path, 'the list holds an item twice. Remove one.');
    default:
      return problemAt(source, path, error.message ?? error.keyword);
  }
}

/** An error text for a word out of a closed list, with the nearest valid one. */
export function unknownWord(kind: string, word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known);
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  return `unknown ${kind} "${word}".${hint} Expected one of: ${known.join(', ')}.`;
}

function describe(error: ErrorObject): string {
  const description = (error.parentSchema as { description?: string } | undefined)?.description;
  return description ?? `a match of ${(error.params as { pattern: string }).pattern}.`;
}

function valueAt(source: SourceFile, path: NodePath): string {
  const value: unknown = path.length === 0 ? source.document.toJS() : source.document.getIn(path);
  if (typeof value === 'string') return value;
  return isScalar(value) ? String(value.value) : JSON.stringify(value);
}

function pointerToPath(pointer: string): NodePath {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
