/** Declared deviations: what a stack is known to do otherwise, by literal scenario or clause id. Pure. */
import { fits, shownBy } from './instead.ts';
import {
  clauseRecords,
  summarize,
  type Deviation,
  type DeviationOutcome,
  type RunResults,
  type ScenarioRecord,
} from './results.ts';
import type { ExpectationResult } from '../verdict/result.ts';
import { departuresOf, judgementsOf } from '../verdict/scenario-verdict.ts';
import { isDeparture, isKept, isUndecided } from '../verdict/verdict.ts';

/** A deviations file, loaded. */
export interface DeviationList {
  /** File name, for reports. */
  source: string;
  sut: string;
  /** Major and minor version of the kernel it was made for. */
  kernel?: string;
  deviations: Deviation[];
}

/** No declarations at all. */
export const NO_DEVIATIONS: DeviationList = { source: '', sut: '', deviations: [] };

/**
 * Marks what is declared, and counts again. Gives new results and leaves the old ones alone; applying twice is the
 * same as applying once.
 *
 * A scenario counts as declared when each clause that it saw broken is covered: by its scenario id (with or without
 * the variant), by the clause's id, or by both together. One uncovered clause leaves the whole scenario undeclared.
 */
export function applyDeviations(results: RunResults, list: DeviationList): RunResults {
  const { deviations } = list;
  const scenarios = results.scenarios.map((scenario) => declareScenario(scenario, deviations));
  const isDeclared = (scenario: ScenarioRecord, clause: string): boolean =>
    departuresOf(scenario)
      .filter((departure) => departure.clause === clause)
      .every((departure) => covering(deviations, scenario, departure) !== undefined);
  return {
    ...results,
    scenarios,
    summary: summarize(scenarios),
    clauses: clauseRecords(scenarios, isDeclared),
    deviations: outcome(results, list),
  };
}

/** A scenario as declarations name it. */
interface Named {
  id: string;
  formerly?: readonly string[];
}

/**
 * The declaration that covers a departure: its finding has the scenario and clause, and what came is what the finding
 * says that the stack does instead. Undefined when none does.
 */
export function covering(
  deviations: readonly Deviation[],
  scenario: Named,
  departure: ExpectationResult,
): Deviation | undefined {
  const shown = shownBy(departure);
  return naming(deviations, scenario, departure.clause).find(
    ({ instead }) => instead === undefined || instead.some((line) => shown.some((one) => fits(line, one))),
  );
}

/** Declarations of a scenario's departure from a clause, whatever it shows. */
export function naming(deviations: readonly Deviation[], scenario: Named, clause: string): Deviation[] {
  return deviations.filter(
    (deviation) =>
      deviation.trouble === undefined &&
      (deviation.clause === undefined || deviation.clause === clause) &&
      (deviation.scenario === undefined || namesScenario(deviation.scenario, scenario)),
  );
}

/**
 * Whether what a deviation names is this scenario, under its id or a former one: one variant, all of them, or those with the
 * values after the `#` (`suite/name#with=syn-cookies`).
 */
export function namesScenario(declared: string, { id, formerly }: Named): boolean {
  return namesVariant(declared, id) || formerly?.some((one) => namesVariant(declared, one)) === true;
}

function namesVariant(declared: string, variant: string): boolean {
  if (declared === variant) return true;
  // Nearly all are of other scenarios.
  const end = declared.indexOf('#');
  return variant.startsWith(end < 0 ? declared : declared.slice(0, end)) && hasValues(variant, declared);
}

/** Whether a variant is of the scenario that is named, and has all values that are named. */
function hasValues(variant: string, declared: string): boolean {
  const [name, values = ''] = declared.split('#', 2);
  const [variantName, variantValues = ''] = variant.split('#', 2);
  if (name !== variantName) return false;
  const known = new Set(variantValues.split(','));
  return values === '' || values.split(',').every((one) => known.has(one));
}

