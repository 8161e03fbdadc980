/** Reads what a bzImage says of itself (Linux: Documentation/arch/x86/boot.rst). */
import { closeSync, openSync, readSync } from 'node:fs';
import { KernelError } from './types.ts';

const MAGIC = 'HdrS';
const MAGIC_AT = 0x202;
/** Two octets: where the version's text is, less 0x200. */
const VERSION_AT = 0x20e;
const SETUP_OCTETS = 0x10000;
const VERSION_LIMIT = 256;

/** The release that the kernel will call itself, read from the octets of a bzImage. @throws KernelError */
export function releaseOf(image: Buffer, file: string): string {
  if (image.length < VERSION_AT + 2 || image.toString('latin1', MAGIC_AT, MAGIC_AT + MAGIC.length) !== MAGIC) {
    throw new KernelError(
      `${file}: not a bzImage; give arch/x86/boot/bzImage of a build for x86-64 (vmlinux will not do)`,
    );
  }
  const at = image.readUInt16LE(VERSION_AT) + 0x200;
  const text = image.toString('latin1', at, at + VERSION_LIMIT).split('\0')[0] ?? '';
  const release = text.split(' ')[0] ?? '';
  if (release === '')
    throw new KernelError(`${file}: this bzImage does not say its version; it is damaged or cut short`);
  return release;
}

/** The release of the kernel in a file. @throws KernelError */
export function readRelease(file: string): string {
  const head = Buffer.alloc(SETUP_OCTETS);
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    throw new KernelError(`${file}: cannot be read: ${(error as Error).message}; give a bzImage`, { cause: error });
  }
  try {
    const got = readSync(fd, head, 0, head.length, 0);
    return releaseOf(head.subarray(0, got), file);
  } finally {
    closeSync(fd);
  }
}
