import type { Command } from 'commander';

/** `vitest`: Vitest itself on the suites. */
export function addVitest(program: Command, argv: readonly string[]): void {
  program
    .command('vitest')
    .summary('run Vitest itself on the suites: list, watch, --shard, -t, its reporters')
    .description('Runs Vitest itself on the suites, in a namespace of its own. What follows is for Vitest.')
    .argument('[args...]', 'arguments of Vitest, such as: run --shard 1/2')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (args: string[]) => {
      const { vitest } = await import('./vitest.ts');
      process.exitCode = await vitest(args, argv);
    });
}
