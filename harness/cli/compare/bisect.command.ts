import { Option, type Command } from 'commander';
import type { BisectOptions } from './bisect.ts';
import { positive } from '../inputs/arguments.ts';

/** `bisect`: between which two packaged kernels something began to fail. */
export function addBisect(program: Command): void {
  program
    .command('bisect')
    .summary('find the first packaged kernel with which a scenario fails')
    .description(
      `Runs scenarios on Debian's kernel packages between a good and a bad one, by bisection.

A kernel is bad when one of the scenarios fails in one of its runs, and good when all of them pass in all runs. A
kernel that does not start is skipped. To find where a bug was fixed, give the newer kernel as --good. For the
commits of a tree, use "git bisect run" with templates/git-bisect.sh.`,
    )
    .argument('<id...>', 'scenarios, as for "run"')
    .requiredOption('--good <version>', 'a kernel that passes, such as 6.12 or 6.12.43/arm64')
    .requiredOption('--bad <version>', 'a kernel that fails')
    .addOption(
      new Option('--repeat <n>', 'runs of each kernel, for intermittent failures').argParser(positive).default(1),
    )
    .addOption(
      new Option('--level <level>', 'lowest level at which a failure counts')
        .choices(['must', 'should'])
        .default('must'),
    )
    .option('--mirror <url>', "archive of Debian's packages (default: that of apt)")
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance bisect 3.2-starting-a-new-subflow/answer-third-packet/rightmost-octets --good 6.12 --bad 6.16 --level should
  mptcp-conformance bisect ID --good 6.18 --bad 6.17 --repeat 5

Exit codes: 0 found, 2 failed (also if --good or --bad has the opposite result).`,
    )
    .action(async (ids: string[], options: BisectOptions) => {
      const { bisectKernels } = await import('./bisect.ts');
      process.exitCode = await bisectKernels(ids, options);
    });
}
