/** `run`: judges the kernel by the suites. */
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { makeFolder } from '../../document/make-folder.ts';
import { UsageError } from '../../document/explained-error.ts';
import { allureEnvironment } from '../../report/allure.ts';
import { generateAllureReport, requireAllure } from '../../report/allure-report.ts';
import { applyDeviations } from '../../report/deviations.ts';
import { exitCode } from '../../report/exit-code.ts';
import type { RunResults } from '../../report/results.ts';
import { writeResults } from '../../report/results-file.ts';
import { summaryText } from '../../report/summary.ts';
import { styleFor } from '../../report/text-layout.ts';
import { troubleText } from '../../report/trouble-text.ts';
import type { AnyScenario } from '../../multipath/scenario.ts';
import { isInMemory, prepareOutside, type StackChoice } from '../../topology/stacks/registry.ts';
import { outsideProblem } from '../../wire/inside.ts';
import { enterNamespace } from './enter.ts';
import { requireWritable } from '../inputs/output-file.ts';
import { allScenarios, openProject, type Project } from '../inputs/project.ts';
import { chooseStacks, prepareRun, type PreparedRun, type StackOptions } from './prepare-run.ts';
import { EVIDENCE_FOLDER, runInside, type RunPlan } from './run-inside.ts';
import { isNarrowed, selectScenarios, type Selection } from '../inputs/selection.ts';
import { showLadders } from '../results/show.ts';
import { JOURNAL } from './vitest/settings.ts';

/** Options of the command, as the command line has them. */
export interface RunOptions extends Selection, StackOptions {
  shuffle?: number;
  json?: string;
  keepCaptures: 'all' | 'failed';
  output: string;
  allure: boolean;
  ladder: boolean;
  info: boolean;
  /** Leave nothing out of the summary. */
  full: boolean;
}

/** Runs the command and returns its exit code. @throws UsageError and everything that the harness can fail with */
export async function run(options: RunOptions, argv: readonly string[]): Promise<number> {
  const chosen = chooseStacks(options);
  const { choice, peer } = chosen;
  if (options.json !== undefined) requireWritable('--json', options.json);
  if (options.allure) requireAllure();
  if (!isInMemory(choice)) {
    if (outsideProblem() !== undefined) {
      await prepareOutside(choice);
      if (peer !== undefined) await prepareOutside(peer);
    }
    // The suites are loaded inside only: with many, doing it twice is the longest part of starting.
    const inside = await enterNamespace(argv);
    if (inside !== undefined) return inside;
  }
  const project = openProject();
  const scenarios = selectScenarios(allScenarios(project), options, project.catalogue);
  if (peer !== undefined) requireTwoStacks(scenarios);
  requireLinks(scenarios, choice);
  const prepared = await prepareRun(chosen, options, project.root);
  const plan = planRun(project, scenarios, prepared, options, argv);
  const { results, errors } = await runInside(plan).finally(() => prepared.close());
  const judged = applyDeviations(results, prepared.list);
  const file = join(plan.output, 'results.json');
  writeResults(file, judged);
  // It is for runs that are killed before they come this far.
  rmSync(join(plan.settings.evidenceRoot, JOURNAL), { force: true });
  if (options.json !== undefined) copyFileSync(file, options.json);
  await report(judged, errors, options, plan);
  return errors.length > 0 ? 2 : exitCode(judged);
}

function planRun(
  project: Project,
  scenarios: AnyScenario[],
  prepared: PreparedRun,
  options: RunOptions,
  argv: readonly string[],
): RunPlan {
  const output = resolve(options.output);
  prepareOutput(output);
  return {
    project,
    scenarios,
    selected: isNarrowed(options),
    output,
    sut: prepared.info,
    concurrency: prepared.concurrency,
    shuffle: options.shuffle,
    allure: options.allure,
    keepCaptures: options.keepCaptures,
    command: ['mptcp-conformance', ...argv],
    settings: {
      ...prepared.settings,
      evidenceRoot: join(output, EVIDENCE_FOLDER),
      // Reporters copy evidence to the last.
      ...(options.keepCaptures === 'failed' && !options.allure ? { captures: 'failed' } : {}),
    },
  };
}

/** @throws UsageError */
function requireTwoStacks(scenarios: readonly AnyScenario[]): void {
  const one = scenarios.find(({ kind }) => kind !== 'multipath');
  if (one !== undefined)
    throw new UsageError(
      `--peer is for scenarios with two stacks, but ${one.id} has one; add --section multipath, or ids of that section`,
    );
}

/** @throws UsageError where scenarios of two stacks are to run in memory */
function requireLinks(scenarios: readonly AnyScenario[], choice: StackChoice): void {
  const two = isInMemory(choice) ? scenarios.find(({ kind }) => kind === 'multipath') : undefined;
  if (two !== undefined)
    throw new UsageError(`--sut ${choice.kind} has simulated links only, but ${two.id} needs real ones`);
}

/** Clears what an earlier run left there; a folder that holds anything else is not ours to clear. */
function prepareOutput(output: string): void {
  const ours = [EVIDENCE_FOLDER, 'results.json', 'allure-results', 'allure-report'];
  try {
    for (const name of ours) rmSync(join(output, name), { recursive: true, force: true });
    makeFolder(join(output, EVIDENCE_FOLDER));
  } catch (error) {
    throw new UsageError(`cannot write to the folder ${output}: ${(error as Error).message}; choose another --output`);
  }
}

async function report(
  results: RunResults,
  errors: readonly string[],
  options: RunOptions,
  plan: RunPlan,
): Promise<void> {
  const style = styleFor(process.stdout);
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const evidence = join(plan.output, EVIDENCE_FOLDER);
  if (options.ladder) showLadders(results, plan.output);
  const clauses = new Map(plan.project.catalogue.all.map((clause) => [clause.id, clause]));
  say(
    summaryText(results, {
      ...style,
      clauses,
      showInfo: options.info,
      full: options.full,
      resultsFolder: nice(plan.output),
    }),
  );
  for (const line of troubleText(results.scenarios, (path) => nice(join(plan.output, path)))) say(line);
  for (const error of errors) say(`harness error: ${error}`);
  const reports = [`results: ${nice(join(plan.output, 'results.json'))}`, `evidence: ${nice(evidence)}`];
  if (plan.allure) {
    await generateAllureReport(join(plan.output, 'allure-results'), join(plan.output, 'allure-report'), {
      historyFile: join(plan.output, 'allure-history.jsonl'),
      environment: allureEnvironment(results.sut, results.tool),
    });
    reports.push(`report: ${nice(join(plan.output, 'allure-report', 'index.html'))}`);
  }
  say(reports.join('\n'));
}

function nice(path: string): string {
  const short = relative(process.cwd(), path);
  if (short === '') return '.';
  return short.startsWith('..') ? path : short;
}
