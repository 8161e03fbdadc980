/** The `--sysctl` option: settings of the stack under test that people ship. */
import { UsageError } from '../../document/explained-error.ts';
import type { PreparedStack } from '../../topology/contract.ts';
import { openStack, type StackSettings } from '../../topology/stacks/registry.ts';
import { SysctlError } from '../../topology/sut-settings.ts';
import type { Sysctl } from '../../verdict/stack-info.ts';

/** Reads `NAME=VALUE`; the option may be given several times. @throws UsageError */
export function parseSysctl(word: string, earlier: readonly Sysctl[] = []): Sysctl[] {
  const [, name, value] = /^([\w./-]+)=(.+)$/.exec(word.trim()) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(`--sysctl ${word}: expected NAME=VALUE, such as net.mptcp.checksum_enabled=1`);
  // Only net.* belongs to a network namespace: anything else would be set on the machine itself.
  if (!/^net[./]/.test(name) || name.split(/[./]/).includes(''))
    throw new UsageError(
      `--sysctl ${name}=${value}: only sysctls of a network namespace can be set; their names begin with net.`,
    );
  const before = earlier.find((one) => one.name === name);
  if (before !== undefined) throw new UsageError(`--sysctl ${name} is given twice: ${before.value} and ${value}`);
  return [...earlier, { name, value }];
}

/** The words of a command line that make these settings again. */
export function sysctlArguments(sysctls: readonly Sysctl[]): string[] {
  return sysctls.flatMap(({ name, value }) => ['--sysctl', `${name}=${value}`]);
}

/**
 * Sees whether the stacks take the settings, by making one namespace of each, before any scenario runs.
 *
 * @throws SysctlError with the first that is refused; the stacks are closed then
 */
export async function requireSysctls(
  sysctls: readonly Sysctl[],
  stacks: readonly PreparedStack<StackSettings>[],
): Promise<void> {
  if (sysctls.length === 0) return;
  try {
    for (const { settings } of stacks) await tryOn(settings, sysctls);
  } catch (error) {
    await Promise.all(stacks.map((stack) => stack.close()));
    throw sysctlErrorIn(error) ?? error;
  }
}

async function tryOn(settings: StackSettings, sysctls: readonly Sysctl[]): Promise<void> {
  const driver = await openStack(settings, { sysctls });
  try {
    const cell = await driver.build({ name: 'no links', title: 'Settings are tried', hosts: ['sut'], links: [] });
    await cell.close();
  } finally {
    await driver.close();
  }
}

/** The error about a setting, under those of the driver that could not build its cell. */
function sysctlErrorIn(error: unknown): SysctlError | undefined {
  if (error instanceof SysctlError || !(error instanceof Error)) return error as SysctlError | undefined;
  return sysctlErrorIn(error.cause);
}
