/** Where things are in this installation, and what is loaded from there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { findBreaks, loadBreaks, type Break } from '../scenario/breaks.ts';
import { findSuites, loadSuite, openLibrary } from '../scenario/load.ts';
import { lintScenarios } from '../scenario/lint.ts';
import { DocumentError, gather, type Diagnostic } from '../document/diagnostic.ts';
import { projectFile } from '../document/project-file.ts';
import type { Scenario } from '../scenario/suite.ts';
import { findTopology } from '../topology/load.ts';
import type { Topology } from '../topology/types.ts';

/** The installation: everything that is read and nothing that is written. */
export interface Project {
  root: string;
  version: string;
  catalogue: Catalogue;
  /** Every scenario variant of every suite, in file order. */
  scenarios: Scenario[];
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

/** Loads and checks all suites. @throws DocumentError @throws DocumentError */
export function openProject(): Project {
  const root = projectRoot();
  const catalogue = openCatalogue();
  const library = openLibrary(join(root, 'suites'));
  const scenarios: Scenario[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const file of findSuites(join(root, 'suites'))) {
    scenarios.push(...gather(diagnostics, () => loadSuite(file, library)) ?? []);
  }
  diagnostics.push(...lintScenarios(scenarios, catalogue, (name) => openTopology(name)));
  if (diagnostics.length > 0) throw new DocumentError(diagnostics);
  return { root, version: projectVersion(), catalogue, scenarios };
}
