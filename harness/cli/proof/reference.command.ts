import type { Command } from 'commander';
import type { ReferenceOptions } from './reference.ts';
import { DEFAULT_PROOF } from './prove.command.ts';

/** `reference`: what the reference stack can be switched to. */
export function addReference(program: Command): void {
  program
    .command('reference')
    .summary('list the freedoms and faults of the reference stack')
    .description(
      `Lists the variations of the reference stack: choices that the RFC allows (freedoms) and breaches of one clause each
(faults), with the clause, the behaviour, and what caught it in the last "prove".`,
    )
    .argument('[word...]', 'ids, clauses or sections')
    .option('--proof <file>', 'what "prove" found', DEFAULT_PROOF)
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance reference 3.2                        those of one section
  mptcp-conformance run --sut reference:ID,ID            test the stack with some of them`,
    )
    .action(async (words: string[], options: Omit<ReferenceOptions, 'words'>) => {
      const { reference } = await import('./reference.ts');
      process.exitCode = reference({ ...options, words });
    });
}
