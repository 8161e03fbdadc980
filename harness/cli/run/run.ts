/** `run`: judges the kernel by the suites. */
import { existsSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import { allureEnvironment } from '../../report/allure.ts';
import { generateAllureReport, requireAllure } from '../../report/allure-report.ts';
import { applyDeviations, NO_DEVIATIONS, type DeviationList } from '../../report/deviations.ts';
import { exitCode } from '../../report/exit-code.ts';
import { loadDeviations } from '../../report/deviations-file.ts';
import type { RunResults } from '../../report/results.ts';
import { resultsText, writeWhole } from '../../report/results-file.ts';
import { selectBaseline } from '../../report/select-baseline.ts';
import { summaryText } from '../../report/summary.ts';
import { styleFor } from '../../report/text-layout.ts';
import { troubleText } from '../../report/trouble-text.ts';
import { findLacks, hasPics } from '../../sut/pics.ts';
import type { AnyScenario } from '../../multipath/scenario.ts';
import type { PreparedStack, StackDetails } from '../../topology/contract.ts';
import {
  detailsFor,
  isInMemory,
  parseStack,
  peerProblem,
  prepareOutside,
  prepareStack,
  requireInsight,
  requireRights,
  requireSysctlsOf,
  stackArguments,
  type StackChoice,
  type StackSettings,
} from '../../topology/stacks/registry.ts';
import type { Habits, SutInfo, Sysctl } from '../../verdict/stack-info.ts';
import { outsideProblem } from '../../wire/inside.ts';
import { DEFAULT_CONCURRENCY, DEFAULT_OUTPUT, SELECTION_OUTPUT } from '../inputs/arguments.ts';
import { enterNamespace } from './enter.ts';
import { requireWritable, STANDARD_OUTPUT, writeOutput } from '../inputs/output-file.ts';
import { allScenarios, openProject, projectRoot, type Project } from '../inputs/project.ts';
import { claimFolder, EVIDENCE_FOLDER } from './output-folder.ts';
import { isRepeated, repeatRuns, type Repetition } from './repeat.ts';
import { runInside, type RunPlan } from './run-inside.ts';
import { failedIds } from '../inputs/last-results.ts';
import { isNarrowed, selectScenarios, type Selection } from '../inputs/selection.ts';
import { freedomsNamed } from '../inputs/freedom-option.ts';
import { workspace } from '../inputs/workspace.ts';
import { requireSysctls, sysctlArguments } from '../inputs/sysctl-option.ts';
import { laddersText } from '../results/show.ts';
import { JOURNAL } from './vitest/settings.ts';

type Prepared = PreparedStack<StackSettings>;

/** Options of the command, as the command line has them. */
export interface RunOptions extends Selection, Repetition {
  /** Folders of suites of the user's own. */
  suites?: string[];
  /** Only what did not pass in the last run. */
  failed: boolean;
  /** Left out: what suits the stack. */
  concurrency?: number;
  /** See {@link parseStack}. */
  sut: string;
  /** The server of scenarios of two stacks, written as `sut`. */
  peer?: string;
  shuffle?: number;
  /** The options that say more about the stack. */
  stack: StackDetails;
  /** Settings of the stack, `NAME=VALUE`. */
  sysctl?: Sysctl[];
  /** Name of this build in comparisons. */
  label?: string;
  /** Tracepoints to record. */
  trace?: string[];
  /** Queries of dynamic debug. */
  dyndbg?: string[];
  /** Socket of the `shell` command: leave the scenario's cell open when its steps are over. */
  hold?: string;
  /** Choices of `suites/freedoms.yaml`, by name. */
  freedom?: string[];
  json?: string;
  keepCaptures: 'all' | 'failed';
  /** Left out: {@link DEFAULT_OUTPUT}, or {@link SELECTION_OUTPUT} for a selection. */
  output?: string;
  deviations?: string;
  allure: boolean;
  ladder: boolean;
  info: boolean;
  /** Leave nothing out of the summary. */
  full: boolean;
}

/** Runs the command and returns its exit code. @throws UsageError and everything that the harness can fail with */
export async function run(options: RunOptions, argv: readonly string[]): Promise<number> {
  const choice = parseStack(options.sut, options.stack);
  const lawful = freedomsNamed(options.freedom ?? []);
  const sysctls = [...lawful.sysctls, ...(options.sysctl ?? [])];
  if (sysctls.length > 0) requireSysctlsOf(choice);
  requireInsights(options, choice);
  requireRights(choice);
  const wanted = { shell: options.hold !== undefined };
  if (options.json !== undefined) requireWritable('--json', options.json);
  if (options.allure) requireAllure();
  if (isRepeated(options)) return repeatRuns(options, outputOf(options), argv);
  const peerChoice = peerOf(options, choice);
  if (!isInMemory(choice)) {
    if (outsideProblem() !== undefined) {
      await prepareOutside(choice, wanted);
      if (peerChoice !== undefined) await prepareOutside(peerChoice);
    }
    // The suites are loaded inside only: with many, doing it twice is the longest part of starting.
    const inside = await enterNamespace(argv);
    if (inside !== undefined) return inside;
  }
  const project = openProject();
  const scenarios = selectScenarios(allScenarios(project), withFailed(options), project.catalogue);
  if (peerChoice !== undefined) requireTwoStacks(scenarios);
  requireLinks(scenarios, choice);
  const sut = await prepareStack(choice, project.root, wanted);
  const peer = peerChoice === undefined ? undefined : await preparePeer(peerChoice, project.root, sut);
  await requireSysctls(sysctls, [sut, ...(peer === undefined ? [] : [peer])]);
  const plan = planRun(project, scenarios, { ...sut, choice, peer, sysctls, habits: lawful.habits }, options, argv);
  const list = declaredFor(options, sut);
  plan.settings.deviations = list.deviations;
  const { results, errors } = await runInside(plan).finally(() => Promise.all([sut.close(), peer?.close()]));
  const judged = applyDeviations(results, list);
  const text = resultsText(judged);
  writeWhole(join(plan.output, 'results.json'), text);
  // It is for runs that are killed before they come this far.
  rmSync(join(plan.settings.evidenceRoot, JOURNAL), { force: true });
  if (options.json !== undefined) writeOutput(options.json, text);
  await report(judged, errors, options, plan);
  return errors.length > 0 ? 2 : exitCode(judged);
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
  sut: Prepared & { choice: StackChoice; peer: Prepared | undefined; sysctls: Sysctl[]; habits: Habits | undefined },
  options: RunOptions,
  argv: readonly string[],
): RunPlan {
  const output = resolve(outputOf(options));
  claimFolder(output);
  const selected = isSelection(options);
  return {
    project,
    scenarios,
    selected,
    output,
    sut: {
      ...sut.info,
      ...(options.label === undefined ? {} : { label: options.label }),
      ...(sut.sysctls.length === 0 ? {} : { sysctls: sut.sysctls }),
      ...(options.freedom === undefined ? {} : { freedoms: options.freedom }),
      ...(sut.peer === undefined
        ? {}
        : { peer: { name: sut.peer.info.name, kind: sut.peer.info.kind, kernel: sut.peer.info.kernel } }),
    },
    concurrency: isWatched(options)
      ? 1
      : Math.min(
          options.concurrency ?? sut.concurrency ?? DEFAULT_CONCURRENCY,
          // Two guests and what is between them are all that a small machine can bear.
          sut.peer === undefined ? (sut.maxConcurrency ?? Infinity) : 1,
        ),
    shuffle: options.shuffle,
    allure: options.allure,
    keepCaptures: options.keepCaptures,
    command: ['mptcp-conformance', ...argv],
    settings: {
      evidenceRoot: join(output, EVIDENCE_FOLDER),
      sut: sut.settings,
      ...(sut.peer === undefined ? {} : { peer: sut.peer.settings }),
      sutArguments: [
        ...stackArguments(sut.choice),
        ...(options.peer === undefined ? [] : ['--peer', options.peer]),
        ...sysctlArguments(options.sysctl ?? []),
        ...(options.freedom ?? []).flatMap((name) => ['--freedom', name]),
        ...(options.suites ?? []).flatMap((folder) => ['--suites', folder]),
        ...(options.deviations === undefined ? [] : ['--deviations', options.deviations]),
      ],
      ...(sut.sysctls.length === 0 ? {} : { sysctls: sut.sysctls }),
      ...(sut.habits === undefined ? {} : { habits: sut.habits }),
      lacks: [...lacksFor(sut.info, project.root)],
      topologies: workspace().topologies,
      deviations: [],
      // Reporters copy evidence to the last.
      ...(options.trace === undefined && options.dyndbg === undefined
        ? {}
        : { watch: { trace: options.trace ?? [], dyndbg: options.dyndbg ?? [] } }),
      ...(options.hold === undefined ? {} : { hold: options.hold }),
      ...(options.keepCaptures === 'failed' && !options.allure ? { captures: 'failed' } : {}),
      mode: 'judge',
    },
  };
}

/** What the stack says that it lacks: the user's own statements come first. */
function lacksFor({ name, kernel }: SutInfo, root: string): Map<string, string> {
  const folders = [...workspace().pics, join(root, 'suites', 'pics')];
  const folder = folders.find((one) => hasPics(one, name));
  return folder === undefined ? new Map<string, string>() : findLacks(folder, name, kernel);
}

/** The other stack, when one is named. @throws UsageError */
function peerOf(options: RunOptions, choice: StackChoice): StackChoice | undefined {
  if (options.peer === undefined) return undefined;
  const { mirror } = options.stack;
  const peer = parseStack(options.peer, detailsFor(options.peer, { mirror }));
  requireRights(peer);
  const problem = peerProblem(choice) ?? peerProblem(peer);
  if (problem !== undefined) throw new UsageError(`--peer: ${problem}; choose netns, docker or kernel:... for both`);
  return peer;
}

/** Whether the kernel is watched: nothing may run beside a scenario then, or its lines would be among those of others. */
function isWatched({ trace, dyndbg, hold }: RunOptions): boolean {
  return trace !== undefined || dyndbg !== undefined || hold !== undefined;
}

/** @throws UsageError where the stack cannot be looked into in the way that is asked for */
function requireInsights({ trace, dyndbg, hold }: RunOptions, choice: StackChoice): void {
  if (trace !== undefined) requireInsight(choice, 'trace', '--trace');
  if (dyndbg !== undefined) requireInsight(choice, 'dyndbg', '--dyndbg');
  if (hold !== undefined) requireInsight(choice, 'shell', 'shell');
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

/** Prepares the other stack; the one that has been prepared before is closed when that fails. */
async function preparePeer(choice: StackChoice, root: string, before: Prepared): Promise<Prepared> {
  try {
    return await prepareStack(choice, root);
  } catch (error) {
    await before.close();
    throw error;
  }
}

function declaredFor(options: RunOptions, { info }: Prepared): DeviationList {
  if (options.deviations === 'none') return NO_DEVIATIONS;
  if (options.deviations !== undefined) {
    if (!existsSync(options.deviations))
      throw new UsageError(`no such deviations file: ${options.deviations}; check the path`);
    const list = loadDeviations(options.deviations);
    if (list.sut !== info.name)
      process.stderr.write(`${options.deviations} declares deviations of ${list.sut}; the stack is ${info.name}\n`);
    return list;
  }
  // Every fault of the reference stack is there to be found.
  if (info.kind === 'reference') return NO_DEVIATIONS;
  const choice = selectBaseline(info, [...workspace().baselines, join(projectRoot(), 'reports', 'baselines')]);
  if (choice.match !== 'exact') process.stderr.write(`${choice.message}\n`);
  return choice.file === undefined ? NO_DEVIATIONS : loadDeviations(choice.file);
}

async function report(
  results: RunResults,
  errors: readonly string[],
  options: RunOptions,
  plan: RunPlan,
): Promise<void> {
  const stream = options.json === STANDARD_OUTPUT ? process.stderr : process.stdout;
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
    reports.push(`report: ${nice(join(plan.output, 'allure-report', 'index.html'))}`);
  }
  say(reports.join('\n'));
}

function nice(path: string): string {
  const short = relative(process.cwd(), path);
  if (short === '') return '.';
  return short.startsWith('..') ? path : short;
}
