import type { Command } from 'commander';
import { withSuites } from '../inputs/arguments.ts';
import type { MergeCommandOptions } from './merge.ts';

/** `merge`: several results files into one. */
export function addMerge(program: Command): void {
  withSuites(program.command('merge'))
    .summary('merge several results files')
    .description(
      `Merges results files.

Files of one stack are shards: they become the results of one run and must not overlap. Files of several
stacks (by name, driver and version) become a matrix, which "site" and "export" also read. Evidence
is not copied; the new file refers to it.`,
    )
    .argument('<file...>', 'results.json of runs, or matrices')
    .requiredOption('-o, --output <file>', 'the file to write; - for standard output')
    .option('--matrix', 'write a matrix even if all files are of one stack', false)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance merge shard-1/results.json shard-2/results.json -o all/results.json
  mptcp-conformance merge linux-6.1/results.json linux-6.12/results.json -o matrix.json

Exit codes: 0 written, 2 a file cannot be used (nothing is written).`,
    )
    .action(async (files: string[], options: MergeCommandOptions) => {
      const { merge } = await import('./merge.ts');
      merge(files, options);
    });
}
