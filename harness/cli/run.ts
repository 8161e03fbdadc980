/** `run`: judges the kernel by the suites. */
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { allureEnvironment } from '../report/allure.ts';
import { generateAllureReport } from '../report/allure-report.ts';
import { applyDeviations, exitCode, NO_DEVIATIONS, type DeviationList } from '../report/deviations.ts';
import { loadDeviations, selectBaseline } from '../report/deviations-file.ts';
import type { RunResults } from '../report/results.ts';
import { writeResults } from '../report/results-file.ts';
import { summaryText } from '../report/summary.ts';
import { styleFor } from '../report/text-layout.ts';
import { troubleText } from '../report/trouble-text.ts';
import { findLacks } from '../sut/pics.ts';
import type { Scenario } from '../scenario/suite.ts';
import { outsideProblem } from '../wire/inside.ts';
import { DEFAULT_CONCURRENCY } from './commands/arguments.ts';
import { enterNamespace } from './enter.ts';
import { openProject, projectRoot, type Project } from './project.ts';
import { EVIDENCE_FOLDER, runInside, type RunPlan } from './run-inside.ts';
import { prepareOutside } from './prepare-kernel.ts';
import { prepareSut, requireRights, type PreparedSut } from './prepare-sut.ts';
import { isNarrowed, selectScenarios, UsageError, type Selection } from './selection.ts';
import { showLadders } from './show.ts';
import { JOURNAL } from './vitest/settings.ts';
import { parseSut, sutArguments, type SutChoice } from './sut-option.ts';

/** Options of the command, as the command line has them. */
export interface RunOptions extends Selection {
  /** Left out: what suits the stack. */
  concurrency?: number;
  /** See {@link parseSut}. */
  sut: string;
  image?: string;
  shuffle?: number;
  modules?: string;
  append?: string;
  mirror?: string;
  json?: string;
  keepCaptures: 'all' | 'failed';
  output: string;
  deviations?: string;
  allure: boolean;
  ladder: boolean;
  info: boolean;
  /** Leave nothing out of the summary. */
  full: boolean;
}

/** Runs the command and returns its exit code. @throws UsageError and everything that the harness can fail with */
export async function run(options: RunOptions, argv: readonly string[]): Promise<number> {
  const choice = parseSut(options.sut, options);
  requireRights(choice);
  if (outsideProblem() !== undefined) await prepareOutside(choice);
  // The suites are loaded inside only: with many, doing it twice is the longest part of starting.
  const inside = await enterNamespace(argv);
  if (inside !== undefined) return inside;
  const project = openProject();
  const scenarios = selectScenarios([...project.scenarios, ...project.multipath], options, project.catalogue);
  const sut = await prepareSut(choice, project.root);
  const plan = planRun(project, scenarios, { ...sut, choice }, options, argv);
  const list = declaredFor(options, sut);
  plan.settings.deviations = list.deviations;
  const { results, errors } = await runInside(plan).finally(() => sut.close());
  const judged = applyDeviations(results, list);
  const file = join(plan.output, 'results.json');
  writeResults(file, judged);
  // It is for runs that are killed before they come this far.
  rmSync(join(plan.settings.evidenceRoot, JOURNAL), { force: true });
  if (options.json !== undefined) copyFileSync(file, options.json);
  await report(judged, errors, options, plan);
  return errors.length > 0 ? Math.max(2, exitCode(judged)) : exitCode(judged);
}

function planRun(project: Project, scenarios: Scenario[], sut: PreparedSut & { choice: SutChoice }, options: RunOptions, argv: readonly string[]): RunPlan {
  const output = resolve(options.output);
  prepareOutput(output);
  const selected = isNarrowed(options);
  return {
    project, scenarios, selected, output,
    sut: sut.info,
    // A bench has one host, and one set of cables.
    concurrency: sut.choice.kind === 'remote' ? 1 : options.concurrency ?? sut.concurrency ?? DEFAULT_CONCURRENCY,
    shuffle: options.shuffle,
    allure: options.allure,
    keepCaptures: options.keepCaptures,
    command: ['mptcp-conformance', ...argv],
    settings: {
      ...(selected ? { selected: scenarios.map((scenario) => scenario.id) } : {}),
      evidenceRoot: join(output, EVIDENCE_FOLDER),
      sut: sut.settings,
      sutArguments: sutArguments(sut.choice),
      lacks: [...findLacks(join(project.root, 'suites', 'pics'), sut.info.name, sut.info.kernel)],
      deviations: [],
      mode: 'judge',
    },
  };
}

/** Clears what an earlier run left there; a folder that holds anything else is not ours to clear. */
function prepareOutput(output: string): void {
  const ours = [EVIDENCE_FOLDER, 'results.json', 'allure-results', 'allure-report'];
  try {
    for (const name of ours) rmSync(join(output, name), { recursive: true, force: true });
    mkdirSync(join(output, EVIDENCE_FOLDER), { recursive: true });
  } catch (error) {
    throw new UsageError(`cannot write to the folder ${output}: ${(error as Error).message}; choose another --output`);
  }
}

function declaredFor(options: RunOptions, { info }: PreparedSut): DeviationList {
  if (options.deviations === 'none') return NO_DEVIATIONS;
  if (options.deviations !== undefined) {
    if (!existsSync(options.deviations)) throw new UsageError(`there is no deviations file ${options.deviations}`);
    return loadDeviations(options.deviations);
  }
  const choice = selectBaseline(info.kernel, join(projectRoot(), 'reports', 'baselines'));
  if (choice.match !== 'exact') process.stderr.write(`${choice.message}\n`);
  return choice.file === undefined ? NO_DEVIATIONS : loadDeviations(choice.file);
}

async function report(results: RunResults, errors: readonly string[], options: RunOptions, plan: RunPlan): Promise<void> {
  const style = styleFor(process.stdout);
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const evidence = join(plan.output, EVIDENCE_FOLDER);
  if (options.ladder) showLadders(results, plan.output);
  const clauses = new Map(plan.project.catalogue.all.map((clause) => [clause.id, clause]));
  say(summaryText(results, { ...style, clauses, showInfo: options.info, full: options.full, resultsFolder: nice(plan.output) }));
  for (const line of troubleText(results.scenarios, (path) => nice(join(plan.output, path)))) say(line);
  for (const error of errors) say(`harness error: ${error}`);
  const reports = [`results: ${nice(join(plan.output, 'results.json'))}`, `evidence: ${nice(evidence)}`];
  if (plan.allure) {
    await generateAllureReport(join(plan.output, 'allure-results'), join(plan.output, 'allure-report'), {
      historyFile: join(plan.output, 'allure-history.jsonl'), environment: allureEnvironment(results.sut, results.tool),
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
