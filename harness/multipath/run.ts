/** Runs one scenario of two stacks from empty cells to its result. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../document/make-folder.ts';
import { realClock } from '../clock/clock.ts';
import { movedCounters, readCounters } from '../engine/counters.ts';
import { AgentRefused, type AgentLogLine } from '../sut/types.ts';
import { makeBoxes } from '../topology/middleboxes.ts';
import type { Driver } from '../topology/contract.ts';
import type { Topology } from '../topology/types.ts';
import { Forwarder, type ForwardLink } from '../wire/forward/forwarder.ts';
import { PcapWriter } from '../wire/pcap-write.ts';
import { act, endpointId } from './actions.ts';
import type { Finding } from './finding.ts';
import { buildPair, linkOf, type Host, type Pair, type Side } from './hosts.ts';
import { isJudge, judge, type JudgeVerb } from './judge.ts';
import { signalling } from './ladder.ts';
import type { RawHost } from './raw-suite.ts';
import type { MultipathScenario, MultipathStep } from './scenario.ts';
import { seriesOf } from './series.ts';
import { RunState, StepUnmet } from './state.ts';
import { Trace } from './trace.ts';
import { evidenceFolder, evidencePath } from '../verdict/evidence.ts';
import { type Level, verdictOf } from '../verdict/level.ts';
import type { ExpectationResult, LadderEntry, ScenarioResult } from '../verdict/result.ts';
import { concludeScenario, emptyResult } from '../verdict/scenario-verdict.ts';
import type { RunSeries } from '../verdict/series.ts';
import { isKept } from '../verdict/verdict.ts';

/** The environment in which scenarios of two stacks run. */
export interface MultipathContext {
  /** Driver of each of the two stacks; the same one twice if both are of one kind. */
  drivers: Readonly<Record<Side, Driver>>;
  topology: (name: string) => Topology;
  levelOf: (clause: string) => Level;
  evidenceRoot: string;
  rerun: (scenario: MultipathScenario) => string;
  /** Draws a run as SVG. */
  plot?: (series: RunSeries) => string;
}

/** A result with what the agents said. */
export interface MultipathRun {
  result: ScenarioResult;
  agentLog: readonly AgentLogLine[];
}

/** Bytes of a packet that captures keep: all headers. Payload is the pattern, and would fill disks. */
const CAPTURED = 160;
const PLOT = 'paths.svg';
/** Looking again costs as much as all packets so far are many. */
const PACKETS_BETWEEN_LOOKS = 20;
const LOOK_AGAIN_MS = 500;
const READY_MS = 10_000;
/** Extra subflows and announced addresses that a host takes, unless a scenario says otherwise: the most that Linux lets one set. */
const USUAL_SUBFLOWS = 8;

