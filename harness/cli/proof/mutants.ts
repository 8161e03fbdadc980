/** `mutants`: shows that every expectation can fail, by altering what the stack sends on its way to the matcher. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { isWithin } from '../../catalogue/clause-id.ts';
import { mutationsOf } from '../../mutation/mutations.ts';
import { isTriedOn, type Break } from '../../mutation/breaks.ts';
import { allSteps, type Scenario } from '../../scenario/suite.ts';
import { createProgress } from '../../report/progress.ts';
import { prepareStack } from '../../topology/stacks/registry.ts';
import { enterNamespace } from '../run/enter.ts';
import { openBreaks, openProject } from '../inputs/project.ts';
import { selectScenarios, type Selection } from '../inputs/selection.ts';
import { UsageError } from '../../document/explained-error.ts';
import { runSuites } from '../run/vitest/start.ts';
import type { MutantOutcome } from '../../mutation/trial.ts';

/** Options of the command. */
export interface MutantOptions extends Selection {
  concurrency: number;
  /** Every variant of a scenario, not only its first. */
  everyVariant?: boolean;
  /** Only the plausible breaks that are kept beside the suites. */
  breaks?: boolean;
}

/** One variant of each scenario: its expectations are those of the others with other values. */
function firstVariants(scenarios: readonly Scenario[]): Scenario[] {
  return [...new Map(scenarios.toReversed().map((one) => [`${one.suite}/${one.name}`, one])).values()].toReversed();
}

/** The breaks of the clauses that were asked for; all of them when none were. */
function chooseBreaks({ sections = [], clauses = [] }: Selection): Break[] {
  const isChosen = ({ clause }: Break): boolean => {
    const section = clause.slice(0, clause.indexOf('-'));
    return (
      (clauses.length === 0 || clauses.includes(clause)) &&
      (sections.length === 0 || sections.some((one) => isWithin(section, one)))
    );
  };
  return openBreaks().filter(isChosen);
}

function countTries(breaks: readonly Break[], scenarios: readonly Scenario[]): number {
  return breaks.reduce((sum, one) => sum + scenarios.filter((scenario) => isTriedOn(one, scenario)).length, 0);
}

function countMutations(scenarios: readonly Scenario[]): number {
  const judging = scenarios.flatMap((scenario) => allSteps(scenario.body)).filter((step) => step.clauses.length > 0);
  return judging.reduce((sum, step) => sum + mutationsOf(step).length, 0);
}

/** Gathers what became of every alteration. */
class MutantReporter implements Reporter {
  readonly outcomes: MutantOutcome[] = [];
  readonly errors: string[] = [];
  readonly #line: ReturnType<typeof createProgress>;

  /** @param total number of alterations to come */
  constructor(total: number) {
    this.#line = createProgress(process.stderr, () => total);
  }

  onTestCaseResult(testCase: TestCase): void {
    const { mutant } = testCase.meta();
    if (mutant !== undefined) this.outcomes.push(mutant);
    else
      this.errors.push(
        `${testCase.name}: ${
          testCase
            .result()
            .errors?.map((error) => error.message)
            .join('; ') ?? 'no outcome'
        }`,
      );
    this.#line.finished({ id: testCase.name, verdict: mutant?.outcome === 'survived' ? 'fail' : 'pass' });
  }

  onTestModuleEnd(module: TestModule): void {
    for (const error of module.errors()) this.errors.push(`${module.relativeModuleId}: ${error.message}`);
  }

  end(): void {
    this.#line.end();
  }
}

