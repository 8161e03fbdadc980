import { Option, type Command } from 'commander';
import type { GateCommandOptions } from './gate.ts';
import { DEFAULT_RESULTS, withSuites } from '../inputs/arguments.ts';

/** `gate`: compares a run with a baseline. */
export function addGate(program: Command): void {
  withSuites(program.command('gate'))
    .summary('compare results with a baseline; fail if anything got worse')
    .description(
      `Compares the results of a run with a baseline, scenario by scenario and clause by clause.

A baseline is a file of declared deviations, with the verdicts that --init or --update recorded beside it
(linux-6.18.yaml and linux-6.18.verdicts.json), or the results.json of an earlier run. A scenario or clause that newly
fails, is no longer judged, or is missing counts as worse, unless it is declared. Regressions are repeated alone, three
times; those that do not recur are reported as flaky and do not count.`,
    )
    .argument('[results]', `results.json of the run (default: ${DEFAULT_RESULTS})`)
    .option('-b, --baseline <file>', 'the baseline: a deviations file, or an earlier results.json')
    .addOption(
      new Option('-l, --level <level>', 'lowest level at which failures count')
        .choices(['must', 'should'])
        .default('must'),
    )
    .option('--no-rerun', 'do not repeat regressions')
    .option('--update', 'record improvements and new scenarios; regressions keep their verdict', false)
    .option('--forget', 'with --update: drop missing scenarios', false)
    .option('--accept-new', 'declare the failures of new scenarios in the baseline, as findings to be explained', false)
    .option('--init', 'record a first baseline from the results, without comparing', false)
    .option('--markdown <file>', 'append a summary to FILE ("$GITHUB_STEP_SUMMARY"); - for standard output')
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance gate --baseline reports/baselines/linux-6.18.yaml
  mptcp-conformance gate new/results.json --baseline old/results.json --level should
  mptcp-conformance gate --baseline my-stack.yaml --init          the first time
  mptcp-conformance gate --baseline my-stack.yaml --update        record improvements
  mptcp-conformance gate --baseline my-stack.yaml --accept-new    after an upgrade of the suites

Exit codes: 0 nothing got worse, 1 something got worse, 2 a file cannot be used (nothing is written).`,
    )
    .action(async (results: string | undefined, options: GateCommandOptions) => {
      const { lastFile } = await import('../inputs/last-results.ts');
      const { gate } = await import('./gate.ts');
      process.exitCode = await gate(results ?? lastFile(), options);
    });
}
