/** Runs one scenario variant from an empty cell to its result. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../document/make-folder.ts';
import { realClock, type Clock } from '../clock/clock.ts';
import { systemRandom } from '../clock/random.ts';
import { allSteps, type Scenario } from '../scenario/suite.ts';
import { showValue } from '../notation/styles.ts';
import { lossOf } from '../sut/agent-loss.ts';
import type { Agent, AgentLogLine } from '../sut/types.ts';
import type { KernelLine } from '../topology/kernel-lines.ts';
import type { KernelTrouble } from '../topology/kernel-trouble.ts';
import { familyOn } from '../topology/link-family.ts';
import type { Cell, CellLink, Driver } from '../topology/contract.ts';
import { TopologyError, type Topology } from '../topology/types.ts';
import type { WirePacket, WirePort } from '../wire/types.ts';
import { abilitiesOf, AbilityMissing, missingAbility } from './abilities.ts';
import { movedCounters, readCounters } from './counters.ts';
import type { Subflow } from './endpoint.ts';
import type { EvidenceFor } from './evidence.ts';
import type { Interposer } from './interposer.ts';
import { judgeCapture } from './judge-capture.ts';
import type { Waits } from './patience.ts';
import { Recording } from './recording.ts';
import { runSteps, ScenarioStopped, type StepRun } from './run-steps.ts';
import { Session } from './session.ts';
import { unfitFor } from './without-agent.ts';
import { showPacket } from './show-packet.ts';
import { firstAgent } from './sut-actions.ts';
import { evidenceFolder, evidencePath } from '../verdict/evidence.ts';
import type { Level } from '../verdict/level.ts';
import type { LadderEntry, ScenarioResult } from '../verdict/result.ts';
import { concludeScenario, emptyResult, unjudgedOf, withoutIdleSkips } from '../verdict/scenario-verdict.ts';
import { isDeparture, isKept } from '../verdict/verdict.ts';

/** The environment in which the engine runs scenarios. */
export interface EngineContext {
  driver: Driver;
  /** A topology by name; the loader has seen to it that it exists. */
  topology: (name: string) => Topology;
  levelOf: (clause: string) => Level;
  /** Fields whose value a clause lays down; without it nothing is judged in preambles. */
  fieldsOf?: (clause: string) => readonly string[];
  openPort: (
    link: CellLink,
    family: Scenario['family'],
    onPacket: (packet: WirePacket) => void,
    onError: (error: Error) => void,
    clock?: Clock,
  ) => WirePort;
  /** Folder for captures, beside the results file; a scenario's is made below it. */
  evidenceRoot: string;
  /** Scenarios whose captures are written: all by default; `none` if only the verdict is needed. */
  captures?: 'failed' | 'none';
  waits: Waits;
  /** Features that the SUT lacks, with the reason; scenarios that need one are skipped. */
  lacks: ReadonlyMap<string, string>;
  /** Command that runs a scenario again. */
  rerun: (scenario: Scenario) => string;
  /** The evidence that each step reads; by default as recorded. */
  evidenceFor?: EvidenceFor;
  /** Makes what stands between the stack and the harness, for one run of a scenario. */
  interpose?: () => Interposer;
  /** Called when the steps are over, with everything still there; the cell is taken down when it has resolved. */
  hold?: (cell: Cell, draft: ScenarioResult) => Promise<void>;
  /** The monitors do not judge the capture: the conduct that steps see is not the one that it holds. */
  withoutMonitors?: true;
}

/** Waits on an ordinary machine, milliseconds. */
export const DEFAULT_WAITS: Waits = { answer: 2000, grace: 15 };

/** A result with the agent's log, which is evidence of its own. */
export interface ScenarioRun {
  result: ScenarioResult;
  agentLog: readonly AgentLogLine[];
  kernelLog: KernelLog;
}

/** Lines that the stack's kernel logged and traced while the scenario ran. */
export interface KernelLog {
  lines: readonly KernelLine[];
  /** Time at which the scenario began, on the lines' clock. */
  begin: number;
}

/** The first feature that a scenario or one of its steps needs and that the stack is declared to lack. */
function lackOf(scenario: Scenario, lacks: EngineContext['lacks']): string | undefined {
  if (lacks.size === 0) return undefined;
  const needs = [...scenario.needs, ...abilitiesOf(scenario).map(({ feature }) => feature)];
  return needs.find((need) => lacks.has(need));
}

/**
 * Runs a scenario. Never throws: what goes wrong in the harness becomes the verdict `error`. When the stack's kernel got
 * into trouble, everything that it carried at that time is suspect: the scenario runs again with nothing beside it.
 */
