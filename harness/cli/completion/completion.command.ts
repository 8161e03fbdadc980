import { Argument, type Command } from 'commander';
import { printWords, WORD_KINDS, type WordKind } from './completion-words.ts';

/** `completion`: scripts for shells, and the ids that these ask for. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print a completion script for bash, zsh or fish')
    .description(
      'Prints a completion script for a shell: commands, options, and the ids of scenarios, sections and clauses.',
    )
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
It completes the command "mptcp-conformance" if that is on the PATH (npm install -g, npm link).

  bash   mptcp-conformance completion bash > ~/.local/share/bash-completion/completions/mptcp-conformance
  zsh    mptcp-conformance completion zsh > "\${fpath[1]}/_mptcp-conformance"
  fish   mptcp-conformance completion fish > ~/.config/fish/completions/mptcp-conformance.fish`,
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completionScript } = await import('./completion.ts');
      process.stdout.write(completionScript(program, shell));
    });
  program
    .command('complete', { hidden: true })
    .description('print words for a completion script, one per line')
    .addArgument(new Argument('<kind>').choices(WORD_KINDS))
    .action((kind: WordKind) => printWords(kind));
}
