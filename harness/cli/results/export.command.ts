import { Option, type Command } from 'commander';
import type { ExportCommandOptions } from './export.ts';
import { EXPORT_FORMATS } from '../../report/export/formats.ts';
import { DEFAULT_RESULTS } from '../inputs/arguments.ts';

/** `export`: results in formats of other tools. */
export function addExport(program: Command): void {
  program
    .command('export')
    .summary('write results as JUnit XML, TAP, KTAP, KCIDB or annotations')
    .description(
      `Writes the results of a run, or of a matrix, in a format that other tools read.

${formatList()}

A broken SHOULD fails only with --level should. A declared deviation is skipped (junit), a TODO (tap), an expected failure
(ktap), or a FAIL with its reason (kcidb); an inconclusive scenario is skipped (kcidb: ERROR).`,
    )
    .argument('[results]', `results.json of a run, or a matrix (default: ${DEFAULT_RESULTS})`)
    .addOption(
      new Option('-f, --format <format>', 'the format').choices(Object.keys(EXPORT_FORMATS)).makeOptionMandatory(),
    )
    .option('-o, --output <file>', 'the file to write (default: standard output)')
    .addOption(
      new Option('-l, --level <level>', 'lowest level whose failures count')
        .choices(['must', 'should'])
        .default('must'),
    )
    .option('--origin <name>', 'kcidb: the CI system that submits', 'mptcp_conformance')
    .option('--build <id>', 'kcidb: an existing build of KernelCI (default: a new one)')
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance export --format junit -o junit.xml
  mptcp-conformance export --format github       in a step of a workflow
  mptcp-conformance export matrix.json --format ktap
  mptcp-conformance export --format kcidb --origin mylab --build maestro:0123456789ab

Exit codes: 0 written, 2 a file cannot be used (nothing is written).`,
    )
    .action(async (results: string | undefined, options: ExportCommandOptions) => {
      const { lastFile } = await import('../inputs/last-results.ts');
      const { exportResults } = await import('./export.ts');
      exportResults(results ?? lastFile(), options);
    });
}

function formatList(): string {
  return Object.entries(EXPORT_FORMATS)
    .map(([format, what]) => `  ${format.padEnd(6)}  ${what}`)
    .join('\n');
}
