/** Clauses of a user's own: `*.clauses.yaml` beside suites that are not part of this package. */
import { DocumentError, gather, type Diagnostic } from '../document/diagnostic.ts';
import { projectSchema } from '../document/schema.ts';
import { readYaml } from '../document/yaml-file.ts';
import type { Level } from '../verdict/level.ts';
import { Catalogue, type CatalogueSection } from './catalogue.ts';
import type { Clause, Keyword } from './types.ts';

interface RawClause {
  id: string;
  level: Exclude<Level, 'stated'>;
  summary: string;
  broken?: string;
}

/** Ending of the names of such files. */
export const OWN_CLAUSES_ENDING = '.clauses.yaml';

const KEYWORD: Readonly<Record<RawClause['level'], Keyword>> = {
  must: 'MUST',
  should: 'SHOULD',
  advice: 'advice',
  may: 'MAY',
};

/** Files of clauses, and what their ids begin with. */
export interface OwnClauses {
  prefix: string;
  files: readonly string[];
}

/**
 * A catalogue with the clauses of these files, in a section that is named by their prefix.
 *
 * @throws DocumentError with each mistake in them: an id without the prefix, or that another clause has
 */
export function withOwnClauses(catalogue: Catalogue, { prefix, files }: OwnClauses): Catalogue {
  if (files.length === 0) return catalogue;
  const problems: Diagnostic[] = [];
  const own = new Map<string, Clause>();
  const sections: CatalogueSection[] = [];
  for (const file of files) gather(problems, () => readOwn(file, prefix, own, sections));
  if (problems.length > 0) throw new DocumentError(problems);
  return new Catalogue([...catalogue.all, ...own.values()], [...catalogue.sections, ...sections.slice(0, 1)]);
}

function readOwn(file: string, prefix: string, own: Map<string, Clause>, sections: CatalogueSection[]): void {
  const source = readYaml(file);
  source.check(projectSchema('suites/schema/own-clauses.schema.json'));
  const { title, clauses } = source.value as { title: string; clauses: RawClause[] };
  const problems: Diagnostic[] = [];
  for (const [index, { id, level, summary, broken = '' }] of clauses.entries()) {
    const report = (code: 'DUPLICATE' | 'BAD_VALUE', message: string): void => {
      problems.push(source.diagnose(['clauses', index, 'id'], code, message));
    };
    if (!id.startsWith(`${prefix}-`))
      report('BAD_VALUE', `"${id}" does not begin with "${prefix}-", the prefix of these suites`);
    if (own.has(id)) report('DUPLICATE', `"${id}" is already used; ids are unique`);
    own.set(id, {
      id,
      section: prefix,
      keyword: KEYWORD[level],
      summary,
      broken,
      roles: [],
      judged: ['active'],
      concerns: [],
      related: [],
    });
  }
  if (problems.length > 0) throw new DocumentError(problems);
  sections.push({ section: prefix, title, file });
}
