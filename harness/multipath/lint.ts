/** Checks of scenarios of two stacks that a schema cannot make. */
import type { Clause } from '../catalogue/types.ts';
import { suggestion, type Diagnostic } from '../document/diagnostic.ts';
import { diagnoseAt } from '../document/yaml-file.ts';
import type { Topology } from '../topology/types.ts';
import type { Promised } from './promises.ts';
import type { MultipathScenario } from './scenario.ts';

/** The clauses and promises that there are. */
export interface Judgeable {
  clause(id: string): Clause | undefined;
  clauseIds: readonly string[];
  promises: ReadonlyMap<string, Promised>;
}

/** Everything wrong with a scenario. */
export function lintMultipath(
  scenario: MultipathScenario,
  known: Judgeable,
  topology: (name: string) => Topology,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const { links } = topology(scenario.topology);
  const clientLinks = links.filter((link) => link.host === 'client').map((link) => link.name);
  for (const { name } of links.filter((link) => link.host !== 'client' && link.middleboxes !== undefined)) {
    const message = `${scenario.topology} has middleboxes on link ${name}; in scenarios with two stacks, only links of the client can have them`;
    found.push(diagnoseAt(scenario.place, 'BAD_VALUE', message));
  }
  for (const path of scenario.paths.keys()) {
    if (clientLinks.includes(path)) continue;
    const message = `path "${path}": the client has no such link in ${scenario.topology}${suggestion(path, clientLinks)}`;
    found.push(diagnoseAt(scenario.place, 'UNKNOWN_SUBFLOW', message));
  }
  for (const step of scenario.steps) {
    for (const id of step.clauses) {
      const clause = known.clause(id);
      if (known.promises.has(id)) continue;
      if (clause === undefined) {
        const words = [...known.promises.keys(), ...known.clauseIds];
        found.push(
          diagnoseAt(step.place, 'UNKNOWN_CLAUSE', `unknown clause or promise "${id}"${suggestion(id, words)}`),
        );
      } else if (clause.judged.includes('unobservable')) {
        found.push(
          diagnoseAt(step.place, 'UNKNOWN_CLAUSE', `clause ${id} is declared unobservable; it cannot be judged here`),
        );
      }
    }
  }
  return found;
}
