/**
 * Everything that decides verdicts, from the options that name a stack: the stacks, their settings, what they are known
 * to lack, the declared deviations. `run` and the Vitest configuration of the suites both start here.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import { NO_DEVIATIONS, type DeviationList } from '../../report/deviations.ts';
import { loadDeviations } from '../../report/deviations-file.ts';
import { selectBaseline } from '../../report/select-baseline.ts';
import { findLacks, hasPics } from '../../sut/pics.ts';
import type { Application, PreparedStack, PrepareOptions, StackDetails } from '../../topology/contract.ts';
import {
  detailsFor,
  parseStack,
  peerProblem,
  prepareStack,
  requireInsight,
  requireRights,
  requireSysctlsOf,
  stackArguments,
  type StackChoice,
  type StackSettings,
} from '../../topology/stacks/registry.ts';
import type { SutInfo, Sysctl } from '../../verdict/stack-info.ts';
import { DEFAULT_CONCURRENCY } from '../inputs/arguments.ts';
import { freedomsNamed, type ChosenFreedoms } from '../inputs/freedom-option.ts';
import { workspace } from '../inputs/workspace.ts';
import { requireSysctls, sysctlArguments } from '../inputs/sysctl-option.ts';
import type { WorkerSettings } from './vitest/settings.ts';

type Prepared = PreparedStack<StackSettings>;

/** The options that name the stack and what is known of it. */
export interface StackOptions {
  /** Left out: what suits the stack. */
  concurrency?: number;
  /** See {@link parseStack}. */
  sut: string;
  /** The server of scenarios of two stacks, written as `sut`. */
  peer?: string;
  /** The options that say more about the stack. */
  stack: StackDetails;
  /** Settings of the stack, `NAME=VALUE`. */
  sysctl?: Sysctl[];
  /** Name of this build in comparisons. */
  label?: string;
  /** Choices of `suites/freedoms.yaml`, by name. */
  freedom?: string[];
  /** File of declared deviations; `none`; the baseline that suits the stack when absent. */
  deviations?: string;
  /** Folders of suites of the user's own. */
  suites?: string[];
  /** Tracepoints to record. */
  trace?: string[];
  /** Queries of dynamic debug. */
  dyndbg?: string[];
  /** Socket of the `shell` command: leave the scenario's cell open when its steps are over. */
  hold?: string;
}

/** The stacks that the options name, parsed. */
export interface ChosenStacks extends ChosenFreedoms {
  choice: StackChoice;
  peer?: StackChoice;
}

/** The stacks that the options name; starts nothing. @throws UsageError */
export function chooseStacks(options: StackOptions): ChosenStacks {
  const choice = parseStack(options.sut, options.stack);
  const lawful = freedomsNamed(options.freedom ?? []);
  const sysctls = [...lawful.sysctls, ...(options.sysctl ?? [])];
  if (sysctls.length > 0) requireSysctlsOf(choice);
  requireInsights(options, choice);
  requireRights(choice);
  const peer = peerOf(options, choice);
  return { ...lawful, choice, sysctls, ...(peer === undefined ? {} : { peer }) };
}

/** @throws UsageError where the stack cannot be looked into in the way that is asked for */
function requireInsights({ trace, dyndbg, hold }: StackOptions, choice: StackChoice): void {
  if (trace !== undefined) requireInsight(choice, 'trace', '--trace');
  if (dyndbg !== undefined) requireInsight(choice, 'dyndbg', '--dyndbg');
  if (hold !== undefined) requireInsight(choice, 'shell', 'shell');
}

/** Preparations that the options need, besides judging. */
export function preparation({ hold }: StackOptions): PrepareOptions {
  return { shell: hold !== undefined };
}

/** The other stack, when one is named. @throws UsageError */
function peerOf(options: StackOptions, choice: StackChoice): StackChoice | undefined {
  if (options.peer === undefined) return undefined;
  const { mirror } = options.stack;
  const peer = parseStack(options.peer, detailsFor(options.peer, { mirror }));
  requireRights(peer);
  const problem = peerProblem(choice) ?? peerProblem(peer);
  if (problem !== undefined) throw new UsageError(`--peer: ${problem}; choose netns, docker or kernel:... for both`);
  return peer;
}

/** Stacks that are ready for workers. */
export interface PreparedRun {
  /** The stack, as recorded in the results. */
  info: SutInfo;
  /** Scenarios at once, over all workers. */
  concurrency: number;
  list: DeviationList;
  /** See `PreparedStack.application`. */
  application?: Application;
  /** For the workers, but for where evidence goes. */
  settings: Omit<WorkerSettings, 'evidenceRoot'>;
  /** See `PreparedStack.report`; of all stacks. */
  report(folder: string): Promise<string[]>;
  close(): Promise<void>;
}

