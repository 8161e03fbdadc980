/** Loads deviations files, and picks the one for a kernel. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { DeviationList } from './deviations.ts';
import { projectFile } from './project-file.ts';

/** One thing wrong with a deviations file; line and column count from 1. */
export interface DeviationsProblem {
  line: number;
  column: number;
  message: string;
}

/** A deviations file that cannot be used; carries everything found. */
export class DeviationsFileError extends Error {
  override readonly name = 'DeviationsFileError';
  readonly file: string;
  readonly problems: readonly DeviationsProblem[];
  constructor(file: string, problems: readonly DeviationsProblem[]) {
    super(problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'));
    this.file = file;
    this.problems = problems;
  }
}

let compiled: ValidateFunction | undefined;

/** Loads and checks a deviations file. @throws DeviationsFileError */
export function loadDeviations(file: string): DeviationList {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}; check the path`;
    throw new DeviationsFileError(file, [{ line: 1, column: 1, message }]);
  }
  return parseDeviations(file, text);
}

/** Reads the text of a deviations file. @throws DeviationsFileError */
export function parseDeviations(file: string, text: string): DeviationList {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const at = (offset: number, message: string): DeviationsProblem => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), message };
  };
  if (document.errors.length > 0) {
    throw new DeviationsFileError(file, document.errors.map((error) => at(error.pos[0], `not YAML: ${error.message}`)));
  }
  const value: unknown = document.toJS();
  compiled ??= new Ajv2020({ allErrors: true, strict: true, strictRequired: false }).compile(
    JSON.parse(readFileSync(projectFile('suites/schema/deviations.schema.json'), 'utf8')) as object,
  );
  if (!compiled(value)) throw new DeviationsFileError(file, problemsOf(document, compiled.errors ?? [], at));
  const content = value as Omit<DeviationList, 'source'>;
  const problems = duplicates(document, content, at);
  if (problems.length > 0) throw new DeviationsFileError(file, problems);
  return { source: basename(file), ...content };
}

/** What {@link selectBaseline} chose. */
export interface BaselineChoice {
  match: 'exact' | 'older' | 'none';
  /** Path of the file; absent when there is none. */
  file?: string;
  /** Major and minor version it was made for. */
  kernel?: string;
  /** One line for people. */
  message: string;
}

/**
 * Picks the deviations file for a kernel release (`6.18.5-cloud`) from a folder of `linux-<major>.<minor>.yaml`: the
 * one of the same version, else the nearest older one, else none.
 */
export function selectBaseline(kernelRelease: string, folder: string): BaselineChoice {
  const wanted = /^(\d+)\.(\d+)/.exec(kernelRelease);
  if (wanted === null) {
    return { match: 'none', message: `no declared deviations: "${kernelRelease}" is no kernel release such as 6.18.5` };
  }
  const version = `${wanted[1] ?? ''}.${wanted[2] ?? ''}`;
  const candidates = baselines(folder).filter((entry) => compareVersions(entry, version) <= 0).sort(compareVersions);
  const kernel = candidates.at(-1);
  if (kernel === undefined) {
    return { match: 'none', message: `no declared deviations: ${folder} has no linux-*.yaml for ${version} or older` };
  }
  const file = join(folder, `linux-${kernel}.yaml`);
  if (kernel === version) return { match: 'exact', file, kernel, message: `declared deviations: ${file}` };
  return { match: 'older', file, kernel, message: `declared deviations: ${file}, the nearest older one; there is none for ${version}` };
}

function baselines(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names.flatMap((name) => /^linux-(\d+\.\d+)\.yaml$/.exec(name)?.[1] ?? []);
}

function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor === bMajor ? aMinor - bMinor : aMajor - bMajor;
}

type Locate = (offset: number, message: string) => DeviationsProblem;

function problemsOf(document: Document, errors: readonly ErrorObject[], at: Locate): DeviationsProblem[] {
  // Where neither a scenario nor a clause is named, one line says it; the two failed alternatives say nothing more.
  const telling = errors.filter((error) => !/\/anyOf\/\d/.test(error.schemaPath));
  return telling.map((error) => {
    const path = error.instancePath.split('/').slice(1).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    return at(offsetOf(document, path, error), describe(path, error));
  });
}

function describe(path: readonly (string | number)[], error: ErrorObject): string {
  const params = error.params as { additionalProperty?: string; missingProperty?: string; pattern?: string };
  const where = path.length === 0 ? 'the file' : path.join('.');
  if (params.additionalProperty !== undefined) {
    const known = path.length === 0 ? 'sut, kernel, deviations' : 'scenario, clause, reason, link';
    return `unknown key "${params.additionalProperty}"; valid here: ${known}`;
  }
  if (error.keyword === 'anyOf') return `${where} names neither a scenario nor a clause; add "scenario:" or "clause:"`;
  if (error.keyword === 'type' && path.at(-1) === 'kernel') return 'kernel must be text: quote it, "6.18" (a bare 6.10 is 6.1)';
  if (error.keyword === 'pattern') return `${where} does not have the form ${params.pattern ?? ''}; ids are literal, not patterns`;
  if (params.missingProperty !== undefined) return `${where} lacks "${params.missingProperty}"`;
  return `${where} ${error.message ?? 'does not fit the schema'}`;
}

function offsetOf(document: Document, path: readonly (string | number)[], error: ErrorObject): number {
  const key = (error.params as { additionalProperty?: string }).additionalProperty;
  for (let depth = path.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (key !== undefined && depth === path.length && isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair !== undefined && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    }
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function duplicates(document: Document, content: Omit<DeviationList, 'source'>, at: Locate): DeviationsProblem[] {
  const seen = new Map<string, number>();
  return content.deviations.flatMap(({ scenario = '', clause = '' }, index) => {
    const key = `${scenario} ${clause}`;
    const first = seen.get(key);
    seen.set(key, first ?? index);
    if (first === undefined) return [];
    const node = document.getIn(['deviations', index], true);
    const message = `deviations.${index} declares the same as deviations.${first}; keep one`;
    return [at(isNode(node) && node.range ? node.range[0] : 0, message)];
  });
}
