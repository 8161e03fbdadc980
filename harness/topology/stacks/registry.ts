/** The kinds of stack, and the `--sut` option that chooses among them. */
import { suggestion } from '../../document/diagnostic.ts';
import { UsageError } from '../../document/explained-error.ts';
import type { StackKindName, SutInfo } from '../../verdict/stack-info.ts';
import type {
  Driver,
  Insight,
  OpenOptions,
  PrepareOptions,
  PreparedStack,
  StackDetails,
  StackKind,
  StackOption,
} from '../contract.ts';
import { withHabits } from '../habits.ts';
import type { Check } from '../machine/check.ts';
import type { Leftover } from '../machine/leftover.ts';
import { docker, type DockerChoice, type DockerSettings } from './docker.ts';
import { kernel, type KernelChoice, type KernelSettings } from './kernel.ts';
import { netns, type NetnsChoice, type NetnsSettings } from './netns.ts';
import { reference, type ReferenceChoice, type ReferenceSettings } from './reference.ts';
import { relay, type RelayChoice, type RelaySettings } from './relay.ts';
import { remote, type RemoteChoice, type RemoteSettings } from './remote.ts';

/** Parsed form of `--sut` and its options. */
export type StackChoice = NetnsChoice | DockerChoice | KernelChoice | RemoteChoice | RelayChoice | ReferenceChoice;

/** Settings of a worker's driver; can be sent to another process. */
export type StackSettings =
  NetnsSettings | DockerSettings | KernelSettings | RemoteSettings | RelaySettings | ReferenceSettings;

type Of<Union, Kind> = Extract<Union, { kind: Kind }>;

/** A kind whose choice and settings are of any kind: for the generic functions below, which keep them together. */
type AnyKind = StackKind<StackChoice, StackSettings>;

const KINDS: { readonly [K in StackKindName]: StackKind<Of<StackChoice, K>, Of<StackSettings, K>> } = {
  netns,
  docker,
  kernel,
  remote,
  relay,
  reference,
};

/** The kind of a name. A choice or settings of that name go with it; the type cannot say so. */
function kindOf(name: StackKindName): AnyKind {
  return KINDS[name];
}

/** All kinds, the usual one first. */
export const STACK_KINDS: readonly AnyKind[] = Object.values<AnyKind>(KINDS);

/** Forms of `--sut`, for help and messages. */
export const STACK_FORMS = STACK_KINDS.flatMap(({ forms }) => forms).join(', ');

/** All options that say more about a stack, each with the forms of `--sut` that it goes with. */
export const STACK_OPTIONS: readonly (StackOption & { goesWith: string })[] = STACK_KINDS.flatMap((one) =>
  one.options.map((option) => ({ ...option, goesWith: `--sut ${one.kind}` })),
);

/** The kind that a `--sut` names. @throws UsageError with the forms that there are */
function kindNamed(spec: string): AnyKind {
  const word = spec.split(':', 1)[0] ?? '';
  const found = STACK_KINDS.find(({ kind }) => kind === word);
  if (found !== undefined) return found;
  const names = STACK_KINDS.map(({ kind }) => kind);
  throw new UsageError(`--sut ${spec}: unknown kind of stack${suggestion(word, names)}; available: ${STACK_FORMS}`);
}

/** Of these options, those that go with the kind that `--sut` names. @throws UsageError when it names none */
export function detailsFor(spec: string, details: StackDetails): StackDetails {
  const names = kindNamed(spec).options.map(({ name }) => name);
  return Object.fromEntries(names.flatMap((name) => (details[name] === undefined ? [] : [[name, details[name]]])));
}

/**
 * Reads what `--sut` says.
 *
 * @param details further options by name; others than {@link STACK_OPTIONS} are ignored
 * @throws UsageError with the forms that there are, or with what does not go with this one
 */
export function parseStack(spec: string, details: StackDetails = {}): StackChoice {
  const found = kindNamed(spec);
  for (const { name, goesWith } of STACK_OPTIONS) {
    if (details[name] !== undefined && !found.options.some((option) => option.name === name))
      throw new UsageError(`--${name} is for ${goesWith}, not for --sut ${spec}`);
  }
  const at = spec.indexOf(':');
  return found.parse(at === -1 ? undefined : spec.slice(at + 1), detailsFor(spec, details));
}

