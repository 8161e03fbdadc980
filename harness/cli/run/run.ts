/** `run`: judges the kernel by the suites. */
import { join, relative, resolve } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import { allureEnvironment } from '../../report/allure-reporter.ts';
import { generateAllureReport, requireAllure } from '../../report/allure-report.ts';
import { applyDeviations } from '../../report/deviations.ts';
import { exitCode } from '../../report/exit-code.ts';
import type { RunResults } from '../../report/results.ts';
import { resultsText, writeWhole } from '../../report/results-file.ts';
import { summaryText } from '../../report/summary.ts';
import { styleFor } from '../../report/text-layout.ts';
import { troubleText } from '../../report/trouble-text.ts';
import type { AnyScenario } from '../../multipath/scenario.ts';
import { unfitFor } from '../../engine/without-agent.ts';
import type { Application } from '../../topology/contract.ts';
import { isInMemory, prepareOutside, type StackChoice } from '../../topology/stacks/registry.ts';
import { outsideProblem } from '../../wire/inside.ts';
import { DEFAULT_OUTPUT, SELECTION_OUTPUT } from '../inputs/arguments.ts';
import { enterNamespace } from './enter.ts';
import { requireWritable, STANDARD_OUTPUT, writeOutput } from '../inputs/output-file.ts';
import { allScenarios, openProject, type Project } from '../inputs/project.ts';
import { endJournal } from './journal.ts';
import { claimFolder, EVIDENCE_FOLDER } from './output-folder.ts';
import { chooseStacks, preparation, prepareRun, type PreparedRun, type StackOptions } from './prepare-run.ts';
import { isRepeated, repeatRuns, type Repetition } from './repeat.ts';
import { runInside, type RunPlan } from './run-inside.ts';
import { failedIds } from '../inputs/last-results.ts';
import { isNarrowed, selectScenarios, type Selection } from '../inputs/selection.ts';
import { laddersText } from '../results/show.ts';

/** Options of the command, as the command line has them. */
export interface RunOptions extends Selection, Repetition, StackOptions {
  /** Only what did not pass in the last run. */
  failed: boolean;
  shuffle?: number;
  json?: string;
  keepCaptures: 'all' | 'failed';
  /** Left out: {@link DEFAULT_OUTPUT}, or {@link SELECTION_OUTPUT} for a selection. */
  output?: string;
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
  if (isRepeated(options)) return repeatRuns(options, outputOf(options), argv);
  if (!isInMemory(choice)) {
    if (outsideProblem() !== undefined) {
      await prepareOutside(choice, preparation(options));
      if (peer !== undefined) await prepareOutside(peer);
    }
    // The suites are loaded inside only: with many, doing it twice is the longest part of starting.
    const inside = await enterNamespace(argv);
    if (inside !== undefined) return inside;
  }
  const project = openProject();
  const scenarios = selectScenarios(allScenarios(project), withFailed(options), project.catalogue);
  if (peer !== undefined) requireTwoStacks(scenarios);
  requireLinks(scenarios, choice);
  const prepared = await prepareRun(chosen, options, project.root);
  if (prepared.application !== undefined) tellUnfit(prepared.application, scenarios);
  const plan = planRun(project, scenarios, prepared, options, argv);
  try {
    const { results, errors } = await runInside(plan);
    const judged = applyDeviations(results, prepared.list);
    const text = resultsText(judged);
    writeWhole(join(plan.output, 'results.json'), text);
    endJournal(plan.settings.evidenceRoot);
    if (options.json !== undefined) writeOutput(options.json, text);
    await report(judged, errors, options, plan);
    const reported = await prepared.report(nice(plan.output));
    for (const line of reported) streamForPeople(options).write(`${line}\n`);
    return errors.length > 0 ? 2 : exitCode(judged);
  } finally {
    await prepared.close();
  }
}

function isSelection(options: RunOptions): boolean {
  return options.failed || isNarrowed(options);
}

/** A selection has a folder of its own: the results of the last complete run stay. */
function outputOf(options: RunOptions): string {
  return options.output ?? (isSelection(options) ? SELECTION_OUTPUT : DEFAULT_OUTPUT);
}

/** The selection with the scenarios that did not pass in the last run. @throws UsageError where all passed */
function withFailed(options: RunOptions): Selection {
  return options.failed ? { ...options, among: failedIds() } : options;
}

function planRun(
  project: Project,
  scenarios: AnyScenario[],
  prepared: PreparedRun,
  options: RunOptions,
  argv: readonly string[],
): RunPlan {
  const output = resolve(outputOf(options));
  claimFolder(output);
  return {
    project,
    scenarios,
    selected: isSelection(options),
    output,
    sut: prepared.info,
    concurrency: prepared.concurrency,
    shuffle: options.shuffle,
    shard: options.shard,
    allure: options.allure,
    keepCaptures: options.keepCaptures,
    deviations: prepared.list,
    command: ['mptcp-conformance', ...argv],
    settings: {
      ...prepared.settings,
      evidenceRoot: join(output, EVIDENCE_FOLDER),
      ...(options.keepCaptures === 'failed' ? { captures: 'failed' } : {}),
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

/** Says before the run how much of it a stack without an agent allows. */
function tellUnfit(application: Application, scenarios: readonly AnyScenario[]): void {
  const fit = scenarios.filter((one) => one.kind === 'wire' && unfitFor(application, one) === undefined).length;
  process.stderr.write(
    `${fit} of ${scenarios.length} scenarios can be run without an agent on the stack; the others are skipped, each with the reason\n`,
  );
}

async function report(
  results: RunResults,
  errors: readonly string[],
  options: RunOptions,
  plan: RunPlan,
): Promise<void> {
  const stream = streamForPeople(options);
  const style = styleFor(stream);
  const say = (text: string): void => void stream.write(`${text}\n`);
  const evidence = join(plan.output, EVIDENCE_FOLDER);
  if (options.ladder) say(laddersText(results, plan.output, style));
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
    const folder = nice(join(plan.output, 'allure-report'));
    reports.push(`report: ${join(folder, 'index.html')}; browsers need a server for it: npx allure open ${folder}`);
  }
  say(reports.join('\n'));
}

/** Results on standard output leave standard error for the text. */
function streamForPeople({ json }: RunOptions): NodeJS.WriteStream {
  return json === STANDARD_OUTPUT ? process.stderr : process.stdout;
}

function nice(path: string): string {
  const short = relative(process.cwd(), path);
  if (short === '') return '.';
  return short.startsWith('..') ? path : short;
}