/** Runs the command and returns its exit code: 0 when every alteration was noticed, 1 when one was not, 2 for trouble. */
export async function mutants(options: MutantOptions, argv: readonly string[]): Promise<number> {
  const inside = await enterNamespace(argv);
  if (inside !== undefined) return inside;
  const project = openProject();
  const sut = await prepareStack({ kind: 'netns' }, project.root);
  // Detection does not depend on the family, so one is enough unless more were asked for.
  const families = options.families !== undefined && options.families.length > 0 ? options.families : ['ipv4'];
  const chosen = selectScenarios(project.scenarios, { ...options, families }, project.catalogue);
  const mode = options.breaks === true ? 'breaks' : 'mutants';
  // A break may be noticed by any scenario, so a section or clause chooses breaks, not scenarios.
  const breaks = mode === 'breaks' ? chooseBreaks(options) : [];
  const among =
    mode === 'breaks' && (options.ids ?? []).length === 0
      ? selectScenarios(project.scenarios, { families }, project.catalogue)
      : chosen;
  const variants = options.everyVariant === true ? among : firstVariants(among);
  const scenarios =
    mode === 'mutants' ? variants : variants.filter((scenario) => breaks.some((one) => isTriedOn(one, scenario)));
  if (scenarios.length === 0)
    throw new UsageError('no breaks for this selection; see the breaks.yaml files below suites/');
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-mutants-'));
  const reporter = new MutantReporter(mode === 'breaks' ? countTries(breaks, scenarios) : countMutations(scenarios));
  try {
    await runSuites({
      root: project.root,
      scenarios,
      clauses: project.catalogue.all,
      settings: {
        evidenceRoot: folder,
        sut: sut.settings,
        sutArguments: [],
        deviations: [],
        mode,
        breaks: breaks.map((one) => one.clause),
      },
      concurrency: options.concurrency,
      reporters: [reporter],
    });
  } finally {
    reporter.end();
    rmSync(folder, { recursive: true, force: true });
    await sut.close();
  }
  return mode === 'breaks' ? concludeBreaks(reporter) : conclude(reporter);
}

function conclude({ outcomes, errors }: MutantReporter): number {
  const of = (state: MutantOutcome['outcome']): MutantOutcome[] => outcomes.filter((one) => one.outcome === state);
  const survivors = of('survived');
  for (const one of survivors) {
    process.stdout.write(
      `not detected: ${one.alteration}\n  ${one.scenario}\n  ${one.source}: ${one.step}\n  clauses ${one.clauses.join(', ')}; verdicts: ${one.seen || 'none'}\n`,
    );
  }
  const unreached = new Set(of('unreached').map((one) => `${one.scenario} ${one.source}`));
  for (const one of unreached) process.stdout.write(`not met on this stack, so not tested: ${one}\n`);
  for (const error of errors) process.stdout.write(`harness error: ${error}\n`);
  process.stdout.write(
    `${outcomes.length} alterations: ${of('noticed').length} detected, ${survivors.length} not detected, ${of('unreached').length} of steps that this stack does not meet\n`,
  );
  if (survivors.length > 0) return 1;
  return errors.length > 0 || outcomes.length === 0 ? 2 : 0;
}

/** Outcomes of a break that was tried on several scenarios, the one that counts first. */
const STATES = ['noticed', 'survived', 'unreached', 'idle'] as const;

function problemOf(state: Exclude<MutantOutcome['outcome'], 'noticed'>, list: readonly MutantOutcome[]): string {
  if (state === 'unreached') return 'not tested, because this stack breaks the clause itself';
  if (state === 'idle') return 'not tested, because this stack sends nothing that it alters';
  const elsewhere = [...new Set(list.flatMap(({ seen }) => (seen === '' ? [] : seen.split(', '))))];
  return `not detected under its clause, ${elsewhere.length === 0 ? 'by nothing' : `only under ${elsewhere.join(', ')}`}`;
}

/** A break is noticed when one scenario notices it under its own clause; that is enough. */
function concludeBreaks({ outcomes, errors }: MutantReporter): number {
  const tried = new Map<string, MutantOutcome[]>();
  for (const one of outcomes) {
    const key = `${one.clauses[0] ?? ''}: ${one.alteration}`;
    tried.set(key, [...(tried.get(key) ?? []), one]);
  }
  const counts = { noticed: 0, survived: 0, unreached: 0, idle: 0 };
  for (const [key, list] of tried) {
    const state = STATES.find((one) => list.some(({ outcome }) => outcome === one)) ?? 'idle';
    counts[state]++;
    if (state === 'noticed') continue;
    const triedOn = state === 'unreached' ? '' : `  tried on ${list.map(({ scenario }) => scenario).join(', ')}\n`;
    process.stdout.write(`${problemOf(state, list)}: ${key}\n  ${list[0]?.source ?? ''}\n${triedOn}`);
  }
  for (const error of errors) process.stdout.write(`harness error: ${error}\n`);
  process.stdout.write(
    `${tried.size} plausible breaks: ${counts.noticed} detected, ${counts.survived} not detected, ${counts.idle} that alter nothing, ${counts.unreached} of clauses that this stack breaks\n`,
  );
  // A break that alters nothing is stale.
  if (counts.survived + counts.idle > 0) return 1;
  return errors.length > 0 || tried.size === 0 ? 2 : 0;
}
