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
  const command = withSelection(program.command('run').summary('judge the running kernel in network namespaces'))
    .description(
      `Judges the running kernel's MPTCP, clause by clause, in network namespaces of its own.

Needs no Docker, no firewall rule, and no root where user namespaces are allowed. Whatever is built dies with the
command, also when it is killed. With --sut docker the stack is that of containers: as root, with a Docker daemon on this
machine ("node scripts/with-docker.mjs COMMAND" starts one for a command). What is given to choose scenarios must hold all together; lists are alternatives.`,
    )
    .option('--sut <stack>', `the stack to judge: ${STACK_FORMS}`, 'netns')
    .option(
      '--peer <stack>',
      'for scenarios of two stacks: the server, written as --sut, which is the client (default: the same)',
    );
  withFreedom(withSysctl(withStackOptions(command)))
    .addOption(
      new Option(
        '-j, --concurrency <n>',
        `scenarios at once (default: ${DEFAULT_CONCURRENCY}, or what suits the stack)`,
      ).argParser(positive),
    )
    .addOption(
      new Option('--shuffle <seed>', 'run in an order of chance, the same for the same number').argParser(positive),
    )
    .option('--json <file>', 'write the results there too')
    .addOption(
      new Option('--keep-captures <which>', 'whose evidence to keep').choices(['all', 'failed']).default('all'),
    )
    .option('-o, --output <folder>', 'where results and evidence go', DEFAULT_OUTPUT)
    .option('--deviations <file>', 'declared deviations; "none" for none (default: the baseline of this kernel)')
    .option('--allure', 'make the Allure report too', false)
    .option('--ladder', 'print the ladder diagram of every scenario', false)
    .option('--full', 'leave nothing out of the summary: every section, declared deviation and packet', false)
    .option('--info', 'show what the stack does at each MAY, and which advice it does not follow', false)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance run                                 everything
  mptcp-conformance run --section 3.1 --family ipv6     one section with its subsections, one family
  mptcp-conformance run --clause 3.1-20.8.s4            what judges one clause
  mptcp-conformance run ID --ladder                     one scenario, and its packets
  sudo mptcp-conformance run --sut docker               every stack in a container; Docker makes no network of its own
  mptcp-conformance run --section multipath --sut kernel:6.1 --peer kernel:7.3
                                                        an old client with a new server, over several paths
  mptcp-conformance run --level must --json musts.json  what judges a MUST, the results in a file of your choice

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
