/** Paths of this installation, and the files loaded from there. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catalogue } from '../../catalogue/catalogue.ts';
import { OWN_CLAUSES_ENDING, withOwnClauses } from '../../catalogue/own-clauses.ts';
import { loadCatalogue } from '../../catalogue/load.ts';
import { findBreaks, loadBreaks, type Break } from '../../mutation/breaks.ts';
import { lintSuites, loadAnySuite, type SuiteWorld } from '../../multipath/any-suite.ts';
import { loadPromises, type Promised } from '../../multipath/promises.ts';
import type { AnyScenario, MultipathScenario } from '../../multipath/scenario.ts';
import { findSuites, openLibrary, type SuiteLibrary } from '../../scenario/load.ts';
import { formerIds, loadRenamed } from '../../scenario/renamed.ts';
import { DocumentError, gather, type Diagnostic, type Place } from '../../document/diagnostic.ts';
import { cacheFolder, fingerprint, keepIn } from '../../document/keep.ts';
import { diagnoseAt } from '../../document/yaml-file.ts';
import { projectFile } from '../../document/project-file.ts';
import type { Scenario } from '../../scenario/suite.ts';
import { findTopology } from '../../topology/load.ts';
import type { Topology } from '../../topology/types.ts';
import { ownClauseFiles, ownFiles, workspace } from './workspace.ts';

/** The installation: everything that is read and nothing that is written. */
export interface Project {
  root: string;
  version: string;
  catalogue: Catalogue;
  /** Every scenario variant of every suite of the RFC's sections, in file order. */
  scenarios: Scenario[];
  /** Those of two stacks, which no coverage counts. */
  multipath: MultipathScenario[];
}

/** The scenarios of both kinds. */
export function allScenarios({ scenarios, multipath }: Project): AnyScenario[] {
  return [...scenarios, ...multipath];
}

/** Absolute path of the installation's folder. */
export function projectRoot(): string {
  return join(projectFile('package.json'), '..');
}

