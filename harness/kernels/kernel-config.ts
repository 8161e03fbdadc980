/** What a kernel was built with, as far as it matters here. Pure. */

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

/** Why a guest with this kernel cannot be judged; one line each. */
export function configProblems(config: KernelConfig): string[] {
  const problems: string[] = [];
  if (config.get('CONFIG_MPTCP') !== 'y') problems.push('it was built without MPTCP (CONFIG_MPTCP is not set)');
  const builtIn: readonly (readonly [string, string])[] = [
    ['CONFIG_BLK_DEV_INITRD', 'the guest is started from an initramfs'],
    ['CONFIG_SERIAL_8250_CONSOLE', 'the console is a serial port'],
    ['CONFIG_NET_NS', 'every cell is a network namespace'],
  ];
  for (const [name, why] of builtIn) if (config.get(name) !== 'y') problems.push(`${name} is not y: ${why}`);
  return problems;
}
