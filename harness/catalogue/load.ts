/** Reads the clause files: the catalogue of what RFC 8684 asks for. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DocumentError, gather, suggestion, type Diagnostic } from '../document/diagnostic.ts';
import { projectSchema } from '../document/schema.ts';
import { diagnoseFile, readYaml, type YamlFile } from '../document/yaml-file.ts';
import { Catalogue, type CatalogueSection } from './catalogue.ts';
import { compareClauseIds, compareSections, parseClauseId, sentenceOf } from './clause-id.ts';
import type { Clause } from './types.ts';

const SCHEMA = 'suites/schema/clauses.schema.json';

/** A clause as a file has it: `related` may be left out, the section is the file's. */
type RawClause = Omit<Clause, 'section' | 'related'> & { related?: string[] };

interface ClauseFile {
  source: YamlFile;
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
 * @throws {DocumentError} naming every problem with file, line and column: a directory that cannot be read or holds no
 *   clause file, YAML that does not parse, an unknown key or word, an id used twice, out of order or outside its
 *   file's section, a related id that no clause has, a clause that is unobservable without a reason or has a reason
 *   without being so.
 */
export function loadCatalogue(dir: string): Catalogue {
  const problems: Diagnostic[] = [];
  const files = clauseFiles(dir).flatMap((name) => gather(problems, () => readClauseFile(join(dir, name))) ?? []);
  // A file may relate to one that did not load: report first the problems that keep files from loading.
  if (problems.length > 0) throw new DocumentError(problems);
  const declared = collectIds(files, problems);
  for (const file of files) checkFile(file, declared, problems);
  if (problems.length > 0) throw new DocumentError(problems);

  const sections: CatalogueSection[] = files
    .map(({ section, title, source }) => ({ section, title, file: source.file }))
    .sort((a, b) => compareSections(a.section, b.section));
  return new Catalogue(files.flatMap(toClauses), sections);
}

function clauseFiles(dir: string): string[] {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch (error) {
    throw new DocumentError([
      diagnoseFile(dir, 'FILE_UNREADABLE', `cannot be read: ${(error as Error).message}; check the path`),
    ]);
  }
  const files = names.filter((name) => name.endsWith('.yaml')).sort();
  if (files.length === 0) {
    throw new DocumentError([
      diagnoseFile(dir, 'EMPTY', 'no clause files (*.yaml) here; expected the directory suites/rfc8684/clauses'),
    ]);
  }
  return files;
}

function toClauses(file: ClauseFile): Clause[] {
  return file.clauses.map((clause) => ({ ...clause, section: file.section, related: clause.related ?? [] }));
}

function readClauseFile(path: string): ClauseFile {
  const source = readYaml(path);
  source.check(projectSchema(SCHEMA));
  const { section, title, clauses } = source.value as Omit<ClauseFile, 'source'>;
  return { source, section, title, clauses };
}

function collectIds(files: readonly ClauseFile[], problems: Diagnostic[]): Map<string, Declared> {
  const declared = new Map<string, Declared>();
  for (const file of files) {
    for (const [index, clause] of file.clauses.entries()) {
      const first = declared.get(clause.id);
      if (first === undefined) {
        declared.set(clause.id, { file, index });
        continue;
      }
      const { file: at, line } = first.file.source.placeOf(['clauses', first.index, 'id']);
      const message = `"${clause.id}" is already used at ${at}:${line}; ids are unique`;
      problems.push(file.source.diagnose(['clauses', index, 'id'], 'DUPLICATE', message));
    }
  }
  return declared;
}

function checkFile(file: ClauseFile, declared: ReadonlyMap<string, Declared>, problems: Diagnostic[]): void {
  if (!basename(file.source.file).startsWith(`${file.section}-`)) {
    const message = `section ${file.section} belongs in ${file.section}-<title>.yaml`;
    problems.push(file.source.diagnose(['section'], 'BAD_CATALOGUE', message));
  }
  let previous: string | undefined;
  for (const [index, clause] of file.clauses.entries()) {
    checkId(file, index, clause.id, previous, declared, problems);
    checkRelated(file, index, clause, declared, problems);
    checkReason(file, index, clause, problems);
    checkWhy(file, index, clause, problems);
    checkRepeats(file, index, clause, declared, problems);
    previous = clause.id;
  }
}

function checkId(
  file: ClauseFile,
  index: number,
  id: string,
  previous: string | undefined,
  declared: ReadonlyMap<string, Declared>,
  problems: Diagnostic[],
): void {
  const report = (message: string): void => {
    problems.push(file.source.diagnose(['clauses', index, 'id'], 'BAD_CATALOGUE', message));
  };
  if (parseClauseId(id)?.section !== file.section) {
    report(`"${id}" is not of section ${file.section}; expected an id that starts with "${file.section}-"`);
  }
  if (previous !== undefined && compareClauseIds(previous, id) > 0) {
    report(`"${id}" follows "${previous}"; expected the order of the RFC`);
  }
  const sentence = sentenceOf(id);
  if (sentence !== id && declared.has(sentence)) {
    report(`"${id}" is a part of "${sentence}", which also has an entry; rename that entry to "${sentence}.1"`);
  }
}

function checkRelated(
  file: ClauseFile,
  index: number,
  clause: RawClause,
  declared: ReadonlyMap<string, Declared>,
  problems: Diagnostic[],
): void {
  for (const [at, id] of (clause.related ?? []).entries()) {
    const path = ['clauses', index, 'related', at];
    if (id === clause.id)
      problems.push(file.source.diagnose(path, 'BAD_CATALOGUE', `"${id}" names itself as related; remove it`));
    if (declared.has(id)) continue;
    const message = `no clause has the id "${id}"${suggestion(id, declared.keys())}`;
    problems.push(file.source.diagnose(path, 'UNKNOWN_CLAUSE', message));
  }
}

function checkReason(file: ClauseFile, index: number, clause: RawClause, problems: Diagnostic[]): void {
  const path = ['clauses', index];
  const report = (message: string): void => {
    problems.push(file.source.diagnose([...path, 'judged'], 'BAD_CATALOGUE', message));
  };
  const unobservable = clause.judged.includes('unobservable');
  if (unobservable && clause.judged.length > 1) report('"unobservable" is combined with other words; use it alone');
  if (unobservable && clause.reason === undefined)
    report(`"${clause.id}" is unobservable without a reason; add "reason"`);
  if (!unobservable && clause.reason !== undefined) {
    const message = `"${clause.id}" has a reason but is judged: ${clause.judged.join(', ')}; remove "reason"`;
    problems.push(file.source.diagnoseKey(path, 'reason', 'BAD_CATALOGUE', message));
  }
}

/** A clause that binds without a keyword must say why. */
function checkWhy(file: ClauseFile, index: number, clause: RawClause, problems: Diagnostic[]): void {
  const path = ['clauses', index];
  if (clause.keyword !== 'stated') {
    if (clause.why === undefined) return;
    const message = `"${clause.id}" has a "why", but its keyword is ${clause.keyword}; only stated clauses have one: remove it`;
    problems.push(file.source.diagnoseKey(path, 'why', 'BAD_CATALOGUE', message));
    return;
  }
  if (clause.why !== undefined) return;
  const message = `"${clause.id}" is stated without a "why"; add what breaks between two stacks without it, or make it advice`;
  problems.push(file.source.diagnose([...path, 'keyword'], 'BAD_CATALOGUE', message));
}

/** A clause that repeats one with a keyword weighs as much. */
function checkRepeats(
  file: ClauseFile,
  index: number,
  { id, keyword, repeats }: RawClause,
  declared: ReadonlyMap<string, Declared>,
  problems: Diagnostic[],
): void {
  if (repeats === undefined) return;
  const path = ['clauses', index, 'repeats'];
  const first = declared.get(repeats);
  const original = first?.file.clauses[first.index];
  if (original === undefined) {
    const message = `no clause has the id "${repeats}"${suggestion(repeats, declared.keys())}`;
    problems.push(file.source.diagnose(path, 'UNKNOWN_CLAUSE', message));
  } else if (original.repeats !== undefined || original.id === id) {
    const message = `"${repeats}" repeats another clause itself; name the clause whose sentence has the keyword`;
    problems.push(file.source.diagnose(path, 'BAD_CATALOGUE', message));
  } else if (original.keyword !== keyword) {
    const message = `"${id}" is ${keyword}, but "${repeats}", which it repeats, is ${original.keyword}; use the same level`;
    problems.push(file.source.diagnose(path, 'BAD_CATALOGUE', message));
  }
}
