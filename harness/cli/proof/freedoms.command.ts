import { Option, type Command } from 'commander';
import { STACK_FORMS } from '../../topology/stacks/registry.ts';
import { list, positive, stackDetails, withStackOptions } from '../inputs/arguments.ts';

/** Options as commander parses them. */
interface FreedomsFlags {
  sut: string;
  output: string;
  mixtures: number;
  sample?: number;
  concurrency?: number;
  section?: string[];
  clause?: string[];
  family?: string[];
  scenario?: string[];
}

/** `freedoms`: what lawful choices of a stack change. */
export function addFreedoms(program: Command): void {
  withStackOptions(
    program
      .command('freedoms')
      .summary('run the suites under every choice that the RFC leaves open, and list the verdicts that change')
      .argument('[name...]', 'choices by name (default: all that have a kernel setting)')
      .option('--sut <stack>', `the stack: ${STACK_FORMS}`, 'netns'),
  )
    .description(
      `Runs the suites at default settings and then under each choice of suites/freedoms.yaml that can be made: by
kernel settings, routes, links, endpoints or the application.

The RFCs leave these choices to an implementation, so no verdict may get worse. Regressions are repeated alone and
count if they recur. The results of each run are below the output folder.

With --sut reference the choices are the freedoms of the reference stack ("mptcp-conformance reference" lists them),
alone and combined, with simulated links. No choice may give a fail, warn or inconclusive.`,
    )
    .option('-s, --section <sections>', 'only scenarios of these sections of RFC 8684', list)
    .option('-c, --clause <clauses>', 'only scenarios that judge these clauses', list)
    .option('-f, --family <families>', 'only these: ipv4, ipv6', list)
    .option('--scenario <ids>', 'only these scenarios', list)
    .addOption(new Option('-j, --concurrency <n>', 'scenarios at once').argParser(positive))
    .addOption(
      new Option('--mixtures <n>', 'with --sut reference: also N combinations of two to six choices')
        .argParser(positive)
        .default(0, 'none'),
    )
    .addOption(
      new Option('--sample <n>', 'with --sut reference: only N of the choices, at random by --seed').argParser(
        positive,
      ),
    )
    .option('-o, --output <folder>', 'folder for results', 'reports/freedoms')
    .option('--list', 'list the choices, with paragraphs and settings, without a run', false)
    .option('--json', 'with --list: print JSON', false)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance freedoms --list                          the choices
  mptcp-conformance freedoms checksum no-sack --section 3.3  two of them, on a part of the suites
  mptcp-conformance freedoms --sut kernel:6.12               all, on another kernel
  mptcp-conformance freedoms --sut reference --mixtures 50   of the reference stack, alone and combined
  mptcp-conformance freedoms --sut reference --sample 5 --mixtures 3 --seed $(date +%F)   others every day

Exit codes:
  0  no verdict gets worse
  1  a verdict gets worse, or the reference stack does not pass
  2  a run failed`,
    )
    .action(async (names: string[], flags: FreedomsFlags & { list: boolean; json: boolean }) => {
      const details = stackDetails({ ...flags });
      const { freedoms } = await import('./freedoms.ts');
      process.exitCode = await freedoms(names, {
        stack: flags.sut,
        stackWords: Object.entries(details).flatMap(([name, value = '']) => [`--${name}`, value]),
        passOn: passedOn({ ...flags }),
        output: flags.output,
        list: flags.list,
        json: flags.json,
        inMemory: {
          details,
          mixtures: flags.mixtures,
          ...(flags.sample === undefined ? {} : { sample: flags.sample }),
          ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
          selection: {
            ids: flags.scenario ?? [],
            sections: flags.section ?? [],
            clauses: flags.clause ?? [],
            families: flags.family ?? [],
          },
        },
      });
    });
}

/** The selection again, as words for `run`. */
function passedOn(flags: Readonly<Record<string, unknown>>): string[] {
  return ['section', 'clause', 'family', 'scenario', 'concurrency'].flatMap((name) => {
    const value = flags[name];
    if (Array.isArray(value)) return [`--${name}`, value.join(',')];
    return typeof value === 'number' ? [`--${name}`, String(value)] : [];
  });
}
