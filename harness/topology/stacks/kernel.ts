/** Kernels in guests of QEMU: Debian's packages, an image of the user's own, or the tree that one was built in. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import { coverageOf, coverageText, type CodeRange } from '../../kernels/code-coverage.ts';
import { toTracefile } from '../../kernels/tracefile.ts';
import { configProblems, notableOptions, parseConfig } from '../../kernels/kernel-config.ts';
import { localKernel } from '../../kernels/local.ts';
import type { KernelBuild } from '../../kernels/types.ts';
import { readReached, readVmlinux, type MptcpCode } from '../../kernels/vmlinux.ts';
import { parseWanted } from '../../kernels/wanted.ts';
import { ARCHITECTURES, type Architecture, type ArchitectureName } from '../../sut/architecture.ts';
import { ensureAgent } from '../../sut/build-agent.ts';
import type { PreparedStack, StackKind } from '../contract.ts';
import { hostInfo } from '../machine/host-info.ts';
import { checkKvm, checkQemu } from '../machine/kvm.ts';
import { checkTun } from '../machine/tun.ts';

/** Parsed form of `--sut kernel:` and its options. */
export interface KernelChoice {
  kind: 'kernel';
  /** A series, version, release or package of Debian's, with `/ARCHITECTURE` where it is another; or a path. */
  wanted: string;
  modules?: string;
  append?: string;
  mirror?: string;
  'code-coverage'?: string;
}

/** Settings of a worker's driver. */
export interface KernelSettings {
  kind: 'kernel';
  /** Path of the kernel's image. */
  image: string;
  architecture: ArchitectureName;
  /** Path of the guest's initramfs. */
  initramfs: string;
  accelerator: 'kvm' | 'tcg';
  /** Words for the kernel's command line. */
  append?: string;
  /** Where QEMU logs what it translates, and the range of addresses. */
  translated?: { folder: string; filter: string };
}

const OPTIONS = [
  { name: 'modules', value: '<folder>', help: 'modules of the image, unless everything is built in' },
  { name: 'append', value: '<words>', help: "words to append to the guest's kernel command line" },
  {
    name: 'code-coverage',
    value: '<vmlinux>',
    help: 'what of net/mptcp was executed, by the debug information of the vmlinux that belongs to the image',
  },
  { name: 'mirror', value: '<url>', help: "archive of Debian's packages (default: that of apt)" },
] as const;

/** An emulated processor is soon busy; more scenarios at once only make each of them wait. */
const CONCURRENCY_EMULATED = 8;

/** A kernel in a guest. */
export const kernel: StackKind<KernelChoice, KernelSettings> = {
  kind: 'kernel',
  label: 'a kernel in QEMU guests',
  forms: ['kernel:6.12', 'kernel:6.12/s390x', 'kernel:./bzImage', 'kernel:~/linux'],
  options: OPTIONS,
  insights: ['shell', 'trace', 'dyndbg'],
  parse: (wanted, details) => {
    if (wanted === undefined || wanted === '')
      throw new UsageError(
        '--sut kernel: needs a kernel; write kernel:6.12, kernel:6.12/s390x, kernel:./bzImage or kernel:~/linux',
      );
    const given = OPTIONS.flatMap(({ name }) => (details[name] === undefined ? [] : [[name, details[name]]]));
    return { kind: 'kernel', wanted, ...(Object.fromEntries(given) as Partial<KernelChoice>) };
  },
  arguments: (choice) => [
    '--sut',
    `kernel:${choice.wanted}`,
    // A scenario is run again for its packets.
    ...OPTIONS.flatMap(({ name }) =>
      choice[name] === undefined || name === 'code-coverage' ? [] : [`--${name}`, choice[name]],
    ),
  ],
  prepareOutside: async (choice, options) => {
    const { architecture } = await fetchKernel(choice);
    if (options?.shell === true) await findBusybox(ARCHITECTURES[architecture], choice.mirror);
  },
  prepare: (choice, root, options) => prepareKernel(root, choice, options?.shell === true),
  open: async (settings, { sysctls, watch, shellFolder }) =>
    (await import('../qemu/qemu-driver.ts')).createQemuDriver({ ...settings, sysctls, watch, shellFolder }),
  requireRights: () => {
    const tun = checkTun();
    if (!tun.works) throw new UsageError(`--sut kernel: guests have tap devices: ${tun.detail}; ${tun.remedy ?? ''}`);
  },
  doctor: () => Promise.all([checkQemu(), checkKvm(), Promise.resolve(checkTun())]),
};

