/** Where things are in this installation, and what is loaded from there. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catalogue } from '../../catalogue/catalogue.ts';
import { loadCatalogue } from '../../catalogue/load.ts';
import { findBreaks, loadBreaks, type Break } from '../../mutation/breaks.ts';
import { lintSuites, loadAnySuite, type SuiteWorld } from '../../multipath/any-suite.ts';
import { loadPromises, type Promised } from '../../multipath/promises.ts';
import type { AnyScenario, MultipathScenario } from '../../multipath/scenario.ts';
import { findSuites, openLibrary } from '../../scenario/load.ts';
import { formerIds, loadRenamed } from '../../scenario/renamed.ts';
import { DocumentError, gather, type Diagnostic } from '../../document/diagnostic.ts';
import { cacheFolder, fingerprint, keepIn } from '../../document/keep.ts';
import { projectFile } from '../../document/project-file.ts';
import type { Scenario } from '../../scenario/suite.ts';
import { findTopology } from '../../topology/load.ts';
import type { Topology } from '../../topology/types.ts';

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
  return loadCatalogue(folder);
}

/** What no clause says and scenarios judge: the promises of every folder of suites. @throws DocumentError */
export function openPromises(): ReadonlyMap<string, Promised> {
  const suites = join(projectRoot(), 'suites');
  const files = readdirSync(suites)
    .map((folder) => join(suites, folder, 'promises.yaml'))
    .filter((file) => existsSync(file));
  return new Map(files.flatMap((file) => [...loadPromises(file)]));
}

/** What scenarios may name: clauses, promises and topologies. */
export function suiteWorld(catalogue: Catalogue): SuiteWorld {
  return { catalogue, promises: openPromises(), topology: openTopology };
}

/** Everything wrong with scenarios that their schemas cannot say. */
export function lintAny(scenarios: readonly AnyScenario[], catalogue: Catalogue): Diagnostic[] {
  return lintSuites(scenarios, suiteWorld(catalogue));
}

const topologies = new Map<string, Topology>();

/** A topology by its name, read once a process: every variant of every scenario asks for it. @throws when there is none, or it is wrong */
export function openTopology(name: string): Topology {
  const known = topologies.get(name);
  if (known !== undefined) return known;
  const topology = findTopology(join(projectRoot(), 'topologies'), name);
  topologies.set(name, topology);
  return topology;
}

let breaks: Break[] | undefined;

/** The plausible breaks beside the suites, read once a process. @throws DocumentError */
export function openBreaks(): Break[] {
  return (breaks ??= findBreaks(join(projectRoot(), 'suites')).flatMap(loadBreaks));
}

/** Loads and checks all suites. @throws DocumentError */
export function loadProject(): Project {
  const root = projectRoot();
  const catalogue = openCatalogue();
  const library = openLibrary(join(root, 'suites'));
  const scenarios: AnyScenario[] = [];
  const diagnostics: Diagnostic[] = [];
  const world = suiteWorld(catalogue);
  for (const file of findSuites(join(root, 'suites'))) {
    scenarios.push(...(gather(diagnostics, () => loadAnySuite(file, library, world)) ?? []));
  }
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

/**
 * As {@link loadProject} gives it, or gave it when the files were the same: in this user's cache there is one file for each
 * installation. @throws DocumentError
 */
export function openProject(): Project {
  const root = projectRoot();
  const print = fingerprint({
    contents: [join(root, 'suites'), join(root, 'topologies')],
    program: [join(import.meta.dirname, '..', '..')],
  });
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const { clauses, sections, ...rest } = keepIn(join(cacheFolder(), 'suites', name), print, () => {
    const { catalogue, scenarios, multipath } = loadProject();
    return { clauses: catalogue.all, sections: catalogue.sections, scenarios, multipath };
  });
  return { ...rest, root, version: projectVersion(), catalogue: new Catalogue(clauses, sections) };
}
