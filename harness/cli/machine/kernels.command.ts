import type { Command } from 'commander';
import type { KernelsOptions } from './kernels.ts';

/** `kernels`: which kernels `--sut kernel:` can name. */
export function addKernels(program: Command): void {
  program
    .command('kernels')
    .summary('list the kernels that can be judged, and fetch some')
    .description(
      `Lists Debian's kernel packages that can be had, and those that are here already.

They are found and fetched by the machine's own apt, which checks their signatures, with a state of its own: nothing is
installed, and the machine's package lists stay as they are. Of each version the build for clouds is taken where there
is one, since it starts quickly. What is named is fetched.`,
    )
    .argument('[kernel...]', 'fetch these: a series (6.12), a version (6.12.117), a release, or a package')
    .option('--arch <name>', 'of which architecture: amd64, arm64, s390x, riscv64 (default: this machine)')
    .option('--all', 'list every version, not only the newest of each series', false)
    .option('--cached', 'list only what is here', false)
    .option('--refresh', 'read the package lists again (they count as fresh for a day)', false)
    .option('--mirror <url>', 'where packages come from (default: as apt has it)')
    .option('--json', 'as JSON', false)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance kernels                  the newest of each series
  mptcp-conformance kernels 6.1 6.12 7.3     fetch these
  mptcp-conformance kernels --arch s390x     those of another architecture, run by emulation
  mptcp-conformance run --sut kernel:6.12    judge one; it is fetched when it is not here

Exit codes: 0 done, 2 it could not be done.`,
    )
    .action(async (names: string[], options: KernelsOptions) => {
      const { kernels } = await import('./kernels.ts');
      await kernels(names, options);
    });
}
