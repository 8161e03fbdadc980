/** Reads a kernel with debug information by binutils, and QEMU's logs of what was executed. */
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { UsageError } from '../document/explained-error.ts';
import { hostArchitecture, type Architecture } from '../sut/architecture.ts';
import {
  buildIn,
  instructionsIn,
  listedAddresses,
  loggedAddress,
  mptcpRange,
  type CodeRange,
  type Instruction,
} from './code-coverage.ts';
import type { KernelBuild } from './types.ts';

/** MPTCP in a `vmlinux`. */
export interface MptcpCode {
  range: CodeRange;
  /** Those of `net/mptcp` in the range, with their source. */
  instructions: Instruction[];
}

/** Folder of the kernel's tree whose coverage is told. */
const FOLDER = 'net/mptcp';

/**
 * Finds MPTCP's code and its source.
 *
 * @param vmlinux path of the ELF file
 * @param image the kernel that runs
 * @throws UsageError without binutils or debug information, if MPTCP is not built in, or if the two are of different builds
 */
export async function readVmlinux(
  vmlinux: string,
  image: Pick<KernelBuild, 'release' | 'build'>,
  architecture: Architecture,
): Promise<MptcpCode> {
  if (!existsSync(vmlinux))
    throw new UsageError(`--code-coverage: ${vmlinux} does not exist; give the vmlinux of the kernel`);
  const range = mptcpRange(await binutils(architecture, ['nm', '-n', vmlinux]));
  if (range === undefined)
    throw new UsageError(
      `--code-coverage: ${vmlinux} has no symbols of MPTCP; it must be built in, and the file not stripped`,
    );
  await requireSameBuild(vmlinux, image);
  const limits = [`--start-address=${hex(range.start)}`, `--stop-address=${hex(range.end)}`];
  const listing = await binutils(architecture, ['objdump', '-d', '--no-show-raw-insn', ...limits, vmlinux]);
  const addresses = listedAddresses(listing).map((address) => `0x${address}\n`);
  const places = await binutils(architecture, ['addr2line', '-a', '-f', '-i', '-e', vmlinux], addresses.join(''));
  const instructions = instructionsIn(places, FOLDER);
  if (instructions.length > 0) return { range, instructions };
  throw new UsageError(
    `--code-coverage: ${vmlinux} has no line numbers for ${FOLDER}; build with CONFIG_DEBUG_INFO_DWARF5=y, or install Debian's linux-image-*-dbg`,
  );
}

/** Addresses that QEMU logged with `-d in_asm` into the files of a folder. */
export async function readReached(folder: string): Promise<Set<string>> {
  const reached = new Set<string>();
  for (const name of readdirSync(folder))
    for await (const line of createInterface({ input: createReadStream(join(folder, name)) })) {
      const address = loggedAddress(line);
      if (address !== undefined) reached.add(address);
    }
  return reached;
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}

/** An image says its build where its format has a place for it; without one, there is nothing to compare. */
async function requireSameBuild(vmlinux: string, image: Pick<KernelBuild, 'release' | 'build'>): Promise<void> {
  if (image.build === undefined) return;
  const found = await findBuild(vmlinux);
  if (found === undefined)
    throw new UsageError(`--code-coverage: ${vmlinux} has no "Linux version"; give the whole vmlinux of the kernel`);
  if (found.release === image.release && found.build === image.build) return;
  throw new UsageError(
    `--code-coverage: ${vmlinux} is Linux ${found.release} ${found.build}, but the image is ${image.release} ${image.build}; give the vmlinux of the same build`,
  );
}

/** Longest banner, bytes. */
const BANNER_LIMIT = 1024;

async function findBuild(vmlinux: string): Promise<ReturnType<typeof buildIn>> {
  let rest = '';
  for await (const chunk of createReadStream(vmlinux, { encoding: 'latin1', highWaterMark: 2 ** 20 })) {
    const text = rest + String(chunk);
    const found = buildIn(text);
    if (found !== undefined) return found;
    rest = text.slice(-BANNER_LIMIT);
  }
  return undefined;
}

/** Longest that one of these programs takes on a kernel with all its debug information, milliseconds. */
const LIMIT_MS = 600_000;
/** Most that one of them prints, bytes. */
const MOST_OUTPUT = 1_000_000_000;

/** Runs a program of binutils, for a foreign architecture that of its cross compiler. @throws UsageError */
async function binutils(architecture: Architecture, [tool = '', ...args]: string[], input = ''): Promise<string> {
  const { execa } = await import('execa');
  const prefix = architecture.name === hostArchitecture()?.name ? '' : architecture.compiler.prefix;
  const program = `${prefix}${tool}`;
  const { exitCode, code, stdout, stderr, originalMessage } = await execa(program, args, {
    input,
    timeout: LIMIT_MS,
    maxBuffer: MOST_OUTPUT,
    reject: false,
  });
  if (exitCode === 0) return stdout;
  if (code === 'ENOENT') throw new UsageError(`--code-coverage needs ${program}; apt-get install ${packageOf(prefix)}`);
  throw new UsageError(
    `--code-coverage: ${program} failed: ${(stderr || (originalMessage ?? '')).trim().split('\n').at(-1) ?? ''}`,
  );
}

/** Debian's package of the programs with a prefix: `binutils-x86-64-linux-gnu`. */
function packageOf(prefix: string): string {
  return prefix === '' ? 'binutils' : `binutils-${prefix.replace(/-$/, '').replaceAll('_', '-')}`;
}
