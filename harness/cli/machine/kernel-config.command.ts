import { Option, type Command } from 'commander';
import { ARCHITECTURES, ARCHITECTURE_NAMES, findArchitecture, hostArchitecture } from '../../sut/architecture.ts';
import { configFragment } from '../../kernels/kernel-config.ts';

/** `kernel-config`: what a kernel has to be built with to be judged in a guest. */
export function addKernelConfig(program: Command): void {
  program
    .command('kernel-config')
    .summary('print the kernel options that a guest needs')
    .description(
      `Prints a configuration fragment: the options that a kernel needs for --sut kernel:, and
a few useful ones. Merge it into a defconfig, then build.`,
    )
    .addOption(
      new Option('--arch <name>', 'architecture of the guest (default: this machine)').choices(
        ARCHITECTURE_NAMES.map((name) => ARCHITECTURES[name].debian),
      ),
    )
    .addHelpText(
      'after',
      `
Examples, in a kernel tree:
  make defconfig
  mptcp-conformance kernel-config > guest.config
  scripts/kconfig/merge_config.sh .config guest.config
  make -j"$(nproc)" bzImage
  mptcp-conformance run --sut kernel:.

Exit code: 0.`,
    )
    .action(({ arch }: { arch?: string }) => {
      const architecture = arch === undefined ? hostArchitecture() : findArchitecture(arch);
      process.stdout.write(configFragment(architecture ?? ARCHITECTURES.x86_64));
    });
}
