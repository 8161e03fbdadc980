/** How a verdict reaches Allure: in a hidden parameter of the test, from which the reporter sets status and details. Pure. */
import { Status } from 'allure-js-commons';
import { clean } from './text-layout.ts';
import type { ScenarioResult } from '../verdict/result.ts';
import { departuresOf } from '../verdict/scenario-verdict.ts';
import { isKept, type Verdict } from '../verdict/verdict.ts';

/** Name of the parameter that carries the verdict to the reporter; it never reaches the results. */
export const OUTCOME_PARAMETER = 'mptcp-conformance.outcome';

/** Data by which the reporter sets the status itself: a Vitest test knows only passed and failed. */
export interface AllureOutcome {
  verdict: Verdict;
  message?: string;
  expected?: string;
  actual?: string;
  declared: boolean;
}

/**
 * `unknown` is Allure's word for what was not settled; allure-js-commons does not list it, readers of results do.
 * `warn` is `failed`, with a lower severity and a category of its own: a SHOULD was broken, and that must show.
 */
export const STATUS: Readonly<Record<Verdict, Status>> = {
  pass: Status.PASSED,
  info: Status.PASSED,
  note: Status.PASSED,
  fail: Status.FAILED,
  warn: Status.FAILED,
  error: Status.BROKEN,
  skip: Status.SKIPPED,
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a value that the enum should have
  inconclusive: 'unknown' as Status,
};

/** The reporter's view of a scenario. */
export function outcomeFor(result: ScenarioResult): AllureOutcome {
  const { verdict, declared } = result;
  const outcome: AllureOutcome = { verdict, declared: declared !== undefined };
  if (isKept(verdict)) return outcome;
  const broken = departuresOf(result).at(0);
  const reason = clean(result.reason ?? broken?.message ?? broken?.step ?? 'no reason given');
  const crash = troubleOf(result);
  if (crash !== undefined) outcome.message = `crash: ${crash}\n${verdict}: ${reason}`;
  else
    outcome.message =
      declared === undefined ? `${verdict}: ${reason}` : `declared: ${reason}\n${clean(declared.reason)}`;
  if (broken?.expected !== undefined) outcome.expected = clean(broken.expected);
  if (broken?.actual !== undefined) outcome.actual = clean(broken.actual);
  return outcome;
}

/** Trouble of the kernel under test while the scenario ran, if its driver watches the console. */
function troubleOf({ trouble }: ScenarioResult): string | undefined {
  return trouble === undefined ? undefined : clean(trouble.title);
}
