import type { Command } from 'commander';
import type { KernelsOptions } from './kernels.ts';

/** `kernels`: which kernels `--sut kernel:` can name. */
export function addKernels(program: Command): void {
  program
    .command('kernels')
    .summary('list the kernels that are available, and fetch some')
    .description(
      `Lists the available kernel packages of Debian and those in the cache.

The machine's apt finds and fetches them and checks their signatures, with a private state directory: nothing is
installed, and the machine's package lists do not change. Of each version the cloud build is used if there
is one, because it starts quickly. Named kernels are fetched.`,
    )
    .argument('[kernel...]', 'fetch these: a series (6.12), a version (6.12.117), a release, or a package')
    .option('--arch <name>', 'the architecture: amd64, arm64, s390x, riscv64 (default: this machine)')
    .option('--all', 'list every version, not only the newest of each series', false)
    .option('--cached', 'list only the cached kernels', false)
    .option('--refresh', 'update the package lists (by default once a day)', false)
    .option('--mirror <url>', 'archive of the packages (default: that of apt)')
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      `
Examples:
  mptcp-conformance kernels                  the newest of each series
  mptcp-conformance kernels 6.1 6.12 7.3     fetch these
  mptcp-conformance kernels --arch s390x     those of another architecture, which run emulated
  mptcp-conformance run --sut kernel:6.12    test one; fetched if it is not in the cache

Exit codes: 0 done, 2 failed.`,
    )
    .action(async (names: string[], options: KernelsOptions) => {
      const { kernels } = await import('./kernels.ts');
      await kernels(names, options);
    });
}
