import type { Command } from 'commander';
import { DEFAULT_RESULTS } from '../inputs/arguments.ts';

/** `show`: a scenario of the last run. */
export function addShow(program: Command): void {
  program
    .command('show')
    .summary('show what a scenario did in the last run: verdict, packets, ladder')
    .description(
      `Shows what became of a scenario in the last run, from its results and evidence: every expectation with its
verdict, the expected and the actual packet where they differ, and the ladder diagram. Runs nothing.`,
    )
    .argument('<id>', 'scenario by id; without the variant after #, every variant of it')
    .option('-r, --results <file>', `results of a run`, DEFAULT_RESULTS)
    .option('--svg <file>', 'write the ladder diagram there as SVG, too; wants one variant')
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance show 3.1-connection-initiation/responder-handshake/basic#ipv4
  mptcp-conformance show ID#ipv6 --svg ladder.svg
  mptcp-conformance show ID --results ci/results.json

Exit codes: 0 shown, 2 there are no such results or the scenario is not in them.`,
    )
    .action(async (id: string, options: { results: string; svg?: string }) => {
      const { show } = await import('./show.ts');
      show(id, options);
    });
}