/** A scenario with `declared` set or taken away, as the declarations have it. */
export function declareScenario(scenario: ScenarioRecord, deviations: readonly Deviation[]): ScenarioRecord {
  const known = deviations.find((one) => isTroubleOf(one, scenario));
  const bare = withTrouble(scenario, known?.finding);
  if (!isDeparture(scenario.verdict)) return bare;
  const broken = departuresOf(scenario);
  const covers = broken.map((departure) => covering(deviations, scenario, departure));
  // A scenario that brings trouble about has failed by that alone.
  if (scenario.trouble?.alone === true) covers.push(known);
  else if (broken.length === 0) {
    covers.push(deviations.find((one) => one.clause === undefined && namesScenario(one.scenario ?? '', scenario)));
  }
  if (covers.includes(undefined)) return bare;
  const used = [...new Set(covers)].filter((deviation) => deviation !== undefined);
  const link = used.find((deviation) => deviation.link !== undefined)?.link;
  const reason = [...new Set(used.map((deviation) => deviation.reason))].join('; ');
  const findings = [...new Set(used.flatMap(({ finding }) => finding ?? []))];
  return {
    ...bare,
    declared: { reason, ...(link === undefined ? {} : { link }), ...(findings.length === 0 ? {} : { findings }) },
  };
}

/** Whether a deviation declares the trouble that the stack's kernel got into during this scenario. */
function isTroubleOf({ trouble: declared }: Deviation, { trouble }: ScenarioRecord): boolean {
  return declared !== undefined && trouble !== undefined && `${trouble.kind}: ${trouble.title}`.includes(declared);
}

/** A scenario as the run left it, but for the finding that has its kernel's trouble. */
function withTrouble(scenario: ScenarioRecord, finding: string | undefined): ScenarioRecord {
  const bare = { ...scenario };
  delete bare.declared;
  if (bare.trouble === undefined) return bare;
  bare.trouble = { ...bare.trouble };
  if (finding === undefined) delete bare.trouble.finding;
  else bare.trouble.finding = finding;
  return bare;
}

function outcome(results: RunResults, list: DeviationList): DeviationOutcome {
  const result: DeviationOutcome = { source: list.source, applied: [], stale: [], unseen: [] };
  for (const deviation of list.deviations) {
    const evidence = evidenceFor(results.scenarios, deviation);
    if (evidence.departed.length > 0) result.applied.push({ ...deviation, scenarios: evidence.departed });
    else if (evidence.kept && !evidence.unsettled && canRefute(results, deviation)) result.stale.push(deviation);
    else result.unseen.push(deviation);
  }
  return result;
}

/**
 * A selection, or a run cut short, may have left out just the scenario where the departure shows. It refutes a
 * declaration only when that names one variant, which ran.
 */
function canRefute(results: RunResults, deviation: Deviation): boolean {
  return (
    (!results.run.partial && results.run.selected !== true) ||
    (deviation.scenario?.match(/#(.*,)?ipv[46]$/) ?? null) !== null
  );
}

interface Evidence {
  departed: string[];
  kept: boolean;
  unsettled: boolean;
}

function evidenceFor(scenarios: readonly ScenarioRecord[], deviation: Deviation): Evidence {
  const evidence: Evidence = { departed: [], kept: false, unsettled: false };
  for (const scenario of scenarios) {
    if (deviation.trouble !== undefined) {
      // A hang that does not come proves nothing.
      if (isTroubleOf(deviation, scenario)) evidence.departed.push(scenario.id);
      continue;
    }
    if (deviation.scenario !== undefined && !namesScenario(deviation.scenario, scenario)) continue;
    const judged =
      deviation.clause === undefined
        ? undefined
        : judgementsOf(scenario).filter(({ clause }) => clause === deviation.clause);
    const verdicts = judged?.map(({ verdict }) => verdict) ?? [scenario.verdict];
    const shows = judged?.some((one) => isDeparture(one.verdict) && covering([deviation], scenario, one) !== undefined);
    if (shows ?? verdicts.some(isDeparture)) evidence.departed.push(scenario.id);
    // Another departure leaves this finding undecided.
    else if (verdicts.some((one) => isUndecided(one) || isDeparture(one))) evidence.unsettled = true;
    // Advice that is not followed is not a departure: nothing to declare.
    else if (verdicts.some((one) => isKept(one) || one === 'note')) evidence.kept = true;
  }
  return evidence;
}
