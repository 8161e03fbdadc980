/** Loads deviations files. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DocumentError, suggestion, type Diagnostic, type NodePath } from '../document/diagnostic.ts';
import { fittingPart } from '../document/fitting.ts';
import { projectFile } from '../document/project-file.ts';
import { projectSchema } from '../document/schema.ts';
import { readYaml, YamlFile } from '../document/yaml-file.ts';
import type { DeviationList } from './deviations.ts';
import { problemIn } from './instead.ts';
import type { Deviation } from './results.ts';

const SCHEMA = 'suites/schema/deviations.schema.json';

/** Loads and checks a deviations file. @throws DocumentError */
export function loadDeviations(file: string): DeviationList {
  return toDeviations(readYaml(file));
}

/** Reads the text of a deviations file. @throws DocumentError */
export function parseDeviations(file: string, text: string): DeviationList {
  return toDeviations(new YamlFile(file, text));
}

/** A finding as it is written; its id is its key. */
interface RawFinding {
  title: string;
  reason: string;
  upstream?: string;
  instead?: string[];
  /** Clauses by scenario id; `all`: whatever the scenario judges. */
  scenarios?: Record<string, string[] | 'all'>;
  /** Clauses that are broken wherever they are judged. */
  clauses?: string[];
  /** Parts of what a run says of the kernel's trouble. */
  trouble?: string[];
}

/** Names a finding, or some of what shows findings, of the extended file. */
interface RawNot {
  finding?: string;
  scenario?: string;
  clause?: string;
  reason: string;
}

/** A file as it is written. */
interface RawFile {
  sut: string;
  kernel?: string;
  extends?: string;
  instead?: 'inherited';
  not?: RawNot[];
  findings?: Record<string, RawFinding>;
}

/** Files that extend one another, at most. */
const DEEPEST = 20;

function toDeviations(source: YamlFile, depth = 0): DeviationList {
  const misfits = source.problems(projectSchema(SCHEMA));
  const part = fittingPart<RawFile>(source.value, misfits, ['findings']);
  if (part === undefined) throw new DocumentError(misfits);
  const raw: RawFile = { sut: '', ...part.value };
  if (part.lacks.has('extends') || part.lacks.has('not')) {
    // The inherited declarations are unknown, so nothing can be compared with them.
    delete raw.extends;
    delete raw.not;
  }
  const findings = Object.entries(raw.findings ?? {});
  const problems: Diagnostic[] = [...misfits];
  problems.push(...findings.flatMap(([id, finding]) => lineProblems(source, id, finding)));
  const own = findings.flatMap(([id, finding]) => deviationsOf(source, id, finding));
  problems.push(...duplicates(source, own));
  const inherited = raw.extends === undefined ? [] : inheritedFrom(source, raw.extends, depth);
  const kept = withoutNot(source, raw, inherited, problems).map((one) =>
    raw.instead === 'inherited' ? one : open(one),
  );
  for (const [id] of findings) {
    if (!kept.some((other) => other.finding === id)) continue;
    const message = `${raw.extends ?? ''} already has this finding; rename this one, or remove the inherited one with "not"`;
    problems.push(source.diagnoseKey(['findings'], id, 'DUPLICATE', message));
  }
  for (const one of own) {
    if (!kept.some((other) => isSame(other, one))) continue;
    problems.push(source.diagnose(one.path, 'DUPLICATE', `${raw.extends ?? ''} declares the same; remove it here`));
  }
  if (problems.length > 0) throw new DocumentError(problems);
  return {
    source: basename(source.file),
    sut: raw.sut,
    ...(raw.kernel === undefined ? {} : { kernel: raw.kernel }),
    deviations: [...kept, ...own.map(withoutPath)],
  };
}

/** A deviation and where it stands. */
type Placed = Deviation & { path: NodePath };

function withoutPath(placed: Placed): Deviation {
  const deviation: Partial<Placed> & Deviation = { ...placed };
  delete deviation.path;
  return deviation;
}

/** A deviation of another kernel that may show here by other packets; not verified. */
function open(inherited: Deviation): Deviation {
  const deviation = { ...inherited };
  delete deviation.instead;
  return deviation;
}

