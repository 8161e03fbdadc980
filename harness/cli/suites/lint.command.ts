import type { Command } from 'commander';

/** `lint`: everything that people write, checked. */
export function addLint(program: Command): void {
  program
    .command('lint')
    .summary('check suites, topologies, clauses and deviations files')
    .description(
      `Checks what people write: suites, sequences, topologies, the catalogue of clauses, deviations files. Says every
problem with its place and a remedy. Goes further than the JSON Schemas do: names must exist, and what judges must
name a clause that can be judged. Without files: everything that is installed.`,
    )
    .argument('[file...]', 'files to check; their kind is told by what is in them')
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance lint
  mptcp-conformance lint suites/rfc8684/3.1-connection-initiation/*.suite.yaml
  mptcp-conformance lint my-stack.deviations.yaml

Exit codes: 0 nothing to complain about, 2 problems.`,
    )
    .action(async (files: string[]) => {
      const { lint } = await import('./lint.ts');
      process.exitCode = lint(files);
    });
}