/** Prepares the stacks once for all workers. @throws UsageError and whatever a kind of stack can fail with */
export async function prepareRun(chosen: ChosenStacks, options: StackOptions, root: string): Promise<PreparedRun> {
  const { choice, sysctls, habits } = chosen;
  const sut = await prepareStack(choice, root, preparation(options));
  const peer = chosen.peer === undefined ? undefined : await preparePeer(chosen.peer, root, sut);
  const stacks = [sut, ...(peer === undefined ? [] : [peer])];
  await requireSysctls(sysctls, stacks);
  const close = async (): Promise<void> => {
    await Promise.all(stacks.map((stack) => stack.close()));
  };
  const list = await Promise.resolve()
    .then(() => declaredFor(options, sut.info, root))
    .catch(async (error: unknown) => {
      await close();
      throw error;
    });
  return {
    info: infoOf(sut, peer, sysctls, options),
    concurrency: concurrencyOf(sut, peer, options),
    list,
    ...(sut.application === undefined ? {} : { application: sut.application }),
    settings: {
      sut: sut.settings,
      ...(peer === undefined ? {} : { peer: peer.settings }),
      sutArguments: [
        ...stackArguments(choice),
        ...(options.peer === undefined ? [] : ['--peer', options.peer]),
        ...sysctlArguments(options.sysctl ?? []),
        ...(options.freedom ?? []).flatMap((name) => ['--freedom', name]),
        ...(options.suites ?? []).flatMap((folder) => ['--suites', folder]),
        ...(options.deviations === undefined ? [] : ['--deviations', options.deviations]),
      ],
      ...(sysctls.length === 0 ? {} : { sysctls }),
      ...(habits === undefined ? {} : { habits }),
      ...watchOf(options),
      lacks: [...lacksFor(sut.info, root), ...(sut.lacks ?? []), ...chosen.lacks],
      topologies: workspace().topologies,
      deviations: list.deviations,
      mode: 'judge',
    },
    report: async (folder) => (await Promise.all(stacks.map(async (stack) => stack.report?.(folder) ?? []))).flat(),
    close,
  };
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

function infoOf(
  { info }: Prepared,
  peer: Prepared | undefined,
  sysctls: Sysctl[],
  { label, freedom }: StackOptions,
): SutInfo {
  return {
    ...info,
    ...(label === undefined ? {} : { label }),
    ...(sysctls.length === 0 ? {} : { sysctls }),
    ...(freedom === undefined ? {} : { freedoms: freedom }),
    ...(peer === undefined ? {} : { peer: { name: peer.info.name, kind: peer.info.kind, kernel: peer.info.kernel } }),
  };
}

function watchOf({ trace, dyndbg, hold }: StackOptions): Pick<WorkerSettings, 'watch' | 'hold'> {
  return {
    ...(trace === undefined && dyndbg === undefined ? {} : { watch: { trace: trace ?? [], dyndbg: dyndbg ?? [] } }),
    ...(hold === undefined ? {} : { hold }),
  };
}

function concurrencyOf(sut: Prepared, peer: Prepared | undefined, options: StackOptions): number {
  const { concurrency, trace, dyndbg, hold } = options;
  // The kernel's lines are to be those of one scenario.
  if (trace !== undefined || dyndbg !== undefined || hold !== undefined) return 1;
  return Math.min(
    concurrency ?? sut.concurrency ?? DEFAULT_CONCURRENCY,
    // Two guests and what is between them are all that a small machine can bear.
    peer === undefined ? (sut.maxConcurrency ?? Infinity) : 1,
  );
}

/** Features that the stack lacks, with reasons: the user's statements come first. */
function lacksFor({ name, kernel }: SutInfo, root: string): Map<string, string> {
  const folders = [...workspace().pics, join(root, 'suites', 'pics')];
  const folder = folders.find((one) => hasPics(one, name));
  return folder === undefined ? new Map<string, string>() : findLacks(folder, name, kernel);
}

function declaredFor({ deviations }: StackOptions, info: SutInfo, root: string): DeviationList {
  if (deviations === 'none') return NO_DEVIATIONS;
  if (deviations !== undefined) {
    if (!existsSync(deviations)) throw new UsageError(`no such deviations file: ${deviations}; check the path`);
    const list = loadDeviations(deviations);
    if (list.sut !== info.name)
      process.stderr.write(`${deviations} declares deviations of ${list.sut}; the stack is ${info.name}\n`);
    return list;
  }
  // Every fault of the reference stack is there to be found.
  if (info.kind === 'reference') return NO_DEVIATIONS;
  const choice = selectBaseline(info, [...workspace().baselines, join(root, 'reports', 'baselines')]);
  if (choice.match !== 'exact') process.stderr.write(`${choice.message}\n`);
  return choice.file === undefined ? NO_DEVIATIONS : loadDeviations(choice.file);
}
