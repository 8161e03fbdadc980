/** `mutants`: shows that every expectation can fail, by altering what the stack sends on its way to the matcher. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import type { Scenario } from '../scenario/suite.ts';
import { createProgress } from '../report/progress.ts';
import { enterNamespace } from './enter.ts';
import { openProject } from './project.ts';
import { prepareSut } from './prepare-sut.ts';
import { selectScenarios, type Selection } from './selection.ts';
import { runSuites } from './vitest/start.ts';
import type { MutantOutcome } from './vitest/mutants.ts';

/** Options of the command. */
export interface MutantOptions extends Selection {
  concurrency: number;
  /** Every variant of a scenario, not only its first. */
  everyVariant?: boolean;
}

/** One variant of each scenario: its expectations are those of the others with other values. */
function firstVariants(scenarios: readonly Scenario[]): Scenario[] {
  return [...new Map(scenarios.toReversed().map((one) => [`${one.suite}/${one.name}`, one])).values()].toReversed();
}

/** Gathers what became of every lie. */
class MutantReporter implements Reporter {
  readonly outcomes: MutantOutcome[] = [];
  readonly errors: string[] = [];
  readonly #progress: () => ReturnType<typeof createProgress>;
  #total = 0;
  #line: ReturnType<typeof createProgress> | undefined;

  constructor() {
    this.#progress = () => (this.#line ??= createProgress(process.stderr, () => this.#total));
  }

  onTestModuleCollected(module: TestModule): void {
    this.#total += [...module.children.allTests()].length;
  }

  onTestCaseResult(testCase: TestCase): void {
    const { mutant } = testCase.meta();
    if (mutant !== undefined) this.outcomes.push(mutant);
    else this.errors.push(`${testCase.name}: ${testCase.result().errors?.map((error) => error.message).join('; ') ?? 'no outcome'}`);
    this.#progress().finished({ id: testCase.name, verdict: mutant?.outcome === 'survived' ? 'fail' : 'pass' });
  }

  onTestModuleEnd(module: TestModule): void {
    for (const error of module.errors()) this.errors.push(`${module.relativeModuleId}: ${error.message}`);
  }

  end(): void {
    this.#line?.end();
  }
}

/** Runs the command and returns its exit code: 0 when every lie was noticed, 1 when one was not, 2 for trouble. */
export async function mutants(options: MutantOptions, argv: readonly string[]): Promise<number> {
  const inside = await enterNamespace(argv);
  if (inside !== undefined) return inside;
  const project = openProject();
  const sut = await prepareSut({ kind: 'netns' }, project.root);
  // What an expectation notices does not hang on the family, so one is enough unless asked for.
  const families = options.families !== undefined && options.families.length > 0 ? options.families : ['ipv4'];
  const chosen = selectScenarios(project.scenarios, { ...options, families }, project.catalogue);
  const scenarios = options.everyVariant === true ? chosen : firstVariants(chosen);
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-mutants-'));
  const reporter = new MutantReporter();
  try {
    await runSuites({
      root: project.root,
      scenarios,
      settings: {
        selected: scenarios.map((scenario) => scenario.id), evidenceRoot: folder, sut: sut.settings, sutArguments: [],
        deviations: [], mode: 'mutants',
      },
      concurrency: options.concurrency,
      reporters: [reporter],
    });
  } finally {
    reporter.end();
    rmSync(folder, { recursive: true, force: true });
    await sut.close();
  }
  return conclude(reporter);
}

function conclude({ outcomes, errors }: MutantReporter): number {
  const of = (state: MutantOutcome['outcome']): MutantOutcome[] => outcomes.filter((one) => one.outcome === state);
  const survivors = of('survived');
  for (const one of survivors) {
    process.stdout.write(`not noticed: ${one.lie}\n  ${one.scenario}\n  ${one.source}: ${one.step}\n  clauses ${one.clauses.join(', ')}; verdicts: ${one.seen || 'none'}\n`);
  }
  const unreached = new Set(of('unreached').map((one) => `${one.scenario} ${one.source}`));
  for (const one of unreached) process.stdout.write(`not met on this stack, so not provable here: ${one}\n`);
  for (const error of errors) process.stdout.write(`harness error: ${error}\n`);
  process.stdout.write(`${outcomes.length} alterations: ${of('noticed').length} noticed, ${survivors.length} not noticed, ${of('unreached').length} of steps that this stack does not meet\n`);
  if (survivors.length > 0) return 1;
  return errors.length > 0 || outcomes.length === 0 ? 2 : 0;
}
