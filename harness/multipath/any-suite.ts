/** Suites of either kind: loaded and checked by one entry. */
import { relative, sep } from 'node:path';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { DocumentError, type Diagnostic } from '../document/diagnostic.ts';
import { lintPartial, lintScenarios, type ClauseSource } from '../scenario/lint.ts';
import { loadSuite, PartialSuite, uniqueDiagnostics, type SuiteLibrary } from '../scenario/load.ts';
import type { ScenarioKind } from '../scenario/suite.ts';
import type { Topology } from '../topology/types.ts';
import { lintMultipath } from './lint.ts';
import { loadMultipathSuite } from './load.ts';
import type { Promised } from './promises.ts';
import type { AnyScenario } from './scenario.ts';

/** Kind of a suite: those of two stacks have a folder of their own. */
function kindOf(file: string, root: string): ScenarioKind {
  return relative(root, file).split(sep)[0] === 'multipath' ? 'multipath' : 'wire';
}

/** The names that scenarios may use. */
export interface SuiteWorld {
  catalogue: Catalogue;
  promises: ReadonlyMap<string, Promised>;
  /** @throws when there is none of that name, or it is wrong */
  topology: (name: string) => Topology;
}

/**
 * Loads a suite with every variant of every scenario.
 *
 * @param world finds further mistakes in a faulty suite, so that all are reported at once
 * @throws DocumentError
 */
export function loadAnySuite(file: string, library: SuiteLibrary, world?: SuiteWorld): AnyScenario[] {
  try {
    return load(file, library);
  } catch (error) {
    if (!(error instanceof PartialSuite) || world === undefined) throw error;
    const { diagnostics, scenarios } = error as PartialSuite<AnyScenario>;
    throw new DocumentError(uniqueDiagnostics([...diagnostics, ...lintSuites(scenarios, world, lintPartial)]));
  }
}

function load(file: string, library: SuiteLibrary): AnyScenario[] {
  switch (kindOf(file, library.root)) {
    case 'wire':
      return loadSuite(file, library);
    case 'multipath':
      return loadMultipathSuite(file, library.root, library.prefix);
  }
}

/** Judging steps that scenarios with one stack may use. */
function judgeable({ catalogue, promises }: SuiteWorld): ClauseSource {
  return { all: catalogue.all, promises: new Set(promises.keys()), get: (id) => catalogue.get(id) };
}

/**
 * Everything wrong with scenarios that their schemas cannot say.
 *
 * @param lintWire checks the scenarios with one stack
 */
export function lintSuites(
  scenarios: readonly AnyScenario[],
  world: SuiteWorld,
  lintWire: typeof lintScenarios = lintScenarios,
): Diagnostic[] {
  const { catalogue, promises, topology } = world;
  const known = { clause: (id: string) => catalogue.get(id), clauseIds: catalogue.all.map(({ id }) => id), promises };
  return [
    ...lintWire(
      scenarios.filter((one) => one.kind === 'wire'),
      judgeable(world),
      topology,
    ),
    ...scenarios.flatMap((one) => (one.kind === 'multipath' ? lintMultipath(one, known, topology) : [])),
  ];
}