/** Version of this program. */
export function projectVersion(): string {
  const manifest = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/** The catalogue of clauses, this installation's unless told. @throws DocumentError */
export function openCatalogue(folder = join(projectRoot(), 'suites', 'rfc8684', 'clauses')): Catalogue {
  return ownClauseFiles().reduce(withOwnClauses, loadCatalogue(folder));
}

/** The promises of every folder of suites: requirements that scenarios judge and no clause makes. @throws DocumentError */
export function openPromises(): ReadonlyMap<string, Promised> {
  const suites = join(projectRoot(), 'suites');
  const files = readdirSync(suites)
    .map((folder) => join(suites, folder, 'promises.yaml'))
    .filter((file) => existsSync(file));
  return new Map(files.flatMap((file) => [...loadPromises(file)]));
}

/** Names that scenarios may use: clauses, promises and topologies. */
export function suiteWorld(catalogue: Catalogue): SuiteWorld {
  return { catalogue, promises: openPromises(), topology: openTopology };
}

/** Everything wrong with scenarios that their schemas cannot say. */
export function lintAny(scenarios: readonly AnyScenario[], catalogue: Catalogue): Diagnostic[] {
  return lintSuites(scenarios, suiteWorld(catalogue));
}

let topologyFolders: readonly string[] = [];

/** Folders whose topologies come before those of the installation. */
export function useTopologies(folders: readonly string[]): void {
  topologyFolders = folders;
}

const topologies = new Map<string, Topology>();

/** A topology by its name, read once a process: every variant of every scenario asks for it. @throws when there is none, or it is wrong */
export function openTopology(name: string): Topology {
  const known = topologies.get(name);
  if (known !== undefined) return known;
  const own = topologyFolders.find((folder) => existsSync(join(folder, `${name}.yaml`)));
  const topology = findTopology(own ?? join(projectRoot(), 'topologies'), name);
  topologies.set(name, topology);
  return topology;
}

let breaks: Break[] | undefined;

/** The plausible breaks beside the suites, read once a process. @throws DocumentError */
export function openBreaks(): Break[] {
  return (breaks ??= findBreaks(join(projectRoot(), 'suites')).flatMap(loadBreaks));
}

/** The suite files of the installation and the user's own, each with what it is read with. @throws DocumentError */
export function openLibraries(): { file: string; library: SuiteLibrary }[] {
  const library = openLibrary(join(projectRoot(), 'suites'));
  useTopologies(workspace().topologies);
  return [
    ...findSuites(library.root).map((file) => ({ file, library })),
    ...ownFiles('.suite.yaml').map(({ file, folder, prefix }) => ({
      file,
      library: { ...library, root: folder, prefix },
    })),
  ];
}

/** Ids that two scenarios have. */
export function lintIds(scenarios: readonly AnyScenario[]): Diagnostic[] {
  const places = new Map<string, Place>();
  return scenarios.flatMap(({ id, place }) => {
    const first = places.get(id);
    places.set(id, first ?? place);
    if (first === undefined || (first.file === place.file && first.line === place.line)) return [];
    const message = `the scenario ${id} is already at ${first.file}:${first.line}; rename the suite or the scenario`;
    return [diagnoseAt(place, 'DUPLICATE', message)];
  });
}

/** Loads and checks all suites. @throws DocumentError */
export function loadProject(): Project {
  const root = projectRoot();
  const catalogue = openCatalogue();
  const libraries = openLibraries();
  const scenarios: AnyScenario[] = [];
  const diagnostics: Diagnostic[] = [];
  const world = suiteWorld(catalogue);
  for (const { file, library } of libraries)
    scenarios.push(...(gather(diagnostics, () => loadAnySuite(file, library, world)) ?? []));
  diagnostics.push(...lintIds(scenarios));
  const renamed = gather(diagnostics, () => loadRenamed(join(root, 'suites', 'renamed.yaml'))) ?? [];
  for (const [index, scenario] of scenarios.entries()) {
    const formerly = formerIds(scenario.id, renamed);
    if (formerly.length > 0) scenarios[index] = { ...scenario, formerly };
  }
  diagnostics.push(...lintAny(scenarios, catalogue));
  if (diagnostics.length > 0) throw new DocumentError(diagnostics);
  return {
    root,
    version: projectVersion(),
    catalogue,
    scenarios: scenarios.filter((one) => one.kind === 'wire'),
    multipath: scenarios.filter((one) => one.kind === 'multipath'),
  };
}

/** Files of the user's own that the project depends on. */
function ownInputs(): string[] {
  return [
    ...['.suite.yaml', OWN_CLAUSES_ENDING].flatMap((ending) => ownFiles(ending).map(({ file }) => file)),
    ...workspace().topologies,
  ];
}

/**
 * As {@link loadProject} gives it, or gave it when the files were the same: in this user's cache there is one file for each
 * installation. @throws DocumentError
 */
export function openProject(): Project {
  const root = projectRoot();
  const { suites, topologies } = workspace();
  useTopologies(topologies);
  const print = fingerprint({
    contents: [join(root, 'suites'), join(root, 'topologies'), ...ownInputs()],
    program: [join(import.meta.dirname, '..', '..')],
  });
  const name = createHash('sha256')
    .update([root, ...suites.map(({ folder, prefix }) => `${prefix} ${folder}`), ...topologies].join('\n'))
    .digest('hex')
    .slice(0, 16);
  const { clauses, sections, ...rest } = keepIn(join(cacheFolder(), 'suites', name), print, () => {
    const { catalogue, scenarios, multipath } = loadProject();
    return { clauses: catalogue.all, sections: catalogue.sections, scenarios, multipath };
  });
  return { ...rest, root, version: projectVersion(), catalogue: new Catalogue(clauses, sections) };
}
