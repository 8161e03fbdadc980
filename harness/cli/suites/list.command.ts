import type { Command } from 'commander';
import type { ListOptions } from './list.ts';
import type { Selection } from '../inputs/selection.ts';
import { toSelection, withSelection, type SelectionFlags } from '../inputs/arguments.ts';

/** `list`: the scenarios. */
export function addList(program: Command): void {
  withSelection(program.command('list').summary('list the scenarios and the clauses they judge'))
    .description(
      `Lists the scenarios by suite: name, title, the stack's role, the families, and the clauses judged.
Takes the same selectors as "run", so it shows what a run would run. Does not run anything.`,
    )
    .option('--json', 'print JSON, an object for each scenario', false)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance list                        all scenarios
  mptcp-conformance list --section 3.1          those of one section
  mptcp-conformance list --clause 3.1-20.8.s4   those that judge a clause
  mptcp-conformance list --json | jq -r '.[].variants[]'   the id of every variant

Exit codes: 0 listed, 2 nothing matches the selectors, or the suites have errors.`,
    )
    .action(async (ids: string[], options: SelectionFlags & Omit<ListOptions, keyof Selection>) => {
      const { listScenarios } = await import('./list.ts');
      listScenarios(toSelection(ids, options));
    });
}
