import type { Command } from 'commander';
import { LAST_RUNS, withSuites } from '../inputs/arguments.ts';

/** `explain`: one clause. */
export function addExplain(program: Command): void {
  withSuites(program.command('explain'))
    .summary('explain a clause: what it requires, what judges it, what the last run found')
    .description(
      `Explains a clause of RFC 8684 in our own words: what it requires of which role, how a breach shows, which
clauses are related, what judges it, and what the last run found, with the packets and the path of the capture.`,
    )
    .argument('<clause>', 'clause id: paragraph anchor and sentence, as in 3.1-20.8.s4')
    .option('-r, --results <file>', `results of a run (default: the newest of ${LAST_RUNS})`)
    .addHelpText(
      'after',
      `
A clause id is the anchor of a paragraph on the RFC editor's page and the sentence in it: 3.1-20.8.s4 is sentence 4 of
#section-3.1-20.8; a part such as .1 follows if a sentence has several requirements.

Examples:
  mptcp-conformance explain 3.1-20.8.s4
  mptcp-conformance explain 3.2-14.s2 --results ci/results.json

Exit codes: 0 explained, 2 the clause does not exist, or the results cannot be read.`,
    )
    .action(async (id: string, options: { results?: string }) => {
      const { explain } = await import('./explain.ts');
      explain(id, options);
    });
}
