/** A static busybox of an architecture: the shell of guests. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hostArchitecture } from '../sut/architecture.ts';
import { KernelStore, unpack, type StoreOptions } from './cache.ts';
import { KernelError } from './types.ts';

const PACKAGE = 'busybox-static';
const PLACES = ['usr/bin/busybox', 'bin/busybox'];
/** Type of the program header that names a dynamic loader. */
const PT_INTERP = 3;

/** Whether an ELF program of 64 bits needs no loader. Pure. */
function isStatic(program: Buffer): boolean {
  if (program.length < 64 || program.toString('latin1', 0, 4) !== '\x7fELF' || program[4] !== 2) return false;
  const isLittle = program[5] === 1;
  const read16 = (at: number): number => (isLittle ? program.readUInt16LE(at) : program.readUInt16BE(at));
  const read32 = (at: number): number => (isLittle ? program.readUInt32LE(at) : program.readUInt32BE(at));
  const table = Number(isLittle ? program.readBigUInt64LE(32) : program.readBigUInt64BE(32));
  const [size, count] = [read16(54), read16(56)];
  return !Array.from({ length: count }, (_, index) => table + index * size).some(
    (at) => at + 4 <= program.length && read32(at) === PT_INTERP,
  );
}

/**
 * The path of a static busybox: this machine's, the one in the cache, or Debian's package, fetched as kernels are.
 *
 * @throws KernelError when it cannot be had
 */
export async function ensureBusybox(options: StoreOptions): Promise<string> {
  const { architecture } = options;
  const own = PLACES.map((place) => join('/', place)).find((path) => existsSync(path));
  if (own !== undefined && architecture === hostArchitecture() && isStatic(readFileSync(own))) return own;
  const store = new KernelStore(options);
  const kept = join(store.folder, `busybox-${architecture.debian}`);
  if (existsSync(kept)) return kept;
  const work = join(store.folder, `.busybox.${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    await store.download(PACKAGE, work);
    for (const deb of readdirSync(work).filter((name) => name.endsWith('.deb'))) await unpack(join(work, deb), work);
    const found = PLACES.map((place) => join(work, place)).find((path) => existsSync(path));
    if (found === undefined || !isStatic(readFileSync(found)))
      throw new KernelError(`package ${PACKAGE} for ${architecture.debian} has no static busybox`);
    copyFileSync(found, `${kept}.${process.pid}`);
    renameSync(`${kept}.${process.pid}`, kept);
    return kept;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
