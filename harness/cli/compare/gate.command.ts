import { Option, type Command } from 'commander';
import type { GateOptions } from './gate.ts';
import { DEFAULT_RESULTS } from '../inputs/arguments.ts';

/** `gate`: compares a run with a baseline. */
export function addGate(program: Command): void {
  program
    .command('gate')
    .summary('say whether anything got worse than a baseline')
    .description(
      `Holds the results of a run against a baseline, scenario by scenario and clause by clause.

A baseline is a file of declared deviations, with the verdicts that --init or --update recorded beside it
(linux-6.18.yaml and linux-6.18.verdicts.json), or simply the results.json of an earlier run. What departs, is not
judged any more, or is not there any more is worse, unless it is declared. What got worse is run again alone, three
times: what does not show once is flaky, and is said but does not count.`,
    )
    .argument('[results]', 'results.json of the run', DEFAULT_RESULTS)
    .requiredOption('-b, --baseline <file>', 'what to compare with')
    .addOption(
      new Option('-l, --level <level>', 'from which level departures count')
        .choices(['must', 'should'])
        .default('must'),
    )
    .option('--no-rerun', 'do not run again what got worse')
    .option('--update', 'record what got better, and what is new; what got worse keeps its verdict', false)
    .option('--forget', 'with --update: drop what vanished', false)
    .option('--init', 'record a first baseline from the results, and compare nothing', false)
    .option('--markdown <file>', 'append a summary there: "$GITHUB_STEP_SUMMARY"')
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance gate --baseline reports/baselines/linux-6.18.yaml
  mptcp-conformance gate new/results.json --baseline old/results.json --level should
  mptcp-conformance gate --baseline my-stack.yaml --init          the first time
  mptcp-conformance gate --baseline my-stack.yaml --update        hold what got better

Exit codes: 0 nothing got worse, 1 something did, 2 a file cannot be used; nothing is written then.`,
    )
    .action(async (results: string, options: GateOptions) => {
      const { gate } = await import('./gate.ts');
      process.exitCode = await gate(results, options);
    });
}
