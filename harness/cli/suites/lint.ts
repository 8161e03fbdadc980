/** `lint`: checks everything that people write. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { loadFreedoms } from '../../catalogue/freedoms.ts';
import { findCatalogueGaps } from '../../catalogue/completeness.ts';
import { formatDiagnostic, gather, type Diagnostic } from '../../document/diagnostic.ts';
import { loadDeviations } from '../../report/deviations-file.ts';
import { findBreaks, lintBreaks, loadBreaks } from '../../mutation/breaks.ts';
import { loadAnySuite } from '../../multipath/any-suite.ts';
import { findContradictions } from '../../scenario/contradictions.ts';
import { findSuites } from '../../scenario/load.ts';
import { loadSequences } from '../../scenario/sequences.ts';
import { loadPics } from '../../sut/pics.ts';
import { loadTopology } from '../../topology/load.ts';
import { loadLab } from '../../topology/remote-lab.ts';
import {
  lintAny,
  lintIds,
  openCatalogue,
  openLibraries,
  loadProject,
  projectRoot,
  suiteWorld,
} from '../inputs/project.ts';
import { ownFiles, readWorkspace, workspace, WORKSPACE_FILE } from '../inputs/workspace.ts';
import { OWN_CLAUSES_ENDING } from '../../catalogue/own-clauses.ts';
import { UsageError } from '../../document/explained-error.ts';

/** Kind of a file, known by its name or its contents. */
type Kind =
  | 'workspace'
  | 'own clauses'
  | 'suite'
  | 'sequences'
  | 'topology'
  | 'clauses'
  | 'deviations'
  | 'breaks'
  | 'pics'
  | 'freedoms'
  | 'lab';

/** Files that were checked, and their problems. */
class Report {
  readonly counts = new Map<Kind, number>();
  readonly #problems = new Set<string>();

  /** Runs a check; defects of the document are problems. Without a kind it does not count as checked. */
  check<T>(kind: Kind | undefined, work: () => T): T | undefined {
    if (kind !== undefined) this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const diagnostics: Diagnostic[] = [];
    const result = gather(diagnostics, work);
    for (const diagnostic of diagnostics) this.add(formatDiagnostic(diagnostic));
    return result;
  }

  /** Adds a problem; the same one twice counts once. */
  add(problem: string): void {
    this.#problems.add(problem);
  }

  get problems(): readonly string[] {
    return [...this.#problems];
  }
}

/** Checks these files, or everything that is installed; prints what is wrong and returns the exit code. */
export function lint(files: readonly string[]): 0 | 2 {
  const report = new Report();
  const root = projectRoot();
  checkFiles(files.length === 0 ? everything(root) : files.map(named), root, report);
  for (const problem of report.problems) process.stdout.write(`${problem}\n\n`);
  const looked = [...report.counts].map(([kind, number]) => `${number} ${plural(kind, number)}`).join(', ');
  const trouble = report.problems.length;
  process.stdout.write(
    trouble === 0 ? `${looked}: no problems\n` : `${looked}: ${trouble} ${trouble === 1 ? 'problem' : 'problems'}\n`,
  );
  return trouble === 0 ? 0 : 2;
}

function plural(kind: Kind, number: number): string {
  if (kind === 'sequences') return number === 1 ? 'file of sequences' : 'files of sequences';
  if (kind === 'topology') return number === 1 ? 'topology' : 'topologies';
  if (kind === 'suite') return number === 1 ? 'suite' : 'suites';
  if (kind === 'breaks') return number === 1 ? 'file of breaks' : 'files of breaks';
  if (kind === 'clauses') return number === 1 ? 'catalogue' : 'catalogues';
  if (kind === 'pics') return number === 1 ? 'statement of a stack' : 'statements of stacks';
  if (kind === 'freedoms') return number === 1 ? 'file of freedoms' : 'files of freedoms';
  if (kind === 'workspace') return number === 1 ? 'workspace' : 'workspaces';
  if (kind === 'own clauses') return number === 1 ? 'file of own clauses' : 'files of own clauses';
  if (kind === 'lab') return number === 1 ? 'bench' : 'benches';
  return number === 1 ? 'deviations file' : 'deviations files';
}

interface LintFile {
  file: string;
  kind: Kind;
}

/** The user's own files if there are any, otherwise all files of the installation. */
function everything(root: string): LintFile[] {
  const { source, suites, topologies, baselines, pics } = workspace();
  if (source === undefined && suites.length === 0) return installed(root);
  const kinds = { topology: topologies, deviations: baselines, pics } as const;
  return [
    ...(source === undefined ? [] : [{ file: source.file, kind: 'workspace' as const }]),
    ...ownFiles(OWN_CLAUSES_ENDING).map(({ file }): LintFile => ({ file, kind: 'own clauses' })),
    ...Object.entries(kinds).flatMap(([kind, folders]) =>
      folders.flatMap(yamlIn).map((file): LintFile => ({ file, kind: kind as Kind })),
    ),
    ...ownFiles('.suite.yaml').map(({ file }): LintFile => ({ file, kind: 'suite' })),
  ];
}

function yamlIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));
}