/** The words that name a stack again on a command line, not quoted; empty for the usual one. */
export function stackArguments(choice: StackChoice): string[] {
  return kindOf(choice.kind).arguments(choice);
}

/** Of a command line, the words that say what the stack is, each option with its value; empty when it does not say. */
export function stackWords(command: readonly string[]): string[] {
  const names = ['--sut', '--peer', '--sysctl', '--suites', ...STACK_OPTIONS.map(({ name }) => `--${name}`)];
  return command.flatMap((word, at) => {
    if (names.some((name) => word.startsWith(`${name}=`))) return [word];
    const value = command[at + 1];
    return names.includes(word) && value !== undefined ? [word, value] : [];
  });
}

/** Refuses, before anything is begun, what this user cannot do. @throws UsageError */
export function requireRights({ kind }: StackChoice): void {
  kindOf(kind).requireRights?.();
}

/** Whether a stack is in memory: its run needs no namespace of its own. */
export function isInMemory({ kind }: StackChoice): boolean {
  return kindOf(kind).inMemory === true;
}

/** Why a stack cannot be one of two that talk to each other; undefined when it can. */
export function peerProblem({ kind }: StackChoice): string | undefined {
  return kindOf(kind).noPeer;
}

/** Refuses settings where there are none to make. @throws UsageError */
export function requireSysctlsOf({ kind }: StackChoice): void {
  const { noSysctls } = kindOf(kind);
  if (noSysctls !== undefined) throw new UsageError(`--sysctl: ${noSysctls}`);
}

/** Does what cannot be done in a run's namespace, where there is no network: fetches a kernel. @throws ExplainedError */
export async function prepareOutside(choice: StackChoice, options?: PrepareOptions): Promise<void> {
  await kindOf(choice.kind).prepareOutside?.(choice, options);
}

/** Refuses ways to look into a stack that it does not have. @throws UsageError */
export function requireInsight({ kind }: StackChoice, insight: Insight, option: string): void {
  if (kindOf(kind).insights.includes(insight)) return;
  const able = STACK_KINDS.filter(({ insights }) => insights.includes(insight)).map((one) => one.forms[0] ?? one.kind);
  throw new UsageError(`${option} does not work with --sut ${kind}; it works with ${able.join(', ')}`);
}

/**
 * Makes the stack that `--sut` names ready to be judged, once for a run, in the tester's namespace.
 *
 * @param root the installation's folder
 * @throws ExplainedError when there is nothing to judge, with the remedy
 */
export function prepareStack(
  choice: StackChoice,
  root: string,
  options?: PrepareOptions,
): Promise<PreparedStack<StackSettings>> {
  return kindOf(choice.kind).prepare(choice, root, options);
}

/** Makes a worker's driver. Nothing is started before a cell is built. */
export async function openStack(settings: StackSettings, options: OpenOptions = {}): Promise<Driver> {
  const driver = await kindOf(settings.kind).open(settings, options);
  return options.habits === undefined ? driver : withHabits(driver, options.habits);
}

/** Why the stack of results cannot be judged again by their command line; undefined when it can. */
export function obstacleTo(sut: SutInfo, command: readonly string[]): string | undefined {
  const kind = kindOf(sut.kind);
  if (kind.obstacle !== undefined) return kind.obstacle(sut);
  return stackWords(command).some((word) => word.startsWith('--sut'))
    ? undefined
    : `the recorded command of the run does not select ${sut.name} (${sut.kind})`;
}

/** Leftovers of killed runs, of every kind. @param root the installation's folder */
export async function stackLeftovers(root: string): Promise<Leftover[]> {
  return (await Promise.all(STACK_KINDS.map(async (one) => (await one.leftovers?.(root)) ?? []))).flat();
}

/** Checks of this machine for each kind of stack. */
export async function stackChecks(): Promise<Check[]> {
  return (await Promise.all(STACK_KINDS.map(async (one) => (await one.doctor?.()) ?? []))).flat();
}
