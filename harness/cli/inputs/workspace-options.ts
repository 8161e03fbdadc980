/** Before a command: `--suites`, and the defaults of `mptcp-conformance.yaml`. */
import type { Command, Option } from 'commander';
import { DocumentError, suggestion } from '../../document/diagnostic.ts';
import type { YamlFile } from '../../document/yaml-file.ts';
import { useSuites, workspace } from './workspace.ts';

/**
 * Takes the folders of `--suites` into the workspace, and gives options that the command line does not have the values
 * of the file.
 *
 * @throws DocumentError, UsageError
 */
export function prepareWorkspace(command: Command): void {
  const { suites } = command.opts<{ suites?: string[] }>();
  useSuites(suites ?? []);
  const { source, defaults } = workspace();
  if (source === undefined) return;
  requireCommands(source, Object.keys(defaults), command);
  for (const [name, value] of Object.entries(defaults[command.name()] ?? {}))
    applyDefault(source, command, name, value);
}

function requireCommands(source: YamlFile, named: readonly string[], command: Command): void {
  const known = command.parent?.commands.map((one) => one.name()) ?? [];
  const unknown = named.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const message = `there is no command "${unknown}"${suggestion(unknown, known)}`;
  throw new DocumentError([source.diagnoseKey(['defaults'], unknown, 'UNKNOWN_KEY', message)]);
}

/** @throws DocumentError where the command has no such option, or the option does not take the value */
function applyDefault(source: YamlFile, command: Command, name: string, value: unknown): void {
  const at = ['defaults', command.name()];
  const option = command.options.find((one) => one.long === `--${name}` && name !== 'suites');
  if (option === undefined) {
    const known = command.options.flatMap(({ long }) => long?.slice(2) ?? []);
    const message = `"${command.name()}" has no option --${name}${suggestion(name, known)}`;
    throw new DocumentError([source.diagnoseKey(at, name, 'UNKNOWN_KEY', message)]);
  }
  const attribute = option.attributeName();
  const given = command.getOptionValueSource(attribute);
  if (given !== undefined && given !== 'default') return;
  try {
    command.setOptionValueWithSource(attribute, parsed(option, value), 'config');
  } catch (error) {
    throw new DocumentError([source.diagnose([...at, name], 'BAD_VALUE', `--${name}: ${(error as Error).message}`)]);
  }
}

/** The value as the option gives it from the command line. */
function parsed(option: Option, value: unknown): unknown {
  if (option.isBoolean()) {
    if (typeof value !== 'boolean') throw new Error('expected true or false');
    return value !== option.negate;
  }
  if (typeof value === 'boolean') throw new Error('expected a value');
  return [value].flat().reduce<unknown>((earlier, one) => {
    const word = String(one);
    return option.parseArg === undefined ? word : option.parseArg(word, earlier);
  }, undefined);
}
