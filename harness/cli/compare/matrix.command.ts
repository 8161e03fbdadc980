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

/** What commander makes of the command line. */
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
    withStackOptions(
      withSelection(program.command('matrix').summary('judge several stacks, and say where they differ')),
    ),
  )
    .description(
      `Judges several stacks, one after the other or several at once, and puts their results into one file.

Each is a run of its own with its own results, evidence and log below the output folder. The clauses in which they
differ are printed; "site" makes pages of the matrix file. To share the work among machines, give each its own stacks
or a selection of scenarios, and put the results together with "merge".`,
    )
    .addOption(new Option('--sut <stacks>', 'the stacks: see "run --sut"').argParser(list).makeOptionMandatory())
    .addOption(
      new Option('--at-once <n>', 'stacks at once; a guest takes a processor and 0.5 GB, and scenarios wait')
        .argParser(positive)
        .default(1),
    )
    .option('-o, --output <folder>', 'where results and evidence go', 'reports/matrix')
    .addOption(new Option('-j, --concurrency <n>', 'scenarios at once in each run').argParser(positive))
    .option('--deviations <file>', 'declared deviations for all; "none" for none (default: each kernel\'s baseline)')
    .addOption(
      new Option('--keep-captures <which>', 'whose evidence to keep').choices(['all', 'failed']).default('failed'),
    )
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance matrix --sut kernel:6.1,kernel:6.12,kernel:6.18,kernel:7.3
  mptcp-conformance matrix --sut netns,kernel:./bzImage --section 3.2        this kernel, and the one just built
  mptcp-conformance site reports/matrix/matrix.json                          pages of it

Exit codes: the worst of the runs': 2 a run could not do its job, 1 an undeclared MUST is broken, 3 too little was judged,
0 all is well.`,
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
