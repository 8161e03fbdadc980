import { Option, type Command } from 'commander';
import type { ProveOptions } from './prove.ts';
import { DEFAULT_OUTPUT, positive } from '../inputs/arguments.ts';

/** Where `prove` leaves what it found unless told. */
export const DEFAULT_PROOF = `${DEFAULT_OUTPUT}/proof.json`;

/** `prove`: shows that faults are caught. */
export function addProve(program: Command): void {
  program
    .command('prove')
    .summary('show that each fault of the reference stack is caught under its clause')
    .description(
      `Runs the reference stack with one fault at a time, in memory, against the scenarios and monitors that judge the
fault's clause. A fault is caught when one of them shows a departure from that very clause; what makes scenarios
inconclusive, or shows only under other clauses, is not caught. For authors of suites. Needs no rights.`,
    )
    .argument('[clause...]', 'clauses, sections or ids of faults: 3.2-19.s1, 3.2')
    .option('--seed <text>', 'random numbers and samples: the same seed gives the same packets', '1')
    .addOption(new Option('--sample <n>', 'so many faults, and lawful choices, at random').argParser(positive))
    .option('--all', 'everything that notices each fault, not only the first; takes longer', false)
    .option('--freedoms', 'also every lawful choice alone, which must pass everything', false)
    .addOption(new Option('--mixtures <n>', 'also so many mixtures of lawful choices').argParser(positive).default(0))
    .addOption(new Option('-j, --concurrency <n>', 'processes at once (default: one a processor)').argParser(positive))
    .option('--json <file>', 'where the proof is written', DEFAULT_PROOF)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance prove                                     every fault
  mptcp-conformance prove 3.2                                 those of one section
  mptcp-conformance prove 3.2-19.s1 --all                     everything that notices them
  mptcp-conformance prove --freedoms --mixtures 50            lawful choices too
  mptcp-conformance prove --freedoms --sample 40 --seed $RANDOM   some of each, others every time

Faults that cannot be caught are declared in suites/teeth.yaml, each with the reason.

Exit codes: 0 every fault is caught under its clause or declared, and every lawful choice passes, 1 one is or does not,
2 the command could not do its job.`,
    )
    .action(async (words: string[], options: Omit<ProveOptions, 'words'>) => {
      const { prove } = await import('./prove.ts');
      process.exitCode = await prove({ ...options, words });
    });
}
