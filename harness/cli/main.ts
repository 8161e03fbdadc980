/** The command line: one file per command, this one only says what there is. */
import { Command, Option, InvalidArgumentError } from 'commander';
import { check, linkTypeNames, type CheckOptions } from './check.ts';
import { mutants } from './mutants.ts';
import { projectVersion } from './project.ts';
import { DEFAULT_CONCURRENCY, run, type RunOptions } from './run.ts';
import { UsageError } from './selection.ts';
import { vitest } from './vitest-command.ts';

/** Errors that explain themselves: a stack would only hide what they say. */
const SELF_EXPLAINING = new Set([
  'UsageError', 'DocumentError', 'CatalogueError', 'TopologyError', 'TopologyFileError', 'WireError', 'AgentLost', 'AgentBuildError', 'DeviationsFileError',
  'ResultsFileError', 'AllureReportError', 'CaptureError',
]);

function list(value: string, earlier: string[] = []): string[] {
  return [...earlier, ...value.split(',').map((one) => one.trim()).filter((one) => one !== '')];
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return number;
}

/** Adds the options by which scenarios are chosen. */
function withSelection(command: Command): Command {
  return command
    .argument('[id...]', 'scenarios or suites, by id (with or without the variant after #)')
    .option('-s, --section <list>', 'sections of RFC 8684, with their subsections: 3.1,3.3', list)
    .option('-c, --clause <list>', 'scenarios that judge these clauses: 3.1-20.8.s4', list)
    .option('--scenario <list>', 'scenarios by id, as the argument', list)
    .option('-l, --level <list>', 'scenarios that judge a clause of this level: must, should, may, implied', list)
    .option('-f, --family <list>', 'ipv4, ipv6', list);
}

/** Builds the command line. */
export function buildProgram(argv: readonly string[]): Command {
  const program = new Command('mptcp-conformance')
    .description('Says, clause by clause, where a Multipath TCP stack departs from RFC 8684.')
    .version(projectVersion())
    .showHelpAfterError('(--help explains)')
    .enablePositionalOptions()
    .addHelpText('after', `
Examples:
  mptcp-conformance run                                  judge this machine's kernel by everything there is
  mptcp-conformance run --section 3.1 --family ipv6      one section, one family
  mptcp-conformance run --clause 3.1-20.8.s4             what judges one clause
  mptcp-conformance run ID --ladder                      one scenario and its packets

Exit codes: 0 no undeclared MUST is broken, 1 one is, 2 the harness could not do its job.`);
  withSelection(program.command('run').description('judge the running kernel in network namespaces'))
    .addOption(new Option('-j, --concurrency <n>', 'scenarios at once').argParser(positive).default(DEFAULT_CONCURRENCY))
    .option('--json <file>', 'write the results there too')
    .addOption(new Option('--keep-captures <which>', 'whose evidence to keep').choices(['all', 'failed']).default('all'))
    .option('-o, --output <folder>', 'where results and evidence go', 'reports/latest')
    .option('--deviations <file>', 'declared deviations; "none" for none (default: the baseline of this kernel)')
    .option('--allure', 'make the Allure report too', false)
    .option('--ladder', 'print the ladder diagram of every scenario', false)
    .option('--info', 'say what each MAY turned out to be', false)
    .action(async (ids: string[], options: Record<string, unknown>) => {
      process.exitCode = await run(toRunOptions(ids, options), argv);
    });
  withSelection(program.command('mutants').description('show that every expectation can fail: alter what the stack sends, see whether it is noticed'))
    .addOption(new Option('-j, --concurrency <n>', 'runs at once').argParser(positive).default(2 * DEFAULT_CONCURRENCY))
    .action(async (ids: string[], options: Record<string, unknown>) => {
      process.exitCode = await mutants(toRunOptions(ids, options), argv);
    });
  addCheck(program);
  program.command('vitest').description('run Vitest itself on the suites: list, watch, --shard, -t, its reporters')
    .argument('[args...]', 'arguments of Vitest, such as: run --shard 1/2')
    .allowUnknownOption().passThroughOptions().helpOption(false)
    .action(async (args: string[]) => {
      process.exitCode = await vitest(args, argv);
    });
  return program;
}

function addCheck(program: Command): void {
  program.command('check').description('judge the packets of captures by the clauses that hold for every packet')
    .argument('<file...>', 'pcap or pcapng, gzipped or not; - for standard input')
    .addOption(new Option('--connection <n>', 'only this connection, by its number in the list').argParser(positive))
    .option('--json <file>', 'write what was found there; - for standard output')
    .option('--html <file>', 'write a page with ladder diagrams there; - for standard output')
    .option('--complete', 'the captures were made at one end, of all its paths, and lack nothing: what is not in them did not happen', false)
    .option('--info', 'say what each MAY turned out to be, and what could not be judged', false)
    .addHelpText('after', `
Link layers: ${linkTypeNames()}, with VLAN tags.
Examples:
  mptcp-conformance check trace.pcapng                   every MPTCP connection in it
  mptcp-conformance check trace.pcap.gz --html page.html with ladder diagrams
  tcpdump -i any -w - tcp | mptcp-conformance check -    live: a connection is reported when it is over

Exit codes: 0 no MUST is broken, 1 one is, 2 a file could not be read.`)
    .action(async (files: string[], options: CheckOptions) => {
      process.exitCode = await check(files, options);
    });
}

function toRunOptions(ids: string[], raw: Record<string, unknown>): RunOptions {
  const { section, clause, scenario, level, family, ...rest } = raw as Record<string, unknown> & {
    section?: string[]; clause?: string[]; scenario?: string[]; level?: string[]; family?: string[];
  };
  return {
    ...(rest as unknown as RunOptions),
    ids: [...ids, ...(scenario ?? [])],
    sections: section ?? [], clauses: clause ?? [], levels: level ?? [], families: family ?? [],
  };
}

/** Runs the program; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  // Whoever started us inside a namespace is gone: nobody waits for the results.
  if (process.send !== undefined) process.on('disconnect', () => process.exit(2));
  process.channel?.unref();
  try {
    await buildProgram(argv).parseAsync(argv, { from: 'user' });
  } catch (error) {
    process.exitCode = 2;
    const known = error instanceof UsageError || (error instanceof Error && SELF_EXPLAINING.has(error.name));
    process.stderr.write(`mptcp-conformance: ${known ? (error as Error).message : String((error as Error).stack ?? error)}\n`);
  }
}

await main(process.argv.slice(2));
