import type { Command } from 'commander';

/** `coverage`: the generated page. For developers of this project, so it is not in the help. */
export function addCoverage(program: Command): void {
  program
    .command('coverage', { hidden: true })
    .description('print docs/coverage.md, made from the catalogue and the suites')
    .option('--write', 'write it to docs/coverage.md instead', false)
    .action(async (options: { write: boolean }) => {
      const { coverage } = await import('./coverage.ts');
      coverage(options);
    });
}
