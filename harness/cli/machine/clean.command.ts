import type { Command } from 'commander';
import { DEFAULT_OUTPUT } from '../inputs/arguments.ts';

/** `clean`: takes away what killed runs left. */
export function addClean(program: Command): void {
  program
    .command('clean')
    .summary('remove what killed runs left')
    .description(
      `Removes what killed runs left: processes and containers whose run has ended, unfinished files, and
container images of earlier agents. Namespaces and devices need no cleaning: they have no names and end with their processes. Active runs, results and evidence stay.`,
    )
    .option('-n, --dry-run', 'only print what would be removed', false)
    .option('-o, --output <folder>', 'the output folder to search', DEFAULT_OUTPUT)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance clean --dry-run
  mptcp-conformance clean

Exit codes: 0 everything was removed, 2 something could not be removed.`,
    )
    .action(async (options: { dryRun: boolean; output: string }) => {
      const { clean } = await import('./clean.ts');
      process.exitCode = await clean(options);
    });
}
