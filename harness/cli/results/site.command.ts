import type { Command } from 'commander';
import type { SiteOptions } from './site.ts';
import { DEFAULT_OUTPUT, DEFAULT_RESULTS, withSuites } from '../inputs/arguments.ts';
import { DEFAULT_PROOF } from '../proof/prove.command.ts';

/** `site`: results as a static site. */
export function addSite(program: Command): void {
  withSuites(program.command('site'))
    .summary('make a static site from results')
    .description(
      `Makes a site from the results of one or more stacks: clauses in rows, stacks in columns, a page for each clause
with the behaviour of each stack, ladder diagrams and captures, a page for each stack, changes between two, badges.

It needs no server and no external files: open index.html, or publish the folder.`,
    )
    .argument('[file...]', `results.json of runs, or matrices (default: ${DEFAULT_RESULTS})`)
    .option('-o, --output <folder>', 'the folder of the site; an existing site is replaced', `${DEFAULT_OUTPUT}/site`)
    .option('--proof <file>', 'the file of "prove": adds a page with what catches each fault', DEFAULT_PROOF)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance site                                    for the last run
  mptcp-conformance site linux-*/results.json -o public     for several kernels
  mptcp-conformance site matrix.json -o public

Exit codes: 0 written, 2 a file cannot be used, or the folder has other content (it is not changed).`,
    )
    .action(async (files: string[], options: SiteOptions) => {
      const { site } = await import('./site.ts');
      const { lastFile } = await import('../inputs/last-results.ts');
      site(files.length === 0 ? [lastFile()] : files, options);
    });
}
