import { Option, type Command } from 'commander';
import type { StackDetails } from '../../topology/contract.ts';
import { STACK_FORMS } from '../../topology/stacks/registry.ts';
import type { RunOptions } from './run.ts';
import type { Selection } from '../inputs/selection.ts';
import { EXIT_MEANING } from '../../report/exit-code.ts';
import { wrap } from '../../report/text-layout.ts';
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_OUTPUT,
  SELECTION_OUTPUT,
  shard,
  positive,
  stackDetails,
  toSelection,
  withSelection,
  withStackOptions,
  withFreedom,
  withSysctl,
  type SelectionFlags,
} from '../inputs/arguments.ts';

/** `run`: judges the running kernel. */
export function addRun(program: Command, argv: readonly string[]): void {
  const command = withSelection(
    program.command('run').summary('test a stack: by default the running kernel, in network namespaces'),
  )
    .description(
      `Tests the running kernel's MPTCP, clause by clause, in private network namespaces.

Needs no Docker, no firewall rule, and no root if user namespaces are allowed. Everything that it creates is removed
when it exits, even if it is killed. --sut docker runs the stack in containers: it needs root and a Docker daemon on this
machine ("node scripts/with-docker.mjs COMMAND" starts one for a command). Different selectors are ANDed; several values of one selector are ORed.`,
    )
    .option('--sut <stack>', `the stack to test: ${STACK_FORMS}`, 'netns')
    .option(
      '--peer <stack>',
      'for scenarios with two stacks: the server, in the form of --sut, which is the client (default: the same)',
    );
  withFreedom(withSysctl(withStackOptions(command)))
    .addOption(
      new Option(
        '-j, --concurrency <n>',
        `scenarios at once (default: ${DEFAULT_CONCURRENCY}, or as many as suit the stack)`,
      ).argParser(positive),
    )
    .addOption(
      new Option('--shuffle <seed>', 'randomise the order; the same seed gives the same order').argParser(positive),
    )
    .option(
      '--trace <event...>',
      'tracepoints to record beside the packets, as in ftrace: mptcp:* (one scenario at a time)',
    )
    .option('--dyndbg <query...>', "dynamic debug of a guest's kernel: 'file net/mptcp/* +p' (one scenario at a time)")
    .addOption(new Option('--hold <socket>', 'for "shell"').hideHelp())
    .option('--label <name>', 'name of this build in comparisons')
    .option('--json <file>', 'also write the results to FILE; - for standard output, and the summary to standard error')
    .addOption(
      new Option('--keep-captures <which>', 'scenarios whose captures are kept')
        .choices(['all', 'failed'])
        .default('all'),
    )
    .option(
      '-o, --output <folder>',
      `folder for results and evidence (default: ${DEFAULT_OUTPUT}, and ${SELECTION_OUTPUT} for a selection)`,
    )
    .addOption(shardOption())
    .option('--failed', 'only what did not pass in the last run; declared departures count as passed', false)
    .addOption(new Option('--repeat <n>', 'run N times and report which verdicts differ').argParser(positive))
    .option('--until-fail', 'repeat until a run does not exit with 0; at most as often as --repeat says', false)
    .option('--deviations <file>', 'declared deviations; "none" for none (default: the baseline of this kernel)')
    .option('--allure', 'also write an Allure report', false)
    .option('--ladder', 'print the ladder diagram of every scenario', false)
    .option('--full', 'print the full summary: every section, declared deviation and packet', false)
    .option('--info', 'show the observed choice for each MAY, and advice that the stack does not follow', false)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance run                                 everything
  mptcp-conformance run --section 3.1 --family ipv6     one section with its subsections, one family
  mptcp-conformance run --clause 3.1-20.8.s4            the scenarios that judge a clause
  mptcp-conformance run ID --ladder                     one scenario, and its packets
  mptcp-conformance run ID --ladder --trace 'mptcp:*'   ... with the tracepoints of the kernel
  mptcp-conformance run --failed                        what did not pass in the last run
  mptcp-conformance run --shard 1/4 -o shard-1          a quarter of everything
  mptcp-conformance run ID --repeat 100                 one scenario a hundred times
  sudo mptcp-conformance run --sut docker               every stack in a container
  mptcp-conformance run --section multipath --sut kernel:6.1 --peer kernel:7.3
                                                        an old client with a new server, over several paths
  mptcp-conformance run --level must --json musts.json  the scenarios that judge a MUST, results in a file

Exit codes:
${exitCodes()}`,
    )
    .action(
      async (ids: string[], options: SelectionFlags & Omit<RunOptions, keyof Selection | 'stack'> & StackDetails) => {
        const { run } = await import('./run.ts');
        process.exitCode = await run({ ...toSelection(ids, options), stack: stackDetails(options) }, argv);
      },
    );
}

function exitCodes(): string {
  return Object.entries(EXIT_MEANING)
    .flatMap(([code, meaning]) => wrap(meaning, 90).map((line, index) => `  ${index === 0 ? code : ' '}  ${line}`))
    .join('\n');
}

function shardOption(): Option {
  const help = 'part I of N of the selection, for machines side by side; "merge" joins them';
  return new Option('--shard <i/n>', help).argParser(shard);
}