/** Finds or fetches the kernel and makes the guest's initramfs. */
async function prepareKernel(
  root: string,
  choice: KernelChoice,
  shell: boolean,
): Promise<PreparedStack<KernelSettings>> {
  const { makeInitramfs } = await import('../qemu/initramfs.ts');
  const { resolveModules } = await import('../qemu/modules.ts');
  const { kernelCommandLine } = await import('../qemu/qemu-command.ts');
  const build = await fetchKernel(choice);
  const architecture = ARCHITECTURES[build.architecture];
  const vmlinux = choice['code-coverage'];
  // Before the run: what is wrong with the file is of no use after it.
  const code = vmlinux === undefined ? undefined : await readVmlinux(vmlinux, build, architecture);
  const [agent, fastest] = await Promise.all([ensureAgent(root, architecture), chooseAccelerator(architecture)]);
  // Only an emulated processor tells what it executes.
  const accelerator = code === undefined ? fastest : 'tcg';
  const options = build.config === undefined ? undefined : parseConfig(readFileSync(build.config, 'utf8'));
  const problems = options === undefined ? [] : configProblems(options, architecture, build.modules !== undefined);
  if (problems.length > 0)
    throw new UsageError(`kernel ${build.release} (${build.origin}) cannot be tested: ${problems.join('; ')}`);
  const modules = build.modules === undefined ? [] : await resolveModules(build.modules, architecture.modules);
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-guest-'));
  const initramfs = join(folder, 'initramfs');
  const coverage = code === undefined ? undefined : collectCoverage(code, join(folder, 'translated'));
  const busybox = shell ? readFileSync(await findBusybox(architecture, choice.mirror)) : undefined;
  writeFileSync(initramfs, makeInitramfs(readFileSync(agent), modules, busybox));
  return {
    settings: {
      kind: 'kernel',
      image: build.image,
      architecture: build.architecture,
      initramfs,
      accelerator,
      ...(choice.append === undefined ? {} : { append: choice.append }),
      ...(coverage === undefined ? {} : { translated: coverage.translated }),
    },
    info: {
      name: 'linux',
      kind: 'kernel',
      kernel: build.release,
      arch: build.architecture,
      digest: `sha256:${createHash('sha256').update(readFileSync(build.image)).digest('hex')}`,
      ...(build.build === undefined ? {} : { build: build.build }),
      ...(build.commit === undefined ? {} : { commit: build.commit }),
      ...(build.version === undefined ? {} : { version: build.version }),
      commandLine: kernelCommandLine(build.architecture, choice.append),
      accelerator,
      ...(options === undefined ? {} : { config: notableOptions(options) }),
      host: hostInfo(),
    },
    ...(accelerator === 'tcg' ? { concurrency: CONCURRENCY_EMULATED } : {}),
    ...(coverage === undefined ? {} : { report: coverage.report }),
    close: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** The folder in which guests log what they translate, which it makes, and the report of it for the run's folder. */
function collectCoverage(
  code: MptcpCode,
  folder: string,
): { translated: { folder: string; filter: string }; report: (output: string) => Promise<string[]> } {
  mkdirSync(folder);
  return {
    translated: { folder, filter: filterOf(code.range) },
    report: (output) => reportCoverage(code, folder, output),
  };
}

/** Writes `lcov.info` and `code-coverage.txt` into the run's folder. @throws UsageError */
async function reportCoverage({ range, instructions }: MptcpCode, logs: string, output: string): Promise<string[]> {
  const reached = await readReached(logs);
  if (!instructions.some(({ address }) => reached.has(address)))
    throw new UsageError(
      `--code-coverage: nothing of MPTCP's code at ${filterOf(range)} was executed; does the vmlinux belong to the image?`,
    );
  const files = coverageOf(instructions, reached);
  const text = coverageText(files);
  writeFileSync(join(output, 'lcov.info'), toTracefile(files, 'mptcp-conformance'));
  writeFileSync(join(output, 'code-coverage.txt'), text);
  const table = text.slice(0, text.indexOf('\n\n')).split('\n');
  return ['', ...table, `functions that were not reached: ${join(output, 'code-coverage.txt')}`];
}

/** A range as QEMU's `-dfilter` has it. */
function filterOf({ start, end }: CodeRange): string {
  return `0x${start.toString(16)}+0x${(end - start).toString(16)}`;
}

/** The kernel that the option names, fetched where it is not here yet. @throws KernelError, UsageError */
async function fetchKernel(choice: KernelChoice): Promise<KernelBuild> {
  const wanted = parseWanted(choice.wanted);
  if (wanted.kind === 'file') return localKernel(wanted.path, choice.modules);
  if (choice.modules !== undefined) throw new UsageError('--modules is only for an image: --sut kernel:./bzImage');
  const { KernelStore } = await import('../../kernels/cache.ts');
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  return new KernelStore({ mirror: choice.mirror, say, architecture: wanted.architecture }).get(wanted.name);
}

/** The static busybox that is the guest's shell. @throws KernelError */
async function findBusybox(architecture: Architecture, mirror: string | undefined): Promise<string> {
  const { ensureBusybox } = await import('../../kernels/busybox.ts');
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  return ensureBusybox({ architecture, mirror, say });
}

/** KVM where a guest of this architecture really runs with it. @throws UsageError without QEMU */
async function chooseAccelerator(architecture: Architecture): Promise<'kvm' | 'tcg'> {
  const [qemu, kvm] = await Promise.all([checkQemu(architecture), checkKvm(architecture)]);
  if (!qemu.works) throw new UsageError(`kernels run in QEMU: ${qemu.detail}; ${qemu.remedy ?? ''}`);
  return kvm.works ? 'kvm' : 'tcg';
}
