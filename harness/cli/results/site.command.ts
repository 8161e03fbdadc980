import type { Command } from 'commander';
import type { SiteOptions } from './site.ts';
import { DEFAULT_OUTPUT, DEFAULT_RESULTS } from '../inputs/arguments.ts';
import { DEFAULT_PROOF } from '../proof/prove.command.ts';

/** `site`: results as a static site. */
export function addSite(program: Command): void {
  program
    .command('site')
    .summary('make a static site from results')
    .description(
      `Makes a site from the results of one stack or of several: clauses down, stacks across, a page for each clause
with what each stack did, its ladder diagrams and captures, a page for each stack, what changed between two, badges.

It needs no server and nothing from elsewhere: open index.html, or publish the folder.`,
    )
    .argument('[file...]', `results.json of runs, or matrices (default: ${DEFAULT_RESULTS})`)
    .option('-o, --output <folder>', 'where the site goes; a site that is there is replaced', `${DEFAULT_OUTPUT}/site`)
    .option('--proof <file>', 'what "prove" found: a page of what catches each fault', DEFAULT_PROOF)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance site                                    of the last run
  mptcp-conformance site linux-*/results.json -o public     of several kernels
  mptcp-conformance site matrix.json -o public

Exit codes: 0 written, 2 a file cannot be used, or the folder holds something else; it is left alone then.`,
    )
    .action(async (files: string[], options: SiteOptions) => {
      const { site } = await import('./site.ts');
      site(files.length === 0 ? [DEFAULT_RESULTS] : files, options);
    });
}
