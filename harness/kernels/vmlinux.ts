/** Reads a kernel with debug information by binutils, and QEMU's logs of what was executed. */
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { UsageError } from '../document/explained-error.ts';
import {
  instructionsIn,
  listedAddresses,
  loggedAddress,
  mptcpRange,
  type CodeRange,
  type Instruction,
} from './code-coverage.ts';

/** Folder of the kernel's tree whose coverage is told. */
const FOLDER = 'net/mptcp';

/** MPTCP's code in a `vmlinux`. @throws UsageError without binutils, or if MPTCP is not built in */
export async function findMptcp(vmlinux: string): Promise<CodeRange> {
  if (!existsSync(vmlinux))
    throw new UsageError(`--code-coverage: ${vmlinux} does not exist; give the vmlinux of the kernel`);
  const range = mptcpRange(await binutils(['nm', '-n', vmlinux]));
  if (range !== undefined) return range;
  throw new UsageError(
    `--code-coverage: ${vmlinux} has no symbols of MPTCP; it must be built in, and the file not stripped`,
  );
}

/** The instructions of MPTCP's code with their source. @throws UsageError without debug information */
export async function readInstructions(vmlinux: string, { start, end }: CodeRange): Promise<Instruction[]> {
  const hex = (address: bigint): string => `0x${address.toString(16)}`;
  const range = [`--start-address=${hex(start)}`, `--stop-address=${hex(end)}`];
  const listing = await binutils(['objdump', '-d', '--no-show-raw-insn', ...range, vmlinux]);
  const addresses = listedAddresses(listing).map((address) => `0x${address}\n`);
  const found = instructionsIn(await binutils(['addr2line', '-a', '-f', '-e', vmlinux], addresses.join('')), FOLDER);
  if (found.length > 0) return found;
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

/** Longest that one of these programs takes on a kernel with all its debug information, milliseconds. */
const LIMIT_MS = 600_000;
/** Most that one of them prints, bytes. */
const MOST_OUTPUT = 1_000_000_000;

async function binutils([program = '', ...args]: readonly string[], input = ''): Promise<string> {
  const { execa } = await import('execa');
  const { exitCode, code, stdout, stderr, originalMessage } = await execa(program, args, {
    input,
    timeout: LIMIT_MS,
    maxBuffer: MOST_OUTPUT,
    reject: false,
  });
  if (exitCode === 0) return stdout;
  if (code === 'ENOENT') throw new UsageError(`--code-coverage needs ${program}; apt-get install binutils`);
  throw new UsageError(
    `--code-coverage: ${program} failed: ${(stderr || (originalMessage ?? '')).trim().split('\n').at(-1) ?? ''}`,
  );
}
