/** Runs inside a Vitest worker: registers the scenarios of a suite file as concurrent tests. */
import { appendFileSync, openSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { inject, test, type TestContext } from 'vitest';
import { levelOf, type Clause } from '../../../catalogue/types.ts';
import { makeFolder } from '../../../document/make-folder.ts';
import {
  DEFAULT_WAITS,
  runScenario,
  type EngineContext,
  type KernelLog,
  type ScenarioRun,
} from '../../../engine/run-scenario.ts';
import { reportToAllure } from '../../../report/allure.ts';
import { departureText } from '../../../report/departure-text.ts';
import { declareScenario } from '../../../report/deviations.ts';
import { pathsSvg } from '../../../report/paths-svg.tsx';
import { writeLadder } from '../../../report/ladder-file.ts';
import type { Promised } from '../../../multipath/promises.ts';
import { runMultipath, type MultipathContext, type MultipathRun } from '../../../multipath/run.ts';
import { loadAnySuite } from '../../../multipath/any-suite.ts';
import type { AnyScenario } from '../../../multipath/scenario.ts';
import { openLibrary } from '../../../scenario/load.ts';
import type { ScenarioKind } from '../../../scenario/suite.ts';
import type { Driver } from '../../../topology/contract.ts';
import { kernelLog } from '../../../topology/kernel-lines.ts';
import { openStack } from '../../../topology/stacks/registry.ts';
import { openLink } from '../../../topology/open-link.ts';
import {
  openBreaks,
  openCatalogue,
  openPromises,
  openTopology,
  projectRoot,
  useTopologies,
} from '../../inputs/project.ts';
import { holdCell } from '../hold.ts';
import { rerunCommand } from '../rerun.ts';
import { runUntilSteady } from '../run-until-steady.ts';
import { registerBreaks, registerMutants } from './mutants.ts';
import { startOrder } from './order.ts';
import { followDelays, Pace } from './pace.ts';
import { JOURNAL } from '../../../verdict/evidence.ts';
import type { WorkerSettings } from './settings.ts';
import { readGroup } from './suite-groups.ts';
import { evidenceFolder, evidencePath } from '../../../verdict/evidence.ts';
import type { Level } from '../../../verdict/level.ts';
import type { ScenarioResult } from '../../../verdict/result.ts';
import { isKept } from '../../../verdict/verdict.ts';
import { judgementsOf } from '../../../verdict/scenario-verdict.ts';

// Workers live for seconds and keep every processor busy: optimizing code as eagerly as V8 does took a fifth of the run.
setFlagsFromString('--interrupt-budget=1000000');

/** One scenario at most, with the time that it waits for its turn; a hung one must not hang the run. */
const SCENARIO_TIMEOUT_MS = 600_000;
/** One that is left open for a person. */
const HELD_TIMEOUT_MS = 7 * 24 * 3600 * 1000;

declare module 'vitest' {
  interface TaskMeta {
    /** The scenario's result without its ladder, which is in the evidence folder. */
    conformance?: ScenarioResult;
  }
}

/** Resources that a worker opens once, for all its suites. */
interface Opened {
  promises: ReadonlyMap<string, Promised>;
  driver: Driver;
  /** Driver of the server in scenarios of two stacks. */
  peer: Driver;
}

/** The state in which a worker runs scenarios. */
interface WorkerState extends Opened {
  /** The catalogue's, by id. */
  clauses: ReadonlyMap<string, Clause>;
  levelOf: (clause: string) => Level;
}

let opened: Promise<Opened> | undefined;

function open(settings: WorkerSettings): Promise<Opened> {
  opened ??= openOnce(settings);
  return opened;
}

async function openOnce(settings: WorkerSettings): Promise<Opened> {
  const { sysctls, habits, watch, hold, topologies = [] } = settings;
  useTopologies(topologies);
  const options = {
    ...(sysctls === undefined ? {} : { sysctls }),
    ...(habits === undefined ? {} : { habits }),
    ...(watch === undefined ? {} : { watch }),
    ...(hold === undefined ? {} : { shellFolder: dirname(hold) }),
  };
  const driver = await openStack(settings.sut, options);
  return {
    promises: openPromises(),
    driver,
    peer: settings.peer === undefined ? driver : await openStack(settings.peer, options),
  };
}

let pace: Pace | undefined;

/** The worker's pace, which follows the delays of the machine. */
function paceOfWorker(): Pace {
  if (pace === undefined) {
    pace = new Pace(inject('atOnce'));
    followDelays(pace);
  }
  return pace;
}

let catalogue: ReadonlyMap<string, Clause> | undefined;

/** Registers every scenario of a suite file, where Vitest itself was asked to run it. @throws DocumentError */
export async function registerSuite(file: string): Promise<void> {
  catalogue ??= byId(openCatalogue().all);
  await register(loadAnySuite(file, openLibrary(join(projectRoot(), 'suites'))), catalogue);
}

/** Registers the scenarios of a group, loaded by the process that runs the suites. */
export async function registerGroup(path: string): Promise<void> {
  const { scenarios, clauses } = readGroup(path);
  await register(scenarios, byId(clauses));
}

function byId(clauses: readonly Clause[]): ReadonlyMap<string, Clause> {
  return new Map(clauses.map((clause) => [clause.id, clause]));
}

async function register(scenarios: readonly AnyScenario[], clauses: ReadonlyMap<string, Clause>): Promise<void> {
  const settings = inject('conformance');
  const resources = await open(settings);
  const state: WorkerState = { ...resources, clauses, levelOf: levelsIn(resources.promises, clauses) };
  for (const scenario of startOrder(scenarios, settings.deviations)) registerOne(scenario, settings, state);
}

/** Scenarios that measure run one at a time, so that they disturb each other as little as possible. */
const TEST: Readonly<Record<ScenarioKind, typeof test.concurrent>> = { wire: test.concurrent, multipath: test };

function registerOne(scenario: AnyScenario, settings: WorkerSettings, state: WorkerState): void {
  if (settings.mode === 'judge') {
    const timeout = settings.hold === undefined ? SCENARIO_TIMEOUT_MS : HELD_TIMEOUT_MS;
    TEST[scenario.kind](scenario.id, { timeout }, async (context) => {
      const work = (): Promise<void> => runAsTest(scenario, settings, state, context);
      await (scenario.kind === 'wire' ? paceOfWorker().run(work) : work());
    });
    return;
  }
  // Two stacks cannot be altered from between them.
  if (scenario.kind !== 'wire') return;
  const context = engineContext(settings, state);
  if (settings.mode === 'mutants') registerMutants(scenario, context);
  else
    registerBreaks(
      scenario,
      openBreaks().filter((one) => settings.breaks?.includes(one.clause) === true),
      context,
    );
}

/** Runs a scenario of either kind. */
function runAny(
  scenario: AnyScenario,
  settings: WorkerSettings,
  state: WorkerState,
): Promise<ScenarioRun | MultipathRun> {
  switch (scenario.kind) {
    case 'wire':
      return runScenario(scenario, engineContext(settings, state));
    case 'multipath':
      return runMultipath(scenario, multipathContext(settings, state));
  }
}

async function runAsTest(
  scenario: AnyScenario,
  settings: WorkerSettings,
  state: WorkerState,
  context: TestContext,
): Promise<void> {
  const { run, outcome } = await runUntilSteady(scenario, async () => {
    const one = await runAny(scenario, settings, state);
    const { result } = one;
    return { run: one, outcome: { ...declareScenario(result, settings.deviations), ladder: result.ladder } };
  });
  const { agentLog } = run;
  const folder = join(settings.evidenceRoot, evidenceFolder(scenario.id));
  const isWanted = settings.captures !== 'failed' || !isKept(outcome.verdict);
  if (agentLog.length > 0 && isWanted) {
    // A scenario whose cell did not come about has no folder yet.
    writeLadder(folder, outcome.ladder);
    const log = agentLog.map((line) => `${line.at.toFixed(1)} ${line.direction} ${line.text}\n`).join('');
    writeFileSync(join(folder, 'agent.log'), log);
    outcome.evidence.agentLog = evidencePath(settings.evidenceRoot, scenario.id, 'agent.log');
    outcome.evidence.ladder = evidencePath(settings.evidenceRoot, scenario.id, 'ladder.json');
  }
  if (isWanted && 'kernelLog' in run) keepKernelLog(outcome, run.kernelLog, folder, settings);
  const judged = new Set([...scenario.clauses, ...judgementsOf(outcome).map(({ clause }) => clause)]);
  const clauses = [...judged].flatMap((id) => state.clauses.get(id) ?? []);
  const files =
    outcome.evidence.pcap === undefined
      ? {}
      : {
          pcap: join(folder, basename(outcome.evidence.pcap)),
          agentLog: join(folder, 'agent.log'),
          ...(outcome.evidence.serverPcap === undefined ? {} : { serverPcap: join(folder, 'server.pcap') }),
          ...(outcome.evidence.plot === undefined ? {} : { plot: join(folder, 'paths.svg') }),
        };
  reportToAllure(outcome, clauses, files);
  context.task.meta.conformance = { ...outcome, ladder: [] };
  journal(settings, outcome);
  if (outcome.verdict === 'skip') context.skip(outcome.reason);
  if (outcome.declared === undefined && ['fail', 'error', 'inconclusive'].includes(outcome.verdict)) {
    throw new ScenarioFailed(
      departureText(outcome, {
        colour: false,
        width: 100,
        locate: (path) => join(dirname(settings.evidenceRoot), path),
      }),
    );
  }
}

/** Saves the log and the trace of the stack's kernel beside the other evidence. */
function keepKernelLog(
  outcome: ScenarioResult,
  { lines, begin }: KernelLog,
  folder: string,
  settings: WorkerSettings,
): void {
  for (const source of ['dmesg', 'trace'] as const) {
    const text = kernelLog(lines, source, begin);
    if (text === '') continue;
    makeFolder(folder);
    writeFileSync(join(folder, `${source}.log`), text);
    outcome.evidence[source] = evidencePath(settings.evidenceRoot, outcome.id, `${source}.log`);
  }
}

let journalFile: number | undefined;

/** A run that is killed leaves what it knew: a line for each scenario as it ends. */
function journal(settings: WorkerSettings, outcome: ScenarioResult): void {
  journalFile ??= openSync(join(settings.evidenceRoot, JOURNAL), 'a');
  appendFileSync(journalFile, `${JSON.stringify({ ...outcome, ladder: [] })}\n`);
}

/** The error by which Vitest shows a scenario that did not pass; its JavaScript stack is of no use. */
class ScenarioFailed extends Error {
  override readonly name = 'ScenarioFailed';
  constructor(text: string) {
    super(text);
    this.stack = text;
  }
}

function engineContext(settings: WorkerSettings, state: WorkerState): EngineContext {
  const captures = settings.mode === 'judge' ? settings.captures : 'none';
  const { hold } = settings;
  return {
    driver: state.driver,
    topology: openTopology,
    levelOf: state.levelOf,
    fieldsOf: (clause) => state.clauses.get(clause)?.fields ?? [],
    openPort: openLink,
    evidenceRoot: settings.evidenceRoot,
    waits: DEFAULT_WAITS,
    ...(captures === undefined ? {} : { captures }),
    lacks: new Map(settings.lacks),
    rerun: (scenario) => rerunCommand(scenario.id, settings.sutArguments),
    ...(hold === undefined ? {} : { hold: (cell, draft) => holdCell(hold, cell, draft) }),
  };
}

/** The level of a clause; every scenario asks for those of all that monitors judge. */
function levelsIn(promises: Opened['promises'], clauses: WorkerState['clauses']): WorkerState['levelOf'] {
  const levels = new Map<string, Level>();
  for (const { id, keyword } of clauses.values()) levels.set(id, levelOf(keyword));
  for (const [id, { level }] of promises) levels.set(id, level);
  return (clause) => levels.get(clause) ?? levelOf('stated');
}

function multipathContext(settings: WorkerSettings, state: WorkerState): MultipathContext {
  return {
    drivers: { client: state.driver, server: state.peer },
    topology: openTopology,
    levelOf: state.levelOf,
    evidenceRoot: settings.evidenceRoot,
    plot: pathsSvg,
    rerun: (scenario) => rerunCommand(scenario.id, settings.sutArguments),
  };
}