function installed(root: string): LintFile[] {
  return [
    { file: join(root, 'suites', 'rfc8684', 'clauses'), kind: 'clauses' },
    ...yamlIn(join(root, 'suites', 'sequences')).map((file): LintFile => ({ file, kind: 'sequences' })),
    { file: join(root, 'suites', 'freedoms.yaml'), kind: 'freedoms' },
    ...yamlIn(join(root, 'topologies')).map((file): LintFile => ({ file, kind: 'topology' })),
    ...findSuites(join(root, 'suites')).map((file): LintFile => ({ file, kind: 'suite' })),
    ...findBreaks(join(root, 'suites')).map((file): LintFile => ({ file, kind: 'breaks' })),
    ...yamlIn(join(root, 'suites', 'pics')).map((file): LintFile => ({ file, kind: 'pics' })),
    ...yamlIn(join(root, 'reports', 'baselines')).map((file): LintFile => ({ file, kind: 'deviations' })),
  ];
}

/** A file from the command line. @throws UsageError when it is not there, or its kind cannot be told */
function named(path: string): LintFile {
  const file = resolve(path);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}; check the path`);
  }
  const kind = kindOf(file, text);
  if (kind === undefined) {
    throw new UsageError(
      `${path}: unknown kind of file; a suite is named *.suite.yaml, a topology has "links:", a clause file "clauses:", ` +
        'a deviations file "findings:", a file of breaks "breaks:"',
    );
  }
  // Clauses relate to those of other files, so the folder is checked as a whole.
  return { file: kind === 'clauses' ? dirname(file) : file, kind };
}

function kindOf(file: string, text: string): Kind | undefined {
  if (file.endsWith('.suite.yaml')) return 'suite';
  if (file.endsWith(OWN_CLAUSES_ENDING)) return 'own clauses';
  if (basename(file) === WORKSPACE_FILE) return 'workspace';
  const value: unknown = parseDocument(text).toJS();
  const keys = {
    sequences: 'sequences',
    findings: 'deviations',
    deviations: 'deviations',
    extends: 'deviations',
    clauses: 'clauses',
    breaks: 'breaks',
    lacks: 'pics',
    freedoms: 'freedoms',
    agent: 'lab',
    links: 'topology',
  } as const;
  return Object.entries(keys).find(([key]) => typeof value === 'object' && value !== null && key in value)?.[1];
}

function checkFiles(files: readonly LintFile[], root: string, report: Report): void {
  const catalogues = new Set(files.filter(({ kind }) => kind === 'clauses').map(({ file }) => file));
  for (const folder of catalogues) {
    report.check('clauses', () => {
      const catalogue = openCatalogue(folder);
      for (const { id, message } of findCatalogueGaps(catalogue))
        report.add(`${relative(process.cwd(), folder)}: ${id}: ${message}`);
    });
  }
  for (const { file, kind } of files) {
    if (kind === 'topology') report.check(kind, () => loadTopology(file));
    if (kind === 'freedoms') report.check(kind, () => loadFreedoms(file, openCatalogue()));
    if (kind === 'pics') report.check(kind, () => loadPics(file));
    if (kind === 'workspace') report.check(kind, () => readWorkspace(file));
    if (kind === 'lab') report.check(kind, () => loadLab(file));
    if (kind === 'deviations') report.check(kind, () => loadDeviations(file));
    if (kind === 'sequences') report.check(kind, () => loadSequences(file));
  }
  for (const { kind } of files) if (kind === 'own clauses') report.check(kind, () => undefined);
  if (files.some(({ kind }) => kind === 'own clauses')) report.check(undefined, () => openCatalogue());
  checkSuites(
    files.filter(({ kind }) => kind === 'suite').map(({ file }) => file),
    report,
  );
  checkBreaks(
    files.filter(({ kind }) => kind === 'breaks').map(({ file }) => file),
    root,
    report,
  );
}

/** Breaks speak of clauses and scenarios, and each MUST has to have one, so those of all files are checked together. */
function checkBreaks(files: readonly string[], root: string, report: Report): void {
  if (files.length === 0) return;
  for (const file of files) report.check('breaks', () => loadBreaks(file));
  const breaks = findBreaks(join(root, 'suites'))
    .concat(files.filter((file) => !file.startsWith(root)))
    .flatMap((file) => gather([], () => loadBreaks(file)) ?? []);
  const project = report.check(undefined, () => loadProject());
  if (project === undefined) return;
  for (const problem of lintBreaks(breaks, project.scenarios, project.catalogue.all)) report.add(problem);
}

function checkSuites(files: readonly string[], report: Report): void {
  if (files.length === 0) return;
  // Needed by suites; counted only if it was asked for itself.
  const libraries = report.check(undefined, () => openLibraries());
  const catalogue = report.check(undefined, () => openCatalogue());
  if (libraries === undefined || catalogue === undefined) return;
  const ofFile = new Map(libraries.map(({ file, library }) => [file, library]));
  const installedLibrary = libraries[0]?.library;
  const world = suiteWorld(catalogue);
  const scenarios = files.flatMap((file) => {
    const library = ofFile.get(file) ?? installedLibrary;
    return library === undefined ? [] : (report.check('suite', () => loadAnySuite(file, library, world)) ?? []);
  });
  const wire = scenarios.filter((one) => one.kind === 'wire');
  for (const diagnostic of [...lintAny(scenarios, catalogue), ...lintIds(scenarios), ...findContradictions(wire)])
    report.add(formatDiagnostic(diagnostic));
}
