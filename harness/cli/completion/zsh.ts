/** Completion for zsh. Pure. */
import type { CompletedCommand, CompletedOption, ValueKind } from './model.ts';

/** The script. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `#compdef mptcp-conformance
# zsh completion for mptcp-conformance
_mptcp_conformance_words() {
  local -a words_found
  # _arguments puts its own options for compadd before our word.
  words_found=("\${(@f)$("\${words_program}" complete "\${@[-1]}" 2>/dev/null)}")
  compadd "\${@[1,-2]}" -a words_found
}
_mptcp_conformance() {
  local words_program=$words[1] curcontext=$curcontext state line
  local -a commands_known
  commands_known=(
    'help:explain a command'
${commands.map(({ name, description }) => `    '${escape(name)}:${escape(description)}'`).join('\n')}
  )
  _arguments -C '(- *)--help[explain]' '(- *)--version[print the version]' '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands_known ;;
    rest)
      case $words[1] in
        help) _describe command commands_known ;;
${commands.map(commandCase).join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = "_mptcp-conformance" ]; then
  _mptcp_conformance "$@"
else
  compdef _mptcp_conformance mptcp-conformance
fi
`;
}

function commandCase({ name, options, argument }: CompletedCommand): string {
  const parts = [...options.flatMap(optionSpecs), ...(argument === 'none' ? [] : [`'*: :${action(argument)}'`])];
  return `        ${name}) _arguments -s ${parts.join(' ')} ;;`;
}

function optionSpecs({ flags, description, value }: CompletedOption): string[] {
  const tail = `[${escape(description).replaceAll(/[[\]]/g, '\\$&')}]${value === undefined ? '' : `: :${action(value)}`}`;
  return flags.map((flag) => `'${flag}${tail}'`);
}

function action(kind: ValueKind): string {
  if (kind === 'none') return ' ';
  if (kind === 'file') return '_files';
  if (kind === 'folder') return '_files -/';
  return typeof kind === 'object' ? `(${kind.words.join(' ')})` : `_mptcp_conformance_words ${kind}`;
}

/** For a single-quoted word in which a colon separates. */
function escape(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(':', '\\:');
}
