/** Options of the Allure reporter: the listener that sets statuses, the environment, the categories. */
import type { Status, StatusDetails } from 'allure-js-commons';
import type { Category } from 'allure-js-commons/sdk';
import type { LifecycleListener, ReporterConfig } from 'allure-js-commons/sdk/reporter';
import { OUTCOME_PARAMETER, STATUS, type AllureOutcome } from './allure-outcome.ts';
import type { ToolInfo } from './results.ts';
import { clean } from './text-layout.ts';
import type { SutInfo } from '../verdict/stack-info.ts';

/** The options that {@link allureReporterOptions} sets. */
export type AllureReporterOptions = Required<
  Pick<ReporterConfig, 'resultsDir' | 'listeners' | 'environmentInfo' | 'categories'>
> & { reportMatchers: boolean };

/**
 * Options for the reporter `allure-vitest/reporter`. The listener is what gives each result the status of its verdict:
 * a declared deviation passes as a Vitest test, and shows in Allure as a failure that is accepted and known.
 */
export function allureReporterOptions(resultsDir: string, sut: SutInfo): AllureReporterOptions {
  return {
    resultsDir,
    // Assertions of the harness are no steps of a scenario.
    reportMatchers: false,
    listeners: [statusListener],
    environmentInfo: allureEnvironment(sut),
    categories: ALLURE_CATEGORIES.map(({ name, description, matchers }): Category => ({
      name,
      description,
      matchedStatuses: matchers.statuses,
      messageRegex: matchers.message,
    })),
  };
}

/** Contents of the report's environment page: the stack, how it was reached, and the machine. */
export function allureEnvironment(sut: SutInfo, tool?: ToolInfo): Record<string, string> {
  const { host = {} } = sut;
  const facts: [string, string | number | undefined][] = [
    ['stack', sut.name],
    ['kernel', sut.kernel],
    ['driver', sut.kind],
    ['version', sut.version],
    ['host kernel', host.kernel],
    ['architecture', host.arch],
    ['CPUs', host.cpus],
    ['Node.js', host.node],
    ['tool', tool === undefined ? undefined : `${tool.name} ${tool.version}`],
  ];
  return Object.fromEntries(
    facts.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, clean(String(value))]])),
  );
}

/** Categories of results that did not pass, by the word that their message begins with. */
export const ALLURE_CATEGORIES = [
  {
    name: 'Kernel crashes',
    description: 'The kernel under test crashed or logged a warning.',
    matchers: { statuses: [STATUS.fail, STATUS.error, STATUS.inconclusive], message: '^crash:[\\s\\S]*' },
  },
  category('Declared deviations', 'Deviations that are declared, with a reason.', STATUS.skip, 'declared'),
  category('Broken requirements', 'A MUST, or a stated requirement, is broken.', STATUS.fail, 'fail'),
  category('Broken recommendations', 'A SHOULD is broken.', STATUS.warn, 'warn'),
  category('Harness errors', 'The harness failed; this says nothing about the stack.', STATUS.error, 'error'),
  category('Inconclusive', 'A precondition was not met.', STATUS.inconclusive, 'inconclusive'),
];

function category(name: string, description: string, status: Status, word: string) {
  return { name, description, matchers: { statuses: [status], message: `^${word}:[\\s\\S]*` } };
}

const statusListener: LifecycleListener = {
  beforeTestResultStop: (result) => {
    const carried = result.parameters.find(({ name }) => name === OUTCOME_PARAMETER);
    if (carried === undefined) return;
    result.parameters = result.parameters.filter((parameter) => parameter !== carried);
    // Allure follows a test through its history by this name; Vitest's has the path of a temporary file.
    result.fullName = result.name ?? '';
    result.titlePath = [];
    const outcome = JSON.parse(carried.value) as AllureOutcome;
    // A declared departure is not a failure of this run: it has a category of its own.
    result.status = outcome.declared ? STATUS.skip : STATUS[outcome.verdict];
    // Allure reads `known`, though allure-js-commons does not list it: the failure is accepted and does not count.
    const details: StatusDetails & { known?: boolean } = {};
    if (outcome.message !== undefined) details.message = outcome.message;
    if (outcome.expected !== undefined) details.expected = outcome.expected;
    if (outcome.actual !== undefined) details.actual = outcome.actual;
    if (outcome.declared) details.known = true;
    result.statusDetails = details;
  },
};
