import type { Command } from 'commander';

/** `init`: a small example of suites of one's own. */
export function addInit(program: Command): void {
  program
    .command('init')
    .summary('write an example of your own suites into this folder')
    .description(
      `Writes a small example into the working folder: mptcp-conformance.yaml, a suite with one scenario, and a clause of its
own. "lint" and "run" take it in at once; the example passes against a stack that speaks Multipath TCP.

mptcp-conformance.yaml names folders of suites, topologies, baselines and PICS, the prefix of their ids, and defaults
for the options of commands. All commands read it from the working folder. "--suites FOLDER" adds suites without it.`,
    )
    .option('--prefix <word>', 'what ids of your own begin with', 'own')
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance init --prefix acme
  mptcp-conformance lint                      check what is of your own
  mptcp-conformance run acme                  run it
  mptcp-conformance run --suites ../suites    without mptcp-conformance.yaml

Exit codes: 0 written, 2 a file is in the way (nothing is written).`,
    )
    .action(async (options: { prefix: string }) => {
      const { init } = await import('./init.ts');
      init(options.prefix);
    });
}
