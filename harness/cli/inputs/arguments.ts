/** Options and value parsers that several commands share. */
import { InvalidArgumentError, type Command } from 'commander';
import type { StackDetails } from '../../topology/contract.ts';
import type { Sysctl } from '../../verdict/stack-info.ts';
import { STACK_OPTIONS } from '../../topology/stacks/registry.ts';
import type { Shard } from '../../report/results.ts';
import { parseSysctl } from './sysctl-option.ts';
import type { Selection } from './selection.ts';

/** Scenarios at once unless told: most of a scenario is waiting for the kernel. */
export const DEFAULT_CONCURRENCY = 48;

/** Default folder of results, relative to the working directory. */
export const DEFAULT_OUTPUT = 'reports/latest';

/** Default folder of results of a selection: beside those of the last complete run. */
export const SELECTION_OUTPUT = 'reports/again';

/** Both, in words for help texts. */
export const LAST_RUNS = `${DEFAULT_OUTPUT} and ${SELECTION_OUTPUT}`;

/** The results file that commands read by default. */
export const DEFAULT_RESULTS = `${DEFAULT_OUTPUT}/results.json`;

/** Parses a list with commas; the option may be given several times. */
export function list(value: string, earlier: string[] = []): string[] {
  const words = value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  if (words.length === 0) throw new InvalidArgumentError('It is empty; omit the option to select everything.');
  return [...earlier, ...words];
}

/** Parses a whole number from 1. */
export function positive(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('Expected a whole number from 1.');
  return number;
}

/** Parses `2/4`. */
export function shard(value: string): Shard {
  const [, index = 0, of = 0] = (/^([1-9]\d*)\/([1-9]\d*)$/.exec(value) ?? []).map(Number);
  if (index === 0 || index > of) throw new InvalidArgumentError('Expected INDEX/COUNT, such as 1/4.');
  return { index, of };
}

/** Adds `--suites`; the program acts on it before the command does. */
export function withSuites(command: Command): Command {
  return command.option(
    '--suites <folder>',
    'also the suites in FOLDER; repeatable (see "init --help")',
    (word: string, earlier?: string[]) => [...(earlier ?? []), word],
  );
}

/** Adds the argument and options by which scenarios are chosen. */
export function withSelection(command: Command): Command {
  return withSuites(command)
    .argument('[id...]', 'scenarios or suites, by id (with or without the variant after #)')
    .option('-s, --section <sections>', 'sections of RFC 8684, with their subsections: 3.1,3.3', list)
    .option('-c, --clause <clauses>', 'scenarios that judge these clauses: 3.1-20.8.s4', list)
    .option('--scenario <ids>', 'scenarios by id, as the argument', list)
    .option(
      '-l, --level <levels>',
      'scenarios that judge a clause of this level: must, stated, should, advice, may',
      list,
    )
    .option('-f, --family <families>', 'ipv4, ipv6', list)
    .option('-x, --exclude <ids>', 'leave out scenarios, suites or sections', list);
}

/** Options added by {@link withSelection}, as commander parses them. */
export interface SelectionFlags {
  section?: string[];
  clause?: string[];
  scenario?: string[];
  level?: string[];
  family?: string[];
  exclude?: string[];
}

/** Puts what the command line says of a selection into one object, beside the command's other options. */
export function toSelection<T>(
  ids: readonly string[],
  raw: SelectionFlags & T,
): Required<Omit<Selection, 'among' | 'shard'>> & T {
  const { section, clause, scenario, level, family, exclude, ...rest } = raw;
  return {
    ...(rest as unknown as T),
    ids: [...ids, ...(scenario ?? [])],
    sections: section ?? [],
    clauses: clause ?? [],
    levels: level ?? [],
    families: family ?? [],
    excluded: exclude ?? [],
  };
}

/** Adds the options that say more about a stack, those of every kind. */
export function withStackOptions(command: Command): Command {
  for (const { name, value, help, goesWith } of STACK_OPTIONS)
    command.option(`--${name} ${value}`, `with ${goesWith}: ${help}`);
  return command;
}

/** Adds `--freedom`. */
export function withFreedom(command: Command): Command {
  return command.option(
    '--freedom <name>',
    'a lawful choice of suites/freedoms.yaml for every host of the stack; "freedoms --list" has them; may be repeated',
    (word: string, earlier?: string[]) => [...(earlier ?? []), word],
  );
}

/** Adds `--sysctl`. */
export function withSysctl(command: Command): Command {
  return command.option(
    '--sysctl <name=value>',
    'a sysctl for every namespace of the stack, such as net.mptcp.checksum_enabled=1; repeatable',
    (word: string, earlier?: Sysctl[]) => parseSysctl(word, earlier),
  );
}

/** The options that {@link withStackOptions} added, without the command's other options. */
export function stackDetails(options: Readonly<Record<string, unknown>>): StackDetails {
  const given = STACK_OPTIONS.flatMap(({ name }) => {
    // Commander's keys are in camel case.
    const value = options[name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return Object.fromEntries(given) as StackDetails;
}
