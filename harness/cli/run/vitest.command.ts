import type { Command } from 'commander';

/** `vitest`: Vitest itself on the suites. */
export function addVitest(program: Command, argv: readonly string[]): void {
  program
    .command('vitest')
    .summary('run Vitest on the suites: list, watch, --shard, -t, its reporters')
    .description('Runs Vitest on the suites, in a private network namespace. All arguments are passed to Vitest.')
    .argument('[args...]', 'arguments of Vitest, such as: run --shard 1/2')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (args: string[]) => {
      const { vitest } = await import('./vitest.ts');
      process.exitCode = await vitest(args, argv);
    });
}
