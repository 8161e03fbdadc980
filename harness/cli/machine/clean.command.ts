import type { Command } from 'commander';
import { DEFAULT_OUTPUT } from '../inputs/arguments.ts';

/** `clean`: takes away what killed runs left. */
export function addClean(program: Command): void {
  program
    .command('clean')
    .summary('take away what killed runs left behind')
    .description(
      `Takes away what killed runs left behind: processes and containers whose run is gone, unfinished files, and
container images of agents that have changed since. Namespaces and devices need no cleaning: they have no names and go with the processes. Runs under way, results and evidence stay.`,
    )
    .option('-n, --dry-run', 'only say what would be done', false)
    .option('-o, --output <folder>', 'the output folder to look into', DEFAULT_OUTPUT)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance clean --dry-run
  mptcp-conformance clean

Exit codes: 0 clean now (or nothing was left), 2 something could not be taken away.`,
    )
    .action(async (options: { dryRun: boolean; output: string }) => {
      const { clean } = await import('./clean.ts');
      process.exitCode = await clean(options);
    });
}
