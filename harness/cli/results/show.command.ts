import type { Command } from 'commander';
import type { ShowOptions } from './show.ts';
import { LAST_RUNS } from '../inputs/arguments.ts';

/** `show`: a scenario of the last run. */
export function addShow(program: Command): void {
  program
    .command('show')
    .summary('print a scenario of the last run: verdict, packets, ladder')
    .description(
      `Prints a scenario of the last run from its results and evidence: every expectation with its
verdict, the expected and the actual packet if they differ, and the ladder diagram. Does not run it.`,
    )
    .argument('<id>', 'scenario by id; without the variant after #, all variants')
    .option('-r, --results <file>', `results of a run (default: the newest of ${LAST_RUNS} with the scenario)`)
    .option(
      '--svg <file>',
      'also write the ladder diagram to FILE as SVG (- for standard output, and nothing else); needs one variant',
    )
    .option(
      '--wireshark',
      'open the capture in Wireshark, with a comment on each judged packet; needs one variant',
      false,
    )
    .option('--pcapng <file>', 'write that capture to FILE; - for standard output, and nothing else')
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance show 3.1-connection-initiation/responder-handshake/mp-capable-fields#ipv4
  mptcp-conformance show ID#ipv6 --svg ladder.svg
  mptcp-conformance show ID#ipv4 --wireshark
  mptcp-conformance show ID --results ci/results.json

Exit codes: 0 printed, 2 the results or the scenario do not exist.`,
    )
    .action(async (id: string, options: ShowOptions) => {
      const { show } = await import('./show.ts');
      await show(id, options);
    });
}
