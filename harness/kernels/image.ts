/**
 * Reads what a kernel's image says of itself: for which architecture it was built, and its release.
 *
 * Sources: Linux's Documentation/arch/x86/boot.rst, arch/arm64/booting.rst and arch/riscv/boot-image-header.rst;
 * for s390 the layout of `struct parmarea` (arch/s390/include/asm/setup.h).
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { ARCHITECTURES, type ArchitectureName } from '../sut/architecture.ts';
import { KernelError } from './types.ts';

/** Facts read from a kernel image. */
export interface ImageFacts {
  architecture: ArchitectureName;
  /** `uname -r` of the kernel. */
  release: string;
  /** `uname -v`, where the image has it beside the release. */
  build?: string;
}

const VERSION_LIMIT = 256;
const X86 = { magic: 'HdrS', magicAt: 0x202, versionAt: 0x20e, base: 0x200 };
const S390 = { magic: 'S390EP', magicAt: 0x10008, versionAt: 0x10428 };
const ARM64 = { magic: 'ARM\x64', magicAt: 0x38 };
const RISCV = { magic: 'RISCV', magicAt: 0x30 };
const GZIP = '\x1f\x8b';
const ELF = '\x7fELF';
const ZBOOT = { magic: 'zimg', magicAt: 4 };
/** The banner of an uncompressed image; the release is the third word. */
const BANNER = 'Linux version ';

function holds(image: Buffer, text: string, at: number): boolean {
  return image.length >= at + text.length && image.toString('latin1', at, at + text.length) === text;
}

/** The line at a place, up to a line's end or a zero byte: the release, who built it, `uname -v`. */
function lineAt(image: Buffer, at: number): string {
  return image.toString('latin1', at, at + VERSION_LIMIT).split(/[\0\n]/)[0] ?? '';
}

function afterBanner(image: Buffer): string {
  const at = image.indexOf(BANNER);
  return at < 0 ? '' : lineAt(image, at + BANNER.length);
}

/** Signature of each architecture's image, and offset of its version. Little-endian except for s390. */
const FORMATS: Readonly<Record<ArchitectureName, { is(image: Buffer): boolean; version(image: Buffer): string }>> = {
  x86_64: {
    is: (image) => holds(image, X86.magic, X86.magicAt),
    version: (image) => lineAt(image, image.readUInt16LE(X86.versionAt) + X86.base),
  },
  aarch64: { is: (image) => holds(image, ARM64.magic, ARM64.magicAt), version: afterBanner },
  s390x: {
    is: (image) => holds(image, S390.magic, S390.magicAt),
    version: (image) => lineAt(image, Number(image.readBigUInt64BE(S390.versionAt))),
  },
  riscv64: { is: (image) => holds(image, RISCV.magic, RISCV.magicAt), version: afterBanner },
};

function unpack(image: Buffer, file: string): Buffer {
  if (!holds(image, GZIP, 0)) return image;
  try {
    return gunzipSync(image);
  } catch (error) {
    throw new KernelError(`${file}: damaged or truncated: ${(error as Error).message}`, { cause: error });
  }
}

/** Images that a guest starts from, for messages. */
const IMAGE_PATHS: string = Object.values(ARCHITECTURES)
  .map(({ images: [first = ''] }) => first)
  .join(', ');

/** Reads the bytes of an image. @param file its name, for messages @throws KernelError */
export function identify(bytes: Buffer, file: string): ImageFacts {
  const image = unpack(bytes, file);
  const name = (Object.keys(FORMATS) as ArchitectureName[]).find((one) => FORMATS[one].is(image));
  if (name === undefined) {
    if (holds(image, ZBOOT.magic, ZBOOT.magicAt)) {
      throw new KernelError(`${file}: an EFI zboot image, which QEMU does not start; give arch/arm64/boot/Image`);
    }
    const what = holds(image, ELF, 0) ? 'an ELF file (vmlinux), which QEMU does not start' : 'not a kernel image';
    throw new KernelError(`${file}: ${what}; give one of ${IMAGE_PATHS}`);
  }
  const version = FORMATS[name].version(image);
  const release = version.split(' ', 1)[0] ?? '';
  const build = / (#\d+.*)$/.exec(version)?.[1];
  if (!/^\d+\.\d+/.test(release)) {
    throw new KernelError(`${file}: the image has no version string; it is damaged or truncated`);
  }
  return { architecture: name, release, ...(build === undefined ? {} : { build }) };
}

/** Reads the image in a file. @throws KernelError */
export function readImage(file: string): ImageFacts {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new KernelError(`${file}: cannot be read: ${(error as Error).message}; give one of ${IMAGE_PATHS}`, {
      cause: error,
    });
  }
  return identify(bytes, file);
}
