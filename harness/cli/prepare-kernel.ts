/** Gets a kernel ready to be judged in guests. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelStore } from '../kernels/cache.ts';
import { configProblems, notableOptions, parseConfig } from '../kernels/kernel-config.ts';
import { isPath, localKernel } from '../kernels/local.ts';
import type { KernelBuild } from '../kernels/types.ts';
import { ensureAgent } from '../sut/build-agent.ts';
import { makeInitramfs } from '../topology/qemu/initramfs.ts';
import { resolveModules } from '../topology/qemu/modules.ts';
import { kernelCommandLine } from '../topology/qemu/qemu-command.ts';
import { checkKvm, checkQemu } from './doctor/kvm.ts';
import { hostInfo, type PreparedSut } from './prepare-sut.ts';
import type { SutChoice } from './sut-option.ts';
import { UsageError } from '../document/explained-error.ts';

/** What `--sut kernel:` says. */
export type KernelChoice = Extract<SutChoice, { kind: 'kernel' }>;

/**
 * Finds or fetches the kernel and makes the guest's initramfs. Nothing needs a namespace, but the network may be out of
 * reach inside of one: call {@link prepareOutside} before.
 *
 * @throws KernelError, TopologyError, AgentBuildError with the remedy; UsageError when the kernel cannot be judged
 */
export async function prepareKernel(root: string, choice: KernelChoice): Promise<PreparedSut> {
  const [kernel, agent, accelerator] = await Promise.all([fetchKernel(choice), ensureAgent(root), chooseAccelerator()]);
  const options = kernel.config === undefined ? undefined : parseConfig(readFileSync(kernel.config, 'utf8'));
  const problems = options === undefined ? [] : configProblems(options);
  if (problems.length > 0)
    throw new UsageError(`kernel ${kernel.release} (${kernel.origin}) cannot be judged: ${problems.join('; ')}`);
  const modules = kernel.modules === undefined ? [] : await resolveModules(kernel.modules);
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-guest-'));
  const initramfs = join(folder, 'initramfs');
  writeFileSync(initramfs, makeInitramfs(readFileSync(agent), modules));
  return {
    settings: {
      kind: 'kernel',
      image: kernel.image,
      initramfs,
      accelerator,
      ...(choice.append === undefined ? {} : { append: choice.append }),
    },
    info: {
      name: 'linux',
      kind: 'qemu',
      kernel: kernel.release,
      arch: 'x86_64',
      ...(kernel.version === undefined ? {} : { version: kernel.version }),
      commandLine: kernelCommandLine(choice.append),
      accelerator,
      ...(options === undefined ? {} : { config: notableOptions(options) }),
      host: hostInfo(),
    },
    // An emulated processor is soon busy; more at once only makes each of them wait.
    ...(accelerator === 'tcg' ? { concurrency: 8 } : {}),
    close: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** Does what cannot be done in a run's namespace, where there is no network: fetches the kernel. @throws KernelError, UsageError */
export async function prepareOutside(choice: SutChoice): Promise<void> {
  if (choice.kind === 'kernel') await fetchKernel(choice);
}

/** The kernel that the option names, fetched where it is not here yet. @throws KernelError */
export function fetchKernel(choice: KernelChoice): Promise<KernelBuild> {
  if (isPath(choice.wanted)) return Promise.resolve(localKernel(choice.wanted, choice.modules));
  if (choice.modules !== undefined)
    throw new UsageError('--modules goes with an image of your own: --sut kernel:./bzImage');
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  return new KernelStore({ mirror: choice.mirror, say }).get(choice.wanted);
}

/** KVM where a guest really runs with it. @throws UsageError without QEMU */
async function chooseAccelerator(): Promise<'kvm' | 'tcg'> {
  const [qemu, kvm] = await Promise.all([checkQemu(), checkKvm()]);
  if (!qemu.works) throw new UsageError(`kernels are run in QEMU: ${qemu.detail}; ${qemu.remedy ?? ''}`);
  return kvm.works ? 'kvm' : 'tcg';
}
