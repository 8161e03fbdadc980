import type { Command } from 'commander';
import { DEFAULT_OUTPUT } from '../inputs/arguments.ts';

/** `recover`: the results of a run that was killed. */
export function addRecover(program: Command): void {
  program
    .command('recover')
    .summary('write the results of a run that was killed')
    .description(
      `Writes results.json of a run that was killed (kill -9, power, memory): the scenarios judged until then, marked as partial.`,
    )
    .argument('[folder]', 'its --output folder', DEFAULT_OUTPUT)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance recover
  mptcp-conformance recover reports/kernel && mptcp-conformance show 3.6 --results reports/kernel/results.json

Exit codes: 0 written, 2 no run was killed there, or it is still under way.`,
    )
    .action(async (folder: string) => {
      const { recover } = await import('./recover.ts');
      recover(folder);
    });
}
