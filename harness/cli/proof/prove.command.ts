import { Option, type Command } from 'commander';
import type { ProveOptions } from './prove.ts';
import { DEFAULT_OUTPUT, positive } from '../inputs/arguments.ts';

/** Default path of the results of `prove`. */
export const DEFAULT_PROOF = `${DEFAULT_OUTPUT}/proof.json`;

/** `prove`: shows that faults are caught. */
export function addProve(program: Command): void {
  program
    .command('prove')
    .summary('check that each fault of the reference stack is caught under its clause')
    .description(
      `Runs the reference stack with one fault at a time against the scenarios and monitors that judge the
fault's clause. A fault is caught if one of them gives a fail or warn under that clause. A fault that only makes scenarios
inconclusive, or fails only other clauses, is not caught. For authors of suites. Needs no root.`,
    )
    .argument('[clause...]', 'clauses, sections or ids of faults: 3.2-19.s1, 3.2')
    .option('--seed <text>', 'random numbers and samples: the same seed gives the same packets', '1')
    .addOption(new Option('--sample <n>', 'only N faults and N freedoms, at random').argParser(positive))
    .option('--all', 'every scenario that catches each fault, not only the first; takes longer', false)
    .option('--freedoms', 'also every freedom alone, which must pass all scenarios', false)
    .addOption(new Option('--mixtures <n>', 'also N combinations of freedoms').argParser(positive).default(0))
    .addOption(new Option('-j, --concurrency <n>', 'processes at once (default: one per CPU)').argParser(positive))
    .option('--json <file>', 'the file to write', DEFAULT_PROOF)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance prove                                     every fault
  mptcp-conformance prove 3.2                                 those of one section
  mptcp-conformance prove 3.2-19.s1 --all                     every scenario that catches them
  mptcp-conformance prove --freedoms --mixtures 50            freedoms too
  mptcp-conformance prove --freedoms --sample 40 --seed $RANDOM   a different sample every time

Faults that cannot be caught are declared in suites/teeth.yaml, each with the reason.

Exit codes: 0 every fault is caught under its clause or declared, and every freedom passes, 1 otherwise,
2 the command failed.`,
    )
    .action(async (words: string[], options: Omit<ProveOptions, 'words'>) => {
      const { prove } = await import('./prove.ts');
      process.exitCode = await prove({ ...options, words });
    });
}
