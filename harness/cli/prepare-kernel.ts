/** Gets a kernel ready to be judged in guests. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelStore } from '../kernels/cache.ts';
import { configProblems, notableOptions, parseConfig } from '../kernels/kernel-config.ts';
import { localKernel } from '../kernels/local.ts';
import type { KernelBuild } from '../kernels/types.ts';
import { parseWanted } from '../kernels/wanted.ts';
import { ARCHITECTURES, type Architecture } from '../sut/architecture.ts';
import { ensureAgent } from '../sut/build-agent.ts';
import { makeInitramfs } from '../topology/qemu/initramfs.ts';
import { resolveModules } from '../topology/qemu/modules.ts';
import { kernelCommandLine } from '../topology/qemu/qemu-command.ts';
import { checkKvm, checkQemu } from './doctor/kvm.ts';
import { hostInfo, type PreparedSut } from './prepare-sut.ts';
import type { SutChoice } from './sut-option.ts';
import { UsageError } from './usage-error.ts';

/** What `--sut kernel:` says. */
export type KernelChoice = Extract<SutChoice, { kind: 'kernel' }>;

/**
 * Finds or fetches the kernel and makes the guest's initramfs. Nothing needs a namespace, but the network may be out of
 * reach inside of one: call {@link prepareOutside} before.
 *
 * @throws KernelError, TopologyError, AgentBuildError with the remedy; UsageError when the kernel cannot be judged
 */
export async function prepareKernel(root: string, choice: KernelChoice): Promise<PreparedSut> {
  const kernel = await fetchKernel(choice);
  const architecture = ARCHITECTURES[kernel.architecture];
  const [agent, accelerator] = await Promise.all([ensureAgent(root, architecture), chooseAccelerator(architecture)]);
  const options = kernel.config === undefined ? undefined : parseConfig(readFileSync(kernel.config, 'utf8'));
  const problems = options === undefined ? [] : configProblems(options, architecture, kernel.modules !== undefined);
  if (problems.length > 0)
    throw new UsageError(`kernel ${kernel.release} (${kernel.origin}) cannot be judged: ${problems.join('; ')}`);
  const modules = kernel.modules === undefined ? [] : await resolveModules(kernel.modules, architecture.modules);
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-guest-'));
  const initramfs = join(folder, 'initramfs');
  writeFileSync(initramfs, makeInitramfs(readFileSync(agent), modules));
  return {
    settings: {
      kind: 'kernel',
      image: kernel.image,
      architecture: kernel.architecture,
      initramfs,
      accelerator,
      ...(choice.append === undefined ? {} : { append: choice.append }),
    },
    info: {
      name: 'linux',
      kind: 'qemu',
      kernel: kernel.release,
      arch: kernel.architecture,
      ...(kernel.commit === undefined ? {} : { commit: kernel.commit }),
      ...(kernel.version === undefined ? {} : { version: kernel.version }),
      commandLine: kernelCommandLine(kernel.architecture, choice.append),
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
  const wanted = parseWanted(choice.wanted);
  if (wanted.kind === 'file') return Promise.resolve(localKernel(wanted.path, choice.modules));
  if (choice.modules !== undefined)
    throw new UsageError('--modules goes with an image of your own: --sut kernel:./bzImage');
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  return new KernelStore({ mirror: choice.mirror, say, architecture: wanted.architecture }).get(wanted.name);
}

/** KVM where a guest of this architecture really runs with it. @throws UsageError without QEMU */
async function chooseAccelerator(architecture: Architecture): Promise<'kvm' | 'tcg'> {
  const [qemu, kvm] = await Promise.all([checkQemu(architecture), checkKvm(architecture)]);
  if (!qemu.works) throw new UsageError(`kernels are run in QEMU: ${qemu.detail}; ${qemu.remedy ?? ''}`);
  return kvm.works ? 'kvm' : 'tcg';
}
