/** Declares the failures of scenarios that a baseline does not know: what an upgrade of the suites brings. Pure. */
import { parseDocument, YAMLMap } from 'yaml';
import { departuresOf } from '../verdict/scenario-verdict.ts';
import type { Comparison } from './baseline.ts';
import type { ScenarioRecord } from './results.ts';

/** Scenarios that are not in the baseline and depart from a clause. */
export function newFailures({ worse }: Comparison): ScenarioRecord[] {
  return worse.flatMap(({ what, kind, scenarios }) => (what === 'scenario' && kind === 'new' ? scenarios : []));
}

/**
 * The text of a deviations file with a finding for each clause that new scenarios broke. Comments and order stay.
 *
 * @param version of the suites that have the scenarios
 * @returns the text, and the ids of the findings
 */
export function acceptNew(
  text: string,
  failures: readonly ScenarioRecord[],
  version: string,
): { text: string; findings: string[] } {
  const document = parseDocument(text);
  const findings = document.get('findings');
  if (!(findings instanceof YAMLMap)) document.set('findings', document.createNode({}));
  const map = document.get('findings') as YAMLMap;
  map.flow = false;
  const byClause = new Map<string, string[]>();
  for (const scenario of failures)
    for (const clause of brokenIn(scenario)) byClause.set(clause, [...(byClause.get(clause) ?? []), scenario.id]);
  const ids = [...byClause].map(([clause, scenarios]) => {
    const id = freeId(map, `new-${clause.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`);
    map.set(
      id,
      document.createNode({
        title: `Clause ${clause} is broken in scenarios that are new in version ${version} of the suites`,
        reason: `Accepted by gate --accept-new with version ${version}; write what the stack does instead, and why that is accepted.`,
        scenarios: Object.fromEntries(scenarios.map((one) => [one, [clause]])),
      }),
    );
    return id;
  });
  return { text: document.toString({ lineWidth: 0 }), findings: ids };
}

function brokenIn(scenario: ScenarioRecord): string[] {
  return [...new Set(departuresOf(scenario).map(({ clause }) => clause))];
}

/** An id that no finding of the file has. */
function freeId(map: YAMLMap, wanted: string): string {
  let id = wanted;
  for (let number = 2; map.has(id); number++) id = `${wanted}-${number}`;
  return id;
}
