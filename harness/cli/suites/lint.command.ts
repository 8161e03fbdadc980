import type { Command } from 'commander';
import { withSuites } from '../inputs/arguments.ts';

/** `lint`: everything that people write, checked. */
export function addLint(program: Command): void {
  withSuites(program.command('lint'))
    .summary('check suites, topologies, clauses and deviations files')
    .description(
      `Checks input files: suites, sequences, topologies, the catalogue of clauses, deviations files. Reports every
problem with its position and a remedy. Checks more than the JSON Schemas: names must exist, and steps that judge must
name a clause that can be judged. Without files it checks everything that is installed.`,
    )
    .argument('[file...]', 'files to check; their kind is detected from their content')
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance lint
  mptcp-conformance lint suites/rfc8684/3.1-connection-initiation/*.suite.yaml
  mptcp-conformance lint my-stack.deviations.yaml

Exit codes: 0 no problems, 2 problems.`,
    )
    .action(async (files: string[]) => {
      const { lint } = await import('./lint.ts');
      process.exitCode = lint(files);
    });
}