/** The deviations that a finding declares, one by one. */
function deviationsOf(source: YamlFile, finding: string, raw: RawFinding): Placed[] {
  const { title, reason, upstream, instead } = raw;
  const common = {
    finding,
    title,
    reason,
    ...(upstream === undefined ? {} : { link: upstream }),
    ...(instead === undefined ? {} : { instead }),
  };
  const at = ['findings', finding];
  const byScenario = Object.entries(raw.scenarios ?? {}).flatMap(([scenario, clauses]): Placed[] =>
    clauses === 'all'
      ? [{ ...common, scenario, path: [...at, 'scenarios', scenario] }]
      : clauses.map((clause, index) => ({ ...common, scenario, clause, path: [...at, 'scenarios', scenario, index] })),
  );
  return [
    ...byScenario,
    ...(raw.clauses ?? []).map((clause, index): Placed => ({ ...common, clause, path: [...at, 'clauses', index] })),
    ...(raw.trouble ?? []).map((trouble, index): Placed => ({ ...common, trouble, path: [...at, 'trouble', index] })),
  ];
}

/** Lines under `instead` that are packets and cannot be read. */
function lineProblems(source: YamlFile, id: string, { instead = [] }: RawFinding): Diagnostic[] {
  return instead.flatMap((line, index) => {
    const problem = problemIn(line);
    if (problem === undefined) return [];
    return [
      source.diagnoseWithin(
        ['findings', id, 'instead', index],
        problem.code,
        problem.message,
        problem.at,
        problem.span,
      ),
    ];
  });
}

/** A file beside the one that extends it; a name without an ending is a baseline of this package. */
function extendedFile(source: YamlFile, name: string): string {
  if (name.endsWith('.yaml')) return join(dirname(source.file), name);
  const folder = join(projectFile('package.json'), '..', 'reports', 'baselines');
  const known = readdirSync(folder).flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -'.yaml'.length)] : []));
  if (known.includes(name)) return join(folder, `${name}.yaml`);
  const message = `there is no baseline "${name}"${suggestion(name, known)}; a file in this folder is named with .yaml`;
  throw new DocumentError([source.diagnose(['extends'], 'BAD_VALUE', message)]);
}

/** @throws DocumentError when the file is not there, or is wrong, or extends itself */
function inheritedFrom(source: YamlFile, name: string, depth: number): Deviation[] {
  if (depth === DEEPEST)
    throw new DocumentError([
      source.diagnose(
        ['extends'],
        'BAD_VALUE',
        `more than ${DEEPEST} files extend one another; does one extend itself?`,
      ),
    ]);
  return toDeviations(readYaml(extendedFile(source, name)), depth + 1).deviations;
}

/** The declarations of the extended file without those under `not`, each of which must name some. */
function withoutNot(
  source: YamlFile,
  raw: RawFile,
  inherited: readonly Deviation[],
  problems: Diagnostic[],
): Deviation[] {
  const isNamed = (one: Deviation, { finding, scenario, clause }: RawNot): boolean =>
    (finding === undefined || one.finding === finding) &&
    (scenario === undefined || one.scenario === scenario) &&
    (clause === undefined || one.clause === clause);
  for (const [index, entry] of (raw.not ?? []).entries()) {
    if (inherited.some((one) => isNamed(one, entry))) continue;
    const where = raw.extends === undefined ? 'the file has no "extends"' : `${raw.extends} does not declare this`;
    problems.push(
      source.diagnose(
        ['not', index],
        'BAD_VALUE',
        `${where}; write a declaration exactly as in that file, or remove this`,
      ),
    );
  }
  return inherited.filter((one) => !(raw.not ?? []).some((entry) => isNamed(one, entry)));
}

function isSame(a: Deviation, b: Deviation): boolean {
  return a.scenario === b.scenario && a.clause === b.clause && a.trouble === b.trouble;
}

function duplicates(source: YamlFile, deviations: readonly Placed[]): Diagnostic[] {
  return deviations.flatMap((one, index) => {
    const first = deviations.findIndex((other) => isSame(other, one));
    if (first === index) return [];
    const { line } = source.placeOf(deviations[first]?.path ?? []);
    return [source.diagnose(one.path, 'DUPLICATE', `declares the same as line ${line}; keep one`)];
  });
}