export async function runScenario(scenario: Scenario, context: EngineContext): Promise<ScenarioRun> {
  const missing = lackOf(scenario, context.lacks);
  if (missing !== undefined) {
    const reason = `the stack is declared to lack ${missing}: ${context.lacks.get(missing) ?? ''}`;
    return { result: { ...emptyResult(scenario, context.rerun(scenario)), verdict: 'skip', reason }, ...NOTHING_SAID };
  }
  const first = await attempt(scenario, context, false);
  const [suspect] = first.troubles;
  if (suspect === undefined) return first;
  const { captures, ...withCaptures } = context;
  const again = await attempt(scenario, captures === 'none' ? context : withCaptures, true);
  const [own] = again.troubles;
  blame(again.result, own ?? suspect, own !== undefined, context);
  return again;
}

const NOTHING_SAID = { agentLog: [], kernelLog: { lines: [], begin: 0 } };

/** One run, with what the stack's kernel complained of meanwhile. */
interface Attempt extends ScenarioRun {
  troubles: readonly KernelTrouble[];
}

async function attempt(scenario: Scenario, context: EngineContext, alone: boolean): Promise<Attempt> {
  const startedAt = realClock.now();
  const draft = emptyResult(scenario, context.rerun(scenario));
  let cell: Cell | undefined;
  let agentLog: readonly AgentLogLine[] = [];
  let troubles: readonly KernelTrouble[] = [];
  const kernelLog: KernelLog = { lines: [], begin: startedAt };
  try {
    const topology = context.topology(scenario.topology);
    const problems = context.driver.problems(topology);
    if (problems.length > 0) return skipped(draft, problems.join('; '));
    const { application } = context.driver;
    const unfit = application === undefined ? undefined : unfitFor(application, scenario);
    if (unfit !== undefined) return skipped(draft, unfit);
    cell = await context.driver.build(topology, { alone, purpose: scenario.id });
    agentLog = agentOf(cell)?.log ?? [];
    const missing = missingAbility(scenario, agentOf(cell)?.features ?? new Set());
    if (missing === undefined) await runInCell(scenario, context, { cell, draft, kernelLog });
    else skip(draft, missing);
  } catch (error) {
    draft.verdict = 'error';
    draft.reason = describeError((await lossOf(cell?.agents.values() ?? [])) ?? error);
    if (error instanceof TopologyError) troubles = error.troubles;
  } finally {
    await cell?.close();
    troubles = cell?.troubles?.() ?? troubles;
  }
  const about = allSteps(scenario.body).flatMap((step) => step.clauses);
  const unjudged = unjudgedOf(about, draft.expectations, context.levelOf);
  if (unjudged !== undefined) draft.unjudged = unjudged;
  draft.durationMs = Math.round((realClock.now() - startedAt) * 10) / 10;
  return { result: draft, agentLog, kernelLog, troubles };
}

/** The agent of the stack under test. */
function agentOf(cell: Cell): Agent | undefined {
  return cell.agents.get(cell.topology.hosts[0] ?? '');
}

/** The scenario asks for what the stack's agent or its bench does not have. */
function skip(draft: ScenarioResult, reason: string): void {
  draft.verdict = 'skip';
  draft.reason = reason;
}

function skipped(draft: ScenarioResult, reason: string): Attempt {
  skip(draft, reason);
  return { result: draft, ...NOTHING_SAID, troubles: [] };
}

/** Records the complaints of a kernel. If nothing else was running, the scenario caused them, and fails. */
function blame(draft: ScenarioResult, trouble: KernelTrouble, alone: boolean, context: EngineContext): void {
  const folder = join(context.evidenceRoot, evidenceFolder(draft.id));
  makeFolder(folder);
  writeFileSync(join(folder, 'console.log'), trouble.console.map((line) => `${line}\n`).join(''));
  draft.trouble = {
    kind: trouble.kind,
    title: trouble.title,
    alone,
    console: evidencePath(context.evidenceRoot, draft.id, 'console.log'),
  };
  if (!alone) return;
  draft.verdict = 'fail';
  draft.reason = `the kernel under test reported a problem (${trouble.kind}): ${trouble.title}`;
}

/** A scenario that is being run, and what comes of it. */
interface Running {
  cell: Cell;
  draft: ScenarioResult;
  kernelLog: KernelLog;
}

/** Judges a scenario, and keeps its capture where that is wanted. */
async function runInCell(scenario: Scenario, context: EngineContext, running: Running): Promise<void> {
  const { cell, draft } = running;
  const recording = new Recording((cell.clock ?? realClock).epoch, context.captures !== 'none');
  let isWanted = true;
  try {
    await judgeInCell(scenario, context, running, recording);
    if (context.captures === 'failed') isWanted = !isKept(draft.verdict);
  } finally {
    if (isWanted) recording.keep(draft, context.evidenceRoot);
  }
}

