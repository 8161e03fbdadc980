import { Option, type Command } from 'commander';
import type { MutantOptions } from './mutants.ts';
import type { Selection } from '../inputs/selection.ts';
import { DEFAULT_CONCURRENCY, positive, toSelection, withSelection, type SelectionFlags } from '../inputs/arguments.ts';

/** `mutants`: proves that expectations can fail. */
export function addMutants(program: Command, argv: readonly string[]): void {
  withSelection(program.command('mutants').summary('mutation test: check that every expectation can fail'))
    .description(
      `Checks that every expectation can fail: alters the stack's packets before they are matched (a wrong
field, a missing option, a missing packet) and checks that the verdict changes. For authors of suites.`,
    )
    .addOption(new Option('-j, --concurrency <n>', 'runs at once').argParser(positive).default(DEFAULT_CONCURRENCY))
    .option('--every-variant', 'every variant of a scenario, not only its first', false)
    .option('--breaks', 'only the plausible breaks of whole clauses (breaks.yaml beside the suites)', false)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance mutants                     every expectation of every scenario, over IPv4
  mptcp-conformance mutants --section 3.1       those of one section
  mptcp-conformance mutants --breaks            break each MUST; some scenario must fail under that clause

Exit codes: 0 every alteration was detected, 1 one was not, 2 the harness failed.`,
    )
    .action(async (ids: string[], options: SelectionFlags & Omit<MutantOptions, keyof Selection>) => {
      const { mutants } = await import('./mutants.ts');
      process.exitCode = await mutants(toSelection(ids, options), argv);
    });
}
