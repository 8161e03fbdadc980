/** Words that can be completed, read from the program itself. Pure. */
import type { Argument, Command, Option } from 'commander';
import { LEVELS } from '../../verdict/level.ts';

/** Source of the words for a value. */
export type ValueKind =
  'scenarios' | 'sections' | 'clauses' | 'file' | 'folder' | { words: readonly string[] } | 'none';

/** An option as shells complete it. */
export interface CompletedOption {
  /** `-s`, `--section`. */
  flags: string[];
  description: string;
  /** Undefined for a switch. */
  value?: ValueKind;
}

/** A command as shells complete it. */
export interface CompletedCommand {
  name: string;
  description: string;
  options: CompletedOption[];
  /** Kind of its arguments. */
  argument: ValueKind;
}

const BY_NAME: Readonly<Record<string, ValueKind>> = {
  section: 'sections',
  sections: 'sections',
  clause: 'clauses',
  clauses: 'clauses',
  id: 'scenarios',
  ids: 'scenarios',
  file: 'file',
  folder: 'folder',
  level: { words: [...LEVELS] },
  levels: { words: [...LEVELS] },
  family: { words: ['ipv4', 'ipv6'] },
  families: { words: ['ipv4', 'ipv6'] },
};

/** Every command that the help shows, without `help` itself. */
export function completedCommands(program: Command): CompletedCommand[] {
  const help = program.createHelp();
  return help
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help')
    .map((command) => ({
      name: command.name(),
      description: command.summary() === '' ? command.description() : command.summary(),
      options: help.visibleOptions(command).map(completedOption),
      argument: kindOfArgument(command.registeredArguments[0]),
    }));
}

function completedOption(option: Option): CompletedOption {
  const flags = [option.short, option.long].filter((flag): flag is string => typeof flag === 'string');
  const base = { flags, description: option.description };
  if (!option.required && !option.optional) return base;
  const name = /[<[](\w+)/.exec(option.flags)?.[1] ?? '';
  return { ...base, value: kindOf(name, option.argChoices) };
}

function kindOfArgument(argument: Argument | undefined): ValueKind {
  return argument === undefined ? 'none' : kindOf(argument.name(), argument.argChoices);
}

function kindOf(name: string, choices: readonly string[] | undefined): ValueKind {
  return choices === undefined ? (BY_NAME[name] ?? 'none') : { words: choices };
}