async function judgeInCell(
  scenario: Scenario,
  context: EngineContext,
  { cell, draft, kernelLog }: Running,
  recording: Recording,
): Promise<void> {
  const session = new Session({
    scenario,
    cell,
    waits: context.waits,
    random: cell.random ?? systemRandom,
    openPort: (link, onPacket, onError) =>
      context.openPort(link, familyOn(link, scenario.family), onPacket, onError, cell.clock),
    onPacket: (packet) => {
      recording.add(packet);
    },
    ...(context.interpose === undefined ? {} : { interposer: context.interpose() }),
  });
  const run: StepRun = {
    session,
    levelOf: context.levelOf,
    about: allSteps(scenario.body).flatMap((step) => step.clauses),
    ...(context.fieldsOf === undefined ? {} : { fieldsOf: context.fieldsOf }),
    results: draft.expectations,
    ladder: [],
    ...(context.evidenceFor === undefined ? {} : { evidenceFor: context.evidenceFor }),
  };
  let failure: Error | undefined;
  let lacking: AbilityMissing | undefined;
  try {
    [session.countersBefore] = await Promise.all([
      readCounters(firstAgent(session), scenario.unsteady !== undefined),
      session.patience.ready(),
    ]);
    await runSteps(scenario.preamble, run, true);
    session.interposer.bodyBegins();
    await runSteps(scenario.body, run, false);
  } catch (error) {
    if (error instanceof AbilityMissing) lacking = error;
    else if (error instanceof ScenarioStopped) draft.reason = error.message;
    else failure = error instanceof Error ? error : new Error(String(error));
  }
  try {
    await context.hold?.(cell, draft);
  } finally {
    session.close();
  }
  draft.expectations = withoutIdleSkips(draft.expectations);
  kernelLog.begin = session.startedAt;
  kernelLog.lines = await linesSince(cell, session.startedAt);
  draft.ladder = ladderOf(session, run.ladder, cell, kernelLog);
  if (failure !== undefined) throw failure;
  draft.counters = movedCounters(
    session.countersBefore,
    await readCounters(firstAgent(session), scenario.unsteady !== undefined),
  );
  await recording.prove();
  if (context.withoutMonitors === undefined) addMonitors(draft, recording.packets, context);
  concludeScenario(draft);
  // Failures found before are kept.
  if (lacking !== undefined && !isDeparture(draft.verdict)) skip(draft, lacking.message);
}

/** The judgement of the monitors on the capture. */
function addMonitors(draft: ScenarioResult, packets: readonly WirePacket[], context: EngineContext): void {
  const { departures, held } = judgeCapture(packets, context.levelOf);
  draft.monitors = departures;
  draft.monitored = held;
}

/** Lines that the stack's kernel logged and traced since the scenario began. */
async function linesSince(cell: Cell, begin: number): Promise<KernelLine[]> {
  const lines = (await cell.kernelLines?.()) ?? [];
  return lines.filter(({ at }) => at === undefined || at >= begin);
}

function ladderOf(session: Session, steps: readonly LadderEntry[], cell: Cell, kernelLog: KernelLog): LadderEntry[] {
  const packets = session.record.map((one): LadderEntry => {
    const subflow: Subflow | undefined = session.tuples.get(one.tuple);
    return {
      at: one.at,
      kind: 'packet',
      direction: one.direction,
      text: showPacket(one.packet, one.direction, subflow),
      ...(subflow === undefined ? {} : { subflow: subflow.name }),
    };
  });
  // Commands before the first step only prepared the stack; they are in the agent's log.
  const begin = session.startedAt + (steps[0]?.at ?? 0);
  const agent = ([...cell.agents.values()][0]?.log ?? [])
    .filter((line) => line.at >= begin && line.direction !== 'stderr')
    .map((line): LadderEntry => ({
      at: line.at - session.startedAt,
      kind: 'agent',
      text: `${line.direction === 'to' ? '->' : '<-'} ${line.text}`,
    }));
  const kernel = kernelLog.lines.flatMap(({ at, source, text }): LadderEntry[] =>
    at === undefined
      ? []
      : [{ at: at - session.startedAt, kind: 'kernel', text: source === 'dmesg' ? text : `trace ${text}` }],
  );
  return [...steps, ...packets, ...agent, ...kernel].sort((a, b) => a.at - b.at);
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return showValue(String(error));
  return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}