/** Runs a scenario. Never throws: what goes wrong in the harness becomes the verdict `error`. */
export async function runMultipath(scenario: MultipathScenario, context: MultipathContext): Promise<MultipathRun> {
  const startedAt = realClock.now();
  const draft: ScenarioResult = { ...emptyResult(scenario, context.rerun(scenario)), measures: [] };
  let pair: Pair | undefined;
  let agentLog: AgentLogLine[] = [];
  try {
    pair = await buildPair(context.topology(scenario.topology), context.drivers, scenario.family);
    await runInPair(scenario, context, pair, draft);
  } catch (error) {
    draft.verdict = 'error';
    draft.reason =
      error instanceof Error ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}` : String(error);
  } finally {
    agentLog = pair === undefined ? [] : mergedLog(pair);
    await pair?.close();
  }
  draft.durationMs = Math.round((realClock.now() - startedAt) * 10) / 10;
  return { result: draft, agentLog };
}

async function runInPair(
  scenario: MultipathScenario,
  context: MultipathContext,
  pair: Pair,
  draft: ScenarioResult,
): Promise<void> {
  const folder = join(context.evidenceRoot, evidenceFolder(scenario.id));
  makeFolder(folder);
  const trace = new Trace(() => state.changed());
  const state: RunState = new RunState(scenario, pair, trace);
  state.forwarder = forwarderFor(state);
  let failure: Error | undefined;
  try {
    await state.forwarder.ready(READY_MS);
    await setUp(state);
    await runSteps(state, context, draft);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  } finally {
    state.forwarder.close();
  }
  draft.ladder = [...draft.ladder, ...signalling(state)].sort((a, b) => a.at - b.at);
  writeEvidence(state, context, draft, folder);
  if (failure !== undefined) throw failure;
  state.check();
  draft.counters = await countersOf(pair);
  concludeScenario(draft);
}

function forwarderFor(state: RunState): Forwarder {
  const { scenario, pair, trace, family } = state;
  const links = [pair.client, pair.server].flatMap((host) =>
    host.links.map((link): ForwardLink => ({
      name: link.spec.name,
      side: host.side,
      device: link.device,
      tester: link.tester[family],
      host: link.sut[family],
    })),
  );
  const { paths, seed } = scenario;
  const forwarder = new Forwarder({
    family,
    links,
    seed,
    paths: new Map([...paths].map(([name, { shape }]) => [name, shape])),
    onError: (error) => state.fail(error),
    onEntered: (packet) => trace.enter(packet),
    onLeft: (packet) => trace.leave(packet),
  });
  for (const [name, { middleboxes }] of paths) {
    const link = linkOf(pair.client, name);
    // The topology's stand where the link is, those of the scenario behind them.
    const boxes = [...(link.spec.middleboxes ?? []), ...middleboxes];
    if (boxes.length > 0) forwarder.install(name, makeBoxes(boxes, link, family));
  }
  return forwarder;
}

/** Sets both stacks up as the scenario has it. */
async function setUp(state: RunState): Promise<void> {
  const { pair, scenario } = state;
  await Promise.all(
    (['client', 'server'] as const).map(async (side) => {
      const host = pair[side];
      const raw = scenario[side];
      await host.agent.request('sysctl-set', { name: 'net.mptcp.checksum_enabled', value: scenario.checksums ? 1 : 0 });
      for (const [name, value] of Object.entries(raw.sysctls ?? {}))
        await host.agent.request('sysctl-set', { name, value });
      await setPathManager(state, host, raw);
      for (const [far, near] of Object.entries(raw.routes ?? {})) await routeTo(state, host, far, near);
    }),
  );
}

async function setPathManager(state: RunState, host: Host, raw: RawHost): Promise<void> {
  await host.agent.request('limits-set', {
    subflows: raw.subflows ?? USUAL_SUBFLOWS,
    'add-addr-accepted': raw.accept ?? 0,
  });
  for (const [name, flags] of Object.entries(raw.endpoints ?? {})) {
    const link = linkOf(host, name);
    const id = host.side === 'client' ? endpointId(state, name) : host.links.indexOf(link) + 1;
    await host.agent.request('endpoint-add', {
      addr: link.sut[state.family],
      dev: link.sutDevice,
      id,
      flags: flags.join(','),
    });
  }
}

/** Leads what goes to a link of the other host out by a certain own link. */
async function routeTo(state: RunState, host: Host, far: string, near: string): Promise<void> {
  const other = state.pair[host.side === 'client' ? 'server' : 'client'];
  const { sut } = linkOf(other, far);
  const length = state.family === 'ipv4' ? 32 : 128;
  const link = linkOf(host, near);
  await host.agent.request('route-add', {
    dst: `${sut[state.family]}/${length}`,
    dev: link.sutDevice,
    src: link.sut[state.family],
    family: state.family,
  });
}

async function runSteps(state: RunState, context: MultipathContext, draft: ScenarioResult): Promise<void> {
  for (const step of state.scenario.steps) {
    state.stepAt = state.clock.now();
    if (step.mark !== undefined) state.marks.set(step.mark, state.stepAt);
    const unmet = await runStep(state, step, context, draft);
    draft.ladder.push(ladderOf(state, step, draft));
    state.check();
    if (unmet === undefined) continue;
    draft.reason = `line ${step.place.line}: ${unmet}`;
    if (step.clauses.length === 0) draft.expectations.push(...unreached(state, step, context, draft.reason));
    return;
  }
}

/** Does a step; why it was not met, where that ends the scenario. */
async function runStep(
  state: RunState,
  step: MultipathStep,
  context: MultipathContext,
  draft: ScenarioResult,
): Promise<string | undefined> {
  const record = (finding: Finding): void => {
    draft.expectations.push(
      ...step.clauses.map((clause) => expectation(step, clause, finding, context.levelOf(clause))),
    );
    draft.measures?.push(...(finding.measures ?? []));
  };
  try {
    if (isJudge(step)) {
      record(await judgeInTime(state, step));
      return undefined;
    }
    await act(state, step);
    // A step that judges and does something is met by having been done.
    if (step.clauses.length > 0) record({ isMet: true, expected: step.text, actual: 'done' });
    return undefined;
  } catch (error) {
    if (!(error instanceof StepUnmet) && !(error instanceof AgentRefused)) throw error;
    if (step.clauses.length > 0)
      record({ isMet: isJudge(step) ? undefined : false, expected: step.text, actual: error.message });
    return error.message;
  }
}

/** A step with a time may become true until then; it is evaluated again after every few packets. */
async function judgeInTime(state: RunState, step: Extract<MultipathStep, { verb: JudgeVerb }>): Promise<Finding> {
  const deadline = state.clock.now() + (step.within ?? 0);
  for (;;) {
    const finding = judge(state, step);
    const left = deadline - state.clock.now();
    if (finding.isMet === true || left <= 0) return finding;
    const known = state.trace.sent.length;
    await state.sooner(() => state.trace.sent.length >= known + PACKETS_BETWEEN_LOOKS, Math.min(LOOK_AGAIN_MS, left));
  }
}

function expectation(step: MultipathStep, clause: string, finding: Finding, level: Level): ExpectationResult {
  const verdict = verdictOf(level, finding.isMet);
  return {
    clause,
    level,
    verdict,
    source: `${step.place.file}:${step.place.line}`,
    step: step.text,
    ...(finding.isMet === true
      ? { message: finding.actual }
      : { expected: finding.expected, actual: finding.actual, message: `${finding.expected}: ${finding.actual}` }),
  };
}

/** Judging steps that were not reached because the scenario could not continue. */
function unreached(
  state: RunState,
  at: MultipathStep,
  context: MultipathContext,
  message: string,
): ExpectationResult[] {
  const { steps } = state.scenario;
  return steps
    .slice(steps.indexOf(at) + 1)
    .flatMap((step) =>
      step.clauses.map((clause): ExpectationResult => ({
        clause,
        level: context.levelOf(clause),
        verdict: 'inconclusive',
        source: `${step.place.file}:${step.place.line}`,
        step: step.text,
        message,
      })),
    );
}

function ladderOf(state: RunState, step: MultipathStep, draft: ScenarioResult): LadderEntry {
  const last = step.clauses.length === 0 ? undefined : draft.expectations.at(-1);
  return {
    at: state.stepAt - state.startedAt,
    kind: 'step',
    text: step.text,
    ...(last === undefined ? {} : { verdict: last.verdict, clause: last.clause }),
  };
}

/** Captures at both ends: what the client's links showed, and what the server's did. */
function writeEvidence(state: RunState, context: MultipathContext, draft: ScenarioResult, folder: string): void {
  const { epoch } = state.clock;
  const { sent, left } = state.trace;
  for (const [name, way] of [
    ['capture.pcap', 'up'],
    ['server.pcap', 'down'],
  ] as const) {
    const packets = [
      ...sent.map(({ record }) => record).filter((one) => one.way === way),
      ...left.filter((one) => one.way !== way),
    ].sort((a, b) => a.at - b.at);
    const capture = new PcapWriter(join(folder, name));
    try {
      for (const { at, bytes } of packets) capture.write(epoch + at, bytes.subarray(0, CAPTURED), bytes.length);
    } finally {
      capture.close();
    }
  }
  const { id } = state.scenario;
  draft.evidence.pcap = evidencePath(context.evidenceRoot, id, 'capture.pcap');
  draft.evidence.serverPcap = evidencePath(context.evidenceRoot, id, 'server.pcap');
  if (context.plot !== undefined) {
    writeFileSync(join(folder, PLOT), context.plot(seriesOf(state, changesOf(state, draft))));
    draft.evidence.plot = evidencePath(context.evidenceRoot, id, PLOT);
  }
  for (const one of draft.expectations) if (!isKept(one.verdict)) one.pcap = draft.evidence.pcap;
}

/** Steps that change something, for the plot. */
function changesOf(state: RunState, draft: ScenarioResult): { at: number; text: string }[] {
  return draft.ladder
    .filter((one) => one.kind === 'step' && !/^(judge-|until|joined|finish|single|pass)/.test(one.text))
    .map(({ at, text }) => ({ at: at + state.startedAt, text }));
}

/** Counters of both stacks that moved. Hosts of two stacks are fresh, so all count from zero. */
async function countersOf(pair: Pair): Promise<Record<string, number>> {
  const moved: Record<string, number> = {};
  for (const side of ['client', 'server'] as const) {
    const counters = movedCounters(new Map(), await readCounters(pair[side].agent));
    for (const [name, by] of Object.entries(counters)) moved[`${side}.${name}`] = by;
  }
  return moved;
}

function mergedLog(pair: Pair): AgentLogLine[] {
  return (['client', 'server'] as const)
    .flatMap((side) => pair[side].agent.log.map((line) => ({ ...line, text: `${side}: ${line.text}` })))
    .sort((a, b) => a.at - b.at);
}
