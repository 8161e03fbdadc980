import type { Command } from 'commander';
import { DEFAULT_RESULTS } from '../inputs/arguments.ts';

/** `explain`: one clause. */
export function addExplain(program: Command): void {
  program
    .command('explain')
    .summary('explain a clause: what it asks, what judges it, what the last run found')
    .description(
      `Explains a clause of RFC 8684 in our own words: what it asks of whom, what would be seen if it were broken, which
clauses belong to it, what judges it, and what the last run found, with the packets and where the capture is.`,
    )
    .argument('<clause>', 'clause id: paragraph anchor and sentence, as in 3.1-20.8.s4')
    .option('-r, --results <file>', `results of a run (default: ${DEFAULT_RESULTS}, where it exists)`)
    .addHelpText(
      'after',
      `
A clause id is the anchor of a paragraph on the RFC editor's page and the sentence in it: 3.1-20.8.s4 is sentence 4 of
#section-3.1-20.8; a part like .1 follows where a sentence asks for several things.

Examples:
  mptcp-conformance explain 3.1-20.8.s4
  mptcp-conformance explain 3.2-14.s2 --results ci/results.json

Exit codes: 0 explained, 2 there is no such clause, or the results cannot be read.`,
    )
    .action(async (id: string, options: { results?: string }) => {
      const { explain } = await import('./explain.ts');
      explain(id, options);
    });
}
