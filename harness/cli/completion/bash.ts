/** Completion for bash. Pure. */
import type { CompletedCommand, ValueKind } from './model.ts';

/** The script. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  return `# bash completion for mptcp-conformance
_mptcp_conformance() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    [[ \${COMP_WORDS[index]} == -* ]] || { command=\${COMP_WORDS[index]}; break; }
  done
  if [[ -z $command ]]; then
    COMPREPLY=($(compgen -W '${['help', ...commands.map(({ name }) => name)].join(' ')} --help --version' -- "$current"))
    return
  fi
  case "$command $previous" in
${commands.flatMap(optionCases).join('\n')}
  esac
  case $command in
    help) COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$current")) ;;
${commands.map(commandCase).join('\n')}
  esac
}
complete -F _mptcp_conformance mptcp-conformance
`;
}

function optionCases({ name, options }: CompletedCommand): string[] {
  return options.flatMap(({ flags, value }) =>
    value === undefined
      ? []
      : [`    ${flags.map((flag) => `'${name} ${flag}'`).join('|')}) ${reply(value)}; return ;;`],
  );
}

function commandCase({ name, options, argument }: CompletedCommand): string {
  const flags = options.flatMap((option) => option.flags).join(' ');
  return `    ${name}) if [[ $current == -* ]]; then ${reply({ words: flags.split(' ') })}; else ${reply(argument)}; fi ;;`;
}

function reply(kind: ValueKind): string {
  const compgen = (what: string): string => `COMPREPLY=($(compgen ${what} -- "$current"))`;
  if (kind === 'none') return 'COMPREPLY=()';
  if (kind === 'file') return compgen('-f');
  if (kind === 'folder') return compgen('-d');
  if (typeof kind === 'object') return compgen(`-W '${kind.words.join(' ')}'`);
  return compgen(`-W "$("\${COMP_WORDS[0]}" complete ${kind} 2>/dev/null)"`);
}
