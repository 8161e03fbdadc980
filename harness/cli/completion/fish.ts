/** Completion for fish. Pure. */
import type { CompletedCommand, CompletedOption, ValueKind } from './model.ts';

/** The script. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) => {
    const here = `-n ${quote(`__fish_seen_subcommand_from ${command.name}`)}`;
    return [
      `complete -c mptcp-conformance -n __fish_use_subcommand -a ${command.name} -d ${quote(command.description)}`,
      ...(command.argument === 'none' ? [] : [`complete -c mptcp-conformance ${here} ${source(command.argument)}`]),
      ...command.options.map((option) => `complete -c mptcp-conformance ${here} ${optionFlags(option)}`),
    ];
  });
  return `# fish completion for mptcp-conformance
complete -c mptcp-conformance -f
complete -c mptcp-conformance -n __fish_use_subcommand -l help -d 'explain'
complete -c mptcp-conformance -n __fish_use_subcommand -l version -d 'print the version'
${lines.join('\n')}
`;
}

function optionFlags({ flags, description, value }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...names, ...(value === undefined ? [] : [`-r ${source(value)}`]), `-d ${quote(description)}`].join(' ');
}

function source(kind: ValueKind): string {
  if (kind === 'none') return '-f';
  if (kind === 'file') return '-F';
  if (kind === 'folder') return `-f -a ${quote('(__fish_complete_directories)')}`;
  return typeof kind === 'object'
    ? `-f -a ${quote(kind.words.join(' '))}`
    : `-f -a ${quote(`(mptcp-conformance complete ${kind} 2>/dev/null)`)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
