import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { LineCounter, parseDocument } from 'yaml';
import { Catalogue, type CatalogueSection } from './catalogue.ts';
import { compareClauseIds, compareSections, parseClauseId, sentenceOf } from './clause-id.ts';
import { nearestWord } from './nearest.ts';
import {
  CatalogueError, problemAt, problemAtKey, problemAtOffset, problemFromSchema,
  type CatalogueProblem, type SourceFile,
} from './problems.ts';
import type { Clause } from './types.ts';

/** A clause as a file has it: `related` may be left out, the section is the file's. */
type RawClause = Omit<Clause, 'section' | 'related'> & { related?: string[] };

interface ClauseFile {
  source: SourceFile;
  section: string;
  title: string;
  clauses: RawClause[];
}

/** Where a clause was first declared. */
interface Declared {
  file: ClauseFile;
  index: number;
}

/**
 * Reads every `*.yaml` of a directory of clause files, checks them against `suites/schema/clauses.schema.json` and
 * against each other.
 *
 * @param dir directory of clause files, one per RFC section.
 * @throws {CatalogueError} naming every problem with file, line and column: YAML that does not parse, an unknown key
 *   or word, an id used twice, out of order or outside its file's section, a related id that no clause has, a
 *   clause that is unobservable without a reason or has a reason without being so.
 * @throws {Error} when the directory cannot be read or holds no clause file.
 */
export function loadCatalogue(dir: string): Catalogue {
  const names = readdirSync(dir).filter((name) => name.endsWith('.yaml')).sort();
  if (names.length === 0) {
    throw new Error(`No clause files (*.yaml) in ${dir}. Expected the directory suites/rfc8684/clauses.`);
  }
  const validate = compileSchema();
  const problems: CatalogueProblem[] = [];
  const files = names.flatMap((name) => readClauseFile(join(dir, name), validate, problems) ?? []);
  // What one file relates to may stand in another that did not load: say first what keeps files from loading.
  if (problems.length > 0) throw new CatalogueError(problems);
  const declared = collectIds(files, problems);
  for (const file of files) checkFile(file, declared, problems);
  if (problems.length > 0) throw new CatalogueError(problems);

  const sections: CatalogueSection[] = files
    .map(({ section, title, source }) => ({ section, title, file: source.file }))
    .sort((a, b) => compareSections(a.section, b.section));
  return new Catalogue(files.flatMap(toClauses), sections);
}

function toClauses(file: ClauseFile): Clause[] {
  return file.clauses.map((clause) => ({ ...clause, section: file.section, related: clause.related ?? [] }));
}

function compileSchema(): ValidateFunction {
  const path = findSchema(import.meta.dirname);
  const ajv = new Ajv2020({ allErrors: true, verbose: true });
  return ajv.compile(JSON.parse(readFileSync(path, 'utf8')) as object);
}

/** The sources and a build lie at different depths below the package's root: go up until the schema is there. */
function findSchema(from: string): string {
  const path = join(from, 'suites', 'schema', 'clauses.schema.json');
  if (existsSync(path)) return path;
  const parent = dirname(from);
  if (parent === from) {
    throw new Error('suites/schema/clauses.schema.json was not found above the program. Reinstall the package.');
  }
  return findSchema(parent);
}

function readClauseFile(
  path: string, validate: ValidateFunction, problems: CatalogueProblem[],
): ClauseFile | undefined {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines, prettyErrors: false });
  const source: SourceFile = { file: path, document, lines };
  if (document.errors.length > 0) {
    problems.push(...document.errors.map((error) => problemAtOffset(source, error.pos[0], `YAML: ${error.message}`)));
    return undefined;
  }
  const value: unknown = document.toJS();
  if (!validate(value)) {
    problems.push(...(validate.errors ?? []).map((error) => problemFromSchema(source, error)));
    return undefined;
  }
  const { section, title, clauses } = value as Omit<ClauseFile, 'source'>;
  return { source, section, title, clauses };
}

function collectIds(files: readonly ClauseFile[], problems: CatalogueProblem[]): Map<string, Declared> {
  const declared = new Map<string, Declared>();
  for (const file of files) {
    for (const [index, clause] of file.clauses.entries()) {
      const first = declared.get(clause.id);
      if (first === undefined) {
        declared.set(clause.id, { file, index });
        continue;
      }
      const at = problemAt(first.file.source, ['clauses', first.index, 'id'], '');
      problems.push(
        problemAt(file.source, ['clauses', index, 'id'],
          `"${clause.id}" is already used at ${at.file}:${at.line}. Ids are unique.`),
      );
    }
  }
  return declared;
}

function checkFile(file: ClauseFile, declared: ReadonlyMap<string, Declared>, problems: CatalogueProblem[]): void {
  if (!basename(file.source.file).startsWith(`${file.section}-`)) {
    problems.push(
      problemAt(file.source, ['section'], `section ${file.section} belongs in ${file.section}-<title>.yaml.`),
    );
  }
  let previous: string | undefined;
  for (const [index, clause] of file.clauses.entries()) {
    checkId(file, index, clause.id, previous, declared, problems);
    checkRelated(file, index, clause, declared, problems);
    checkReason(file, index, clause, problems);
    previous = clause.id;
  }
}

function checkId(
  file: ClauseFile, index: number, id: string, previous: string | undefined,
  declared: ReadonlyMap<string, Declared>, problems: CatalogueProblem[],
): void {
  const report = (message: string): void => {
    problems.push(problemAt(file.source, ['clauses', index, 'id'], message));
  };
  if (parseClauseId(id)?.section !== file.section) {
    report(`"${id}" is not of section ${file.section}. Expected an id that starts with "${file.section}-".`);
  }
  if (previous !== undefined && compareClauseIds(previous, id) > 0) {
    report(`"${id}" stands after "${previous}". Expected the order of the RFC.`);
  }
  const sentence = sentenceOf(id);
  if (sentence !== id && declared.has(sentence)) {
    report(`"${id}" is a part of "${sentence}", which has an entry too. Number that one "${sentence}.1".`);
  }
}

function checkRelated(
  file: ClauseFile, index: number, clause: RawClause,
  declared: ReadonlyMap<string, Declared>, problems: CatalogueProblem[],
): void {
  for (const [at, id] of (clause.related ?? []).entries()) {
    const report = (message: string): void => {
      problems.push(problemAt(file.source, ['clauses', index, 'related', at], message));
    };
    if (id === clause.id) report(`"${id}" names itself as related. Remove it.`);
    if (declared.has(id)) continue;
    const nearest = nearestWord(id, declared.keys());
    report(`no clause has the id "${id}".${nearest === undefined ? '' : ` Did you mean "${nearest}"?`}`);
  }
}

function checkReason(file: ClauseFile, index: number, clause: RawClause, problems: CatalogueProblem[]): void {
  const path = ['clauses', index];
  const unobservable = clause.judged.includes('unobservable');
  if (unobservable && clause.judged.length > 1) {
    problems.push(
      problemAt(file.source, [...path, 'judged'], '"unobservable" stands with another word. Expected it alone.'),
    );
  }
  if (unobservable && clause.reason === undefined) {
    problems.push(
      problemAt(file.source, [...path, 'judged'], `"${clause.id}" is unobservable without a reason. Add "reason".`),
    );
  }
  if (!unobservable && clause.reason !== undefined) {
    problems.push(
      problemAtKey(file.source, path, 'reason',
        `"${clause.id}" has a reason but is judged: ${clause.judged.join(', ')}. Remove "reason".`),
    );
  }
}
