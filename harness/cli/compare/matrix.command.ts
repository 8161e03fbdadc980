import type { Sysctl } from '../../verdict/stack-info.ts';
import { sysctlArguments } from '../inputs/sysctl-option.ts';
import { Option, type Command } from 'commander';
import {
  list,
  positive,
  stackDetails,
  withSelection,
  withStackOptions,
  withSysctl,
  type SelectionFlags,
} from '../inputs/arguments.ts';

/** Options as commander parses them. */
interface MatrixFlags extends SelectionFlags {
  sut: string[];
  atOnce: number;
  output: string;
  concurrency?: number;
  deviations?: string;
  keepCaptures: string;
  sysctl?: Sysctl[];
}

/** `matrix`: several stacks. */
export function addMatrix(program: Command): void {
  withSysctl(
    withStackOptions(withSelection(program.command('matrix').summary('test several stacks and list the differences'))),
  )
    .description(
      `Tests several stacks, one after the other or several at once, and writes their results to one file.

Each stack has a separate run with its own results, evidence and log below the output folder. The clauses that
differ are printed; "site" makes pages from the matrix file. To split the work among machines, give each its own stacks
or a selection of scenarios, and combine the results with "merge".`,
    )
    .addOption(new Option('--sut <stacks>', 'the stacks: see "run --sut"').argParser(list).makeOptionMandatory())
    .addOption(
      new Option('--at-once <n>', 'stacks at once; a guest needs one CPU and 0.5 GB').argParser(positive).default(1),
    )
    .option('-o, --output <folder>', 'folder for results and evidence', 'reports/matrix')
    .addOption(new Option('-j, --concurrency <n>', 'scenarios at once in each run').argParser(positive))
    .option('--deviations <file>', 'declared deviations for all; "none" for none (default: each kernel\'s baseline)')
    .addOption(
      new Option('--keep-captures <which>', 'scenarios whose captures are kept')
        .choices(['all', 'failed'])
        .default('failed'),
    )
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance matrix --sut kernel:6.1,kernel:6.12,kernel:6.18,kernel:7.3
  mptcp-conformance matrix --sut netns,kernel:./bzImage --section 3.2        this kernel, and the one just built
  mptcp-conformance site reports/matrix/matrix.json                          pages of it

Exit codes, the worst of all runs: 2 a run failed, 1 an undeclared MUST is broken, 3 too much was inconclusive,
0 none of these.`,
    )
    .action(async (ids: string[], flags: MatrixFlags) => {
      const { matrix } = await import('./matrix.ts');
      process.exitCode = await matrix({
        sut: flags.sut,
        atOnce: flags.atOnce,
        output: flags.output,
        passOn: passedOn(ids, flags),
        stack: stackDetails({ ...flags }),
      });
    });
}

/** The options again, as words for `run`. */
function passedOn(ids: readonly string[], flags: MatrixFlags): string[] {
  const lists = (['scenario', 'section', 'clause', 'level', 'family'] as const).flatMap((name) => {
    const words = flags[name];
    return words === undefined || words.length === 0 ? [] : [`--${name}`, words.join(',')];
  });
  return [
    ...lists,
    ...sysctlArguments(flags.sysctl ?? []),
    '--keep-captures',
    flags.keepCaptures,
    ...(flags.concurrency === undefined ? [] : ['--concurrency', String(flags.concurrency)]),
    ...(flags.deviations === undefined ? [] : ['--deviations', flags.deviations]),
    ...(ids.length === 0 ? [] : ['--', ...ids]),
  ];
}
