/** The build options of a kernel that matter here. Pure. */
import type { Architecture } from '../sut/architecture.ts';

/** Values of the options that a `.config` sets: `y`, `m`, or a value; options that are not set are not there. */
export type KernelConfig = ReadonlyMap<string, string>;

/** Reads the text of a kernel's `.config`. */
export function parseConfig(text: string): KernelConfig {
  return new Map([...text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
}

/** The options of MPTCP, and of what watches a kernel for faults, for the results. */
export function notableOptions(config: KernelConfig): Record<string, string> {
  return Object.fromEntries(
    [...config].filter(([name]) =>
      /^CONFIG_(?:(?:INET_)?MPTCP\w*|KASAN|KCSAN|KMSAN|UBSAN|KFENCE|PROVE_LOCKING|LOCKDEP|DEBUG_KERNEL|DEBUG_ATOMIC_SLEEP|PREEMPT|HZ|SYN_COOKIES)$/.test(
        name,
      ),
    ),
  );
}

/** Options that MPTCP itself needs, on every architecture. */
const MPTCP: readonly (readonly [option: string, why: string])[] = [
  ['CONFIG_MPTCP', 'the protocol under test'],
  ['CONFIG_MPTCP_IPV6', 'half of the scenarios use IPv6'],
];

/** Options that are useful but not needed: option, value, and purpose. */
const USEFUL: readonly (readonly [option: string, value: string, why: string])[] = [
  ['CONFIG_INET_MPTCP_DIAG', 'y', 'ss shows MPTCP sockets'],
  ['CONFIG_SYN_COOKIES', 'y', 'scenarios with stateless handshakes'],
  ['CONFIG_PANIC_ON_OOPS', 'y', 'a guest ends at its first oops'],
];

/**
 * Why a guest with this kernel cannot be judged; one line each.
 *
 * @param hasModules whether the kernel's modules are at hand, so that drivers may be `m`
 */
export function configProblems(config: KernelConfig, architecture: Architecture, hasModules: boolean): string[] {
  const missing = ([name, why]: readonly [string, string], allowed: readonly string[]): string[] =>
    allowed.includes(config.get(name) ?? '') ? [] : [`${name} is not ${allowed.join(' or ')}: ${why}`];
  return [
    ...MPTCP.slice(0, 1).flatMap((one) => missing(one, ['y'])),
    ...architecture.builtIn.flatMap((one) => missing(one, ['y'])),
    ...architecture.drivers.flatMap((one) => missing(one, hasModules ? ['y', 'm'] : ['y'])),
  ];
}

/** The fragment of a `.config` that a guest needs, for `scripts/kconfig/merge_config.sh`. */
export function configFragment(architecture: Architecture): string {
  const needed = [...MPTCP, ...architecture.builtIn, ...architecture.drivers];
  const implied = ['CONFIG_NET=y', 'CONFIG_INET=y', 'CONFIG_IPV6=y', 'CONFIG_VIRTIO_MENU=y', 'CONFIG_TTY=y'];
  return [
    `# Options that a guest of mptcp-conformance needs on ${architecture.name}, in addition to the defconfig.`,
    ...(architecture.emulator.transport === 'pci' ? [...implied, 'CONFIG_PCI=y'] : implied),
    ...needed.map(([name, why]) => `# ${why}\n${name}=y`),
    '# Not needed, but useful:',
    ...USEFUL.map(([name, value, why]) => `# ${why}\n${name}=${value}`),
    '',
  ].join('\n');
}
