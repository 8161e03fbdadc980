/** Kernels in guests of QEMU: Debian's packages, or an image of the user's own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import { configProblems, notableOptions, parseConfig } from '../../kernels/kernel-config.ts';
import { isPath, localKernel } from '../../kernels/local.ts';
import type { KernelBuild } from '../../kernels/types.ts';
import { ensureAgent } from '../../sut/build-agent.ts';
import type { PreparedStack, StackKind } from '../contract.ts';
import { hostInfo } from '../machine/host-info.ts';
import { checkKvm, checkQemu } from '../machine/kvm.ts';

/** What `--sut kernel:` and the options that go with it say. */
export interface KernelChoice {
  kind: 'kernel';
  /** A series, version, release or package of Debian's, or the path of a bzImage. */
  wanted: string;
  modules?: string;
  append?: string;
  mirror?: string;
}

/** How a worker gets at it. */
export interface KernelSettings {
  kind: 'kernel';
  /** Path of the kernel's image. */
  image: string;
  /** Path of the guest's initramfs. */
  initramfs: string;
  accelerator: 'kvm' | 'tcg';
  /** Words for the kernel's command line. */
  append?: string;
}

const OPTIONS = [
  { name: 'modules', value: '<folder>', help: 'modules of an image of your own, where not everything is built in' },
  { name: 'append', value: '<words>', help: "words for the command line of the guest's kernel" },
  { name: 'mirror', value: '<url>', help: "where Debian's packages come from (default: as apt has it)" },
] as const;

/** An emulated processor is soon busy; more scenarios at once only make each of them wait. */
const CONCURRENCY_EMULATED = 8;

/** A kernel in a guest. */
export const kernel: StackKind<KernelChoice, KernelSettings> = {
  kind: 'kernel',
  label: 'a kernel in guests of QEMU',
  forms: ['kernel:6.12', 'kernel:./bzImage'],
  options: OPTIONS,
  parse: (wanted, details) => {
    if (wanted === undefined || wanted === '')
      throw new UsageError('--sut kernel: names no kernel; write kernel:6.12, kernel:6.12.117 or kernel:./bzImage');
    const given = OPTIONS.flatMap(({ name }) => (details[name] === undefined ? [] : [[name, details[name]]]));
    return { kind: 'kernel', wanted, ...(Object.fromEntries(given) as Partial<KernelChoice>) };
  },
  arguments: (choice) => [
    '--sut',
    `kernel:${choice.wanted}`,
    ...OPTIONS.flatMap(({ name }) => (choice[name] === undefined ? [] : [`--${name}`, choice[name]])),
  ],
  prepareOutside: async (choice) => {
    await fetchKernel(choice);
  },
  prepare: (choice, root) => prepareKernel(root, choice),
  open: async (settings) => (await import('../qemu/qemu-driver.ts')).createQemuDriver(settings),
  doctor: () => Promise.all([checkQemu(), checkKvm()]),
};

/** Finds or fetches the kernel and makes the guest's initramfs. */
async function prepareKernel(root: string, choice: KernelChoice): Promise<PreparedStack<KernelSettings>> {
  const { makeInitramfs } = await import('../qemu/initramfs.ts');
  const { resolveModules } = await import('../qemu/modules.ts');
  const { kernelCommandLine } = await import('../qemu/qemu-command.ts');
  const [build, agent, accelerator] = await Promise.all([fetchKernel(choice), ensureAgent(root), chooseAccelerator()]);
  const options = build.config === undefined ? undefined : parseConfig(readFileSync(build.config, 'utf8'));
  const problems = options === undefined ? [] : configProblems(options);
  if (problems.length > 0)
    throw new UsageError(`kernel ${build.release} (${build.origin}) cannot be judged: ${problems.join('; ')}`);
  const modules = build.modules === undefined ? [] : await resolveModules(build.modules);
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-guest-'));
  const initramfs = join(folder, 'initramfs');
  writeFileSync(initramfs, makeInitramfs(readFileSync(agent), modules));
  return {
    settings: {
      kind: 'kernel',
      image: build.image,
      initramfs,
      accelerator,
      ...(choice.append === undefined ? {} : { append: choice.append }),
    },
    info: {
      name: 'linux',
      kind: 'kernel',
      kernel: build.release,
      arch: 'x86_64',
      ...(build.version === undefined ? {} : { version: build.version }),
      commandLine: kernelCommandLine(choice.append),
      accelerator,
      ...(options === undefined ? {} : { config: notableOptions(options) }),
      host: hostInfo(),
    },
    ...(accelerator === 'tcg' ? { concurrency: CONCURRENCY_EMULATED } : {}),
    close: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** The kernel that the option names, fetched where it is not here yet. @throws KernelError, UsageError */
async function fetchKernel(choice: KernelChoice): Promise<KernelBuild> {
  if (isPath(choice.wanted)) return localKernel(choice.wanted, choice.modules);
  if (choice.modules !== undefined)
    throw new UsageError('--modules goes with an image of your own: --sut kernel:./bzImage');
  const { KernelStore } = await import('../../kernels/cache.ts');
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  return new KernelStore({ mirror: choice.mirror, say }).get(choice.wanted);
}

/** KVM where a guest really runs with it. @throws UsageError without QEMU */
async function chooseAccelerator(): Promise<'kvm' | 'tcg'> {
  const [qemu, kvm] = await Promise.all([checkQemu(), checkKvm()]);
  if (!qemu.works) throw new UsageError(`kernels are run in QEMU: ${qemu.detail}; ${qemu.remedy ?? ''}`);
  return kvm.works ? 'kvm' : 'tcg';
}
