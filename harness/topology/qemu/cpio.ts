/** Writes the archive that Linux unpacks at its start: `cpio` in the `newc` form (kernel: buffer-format.rst). Pure. */

/** One entry. Folders have to come before what is in them. */
export interface CpioEntry {
  /** Path without a leading slash. */
  path: string;
  /** Content; a folder when it is missing. */
  content?: Uint8Array;
  /** Character device: major and minor number; then there is no content. */
  device?: readonly [major: number, minor: number];
  /** Permission bits, such as 0o755. */
  mode: number;
}

const FOLDER = 0o040000;
const FILE = 0o100000;
const CHARACTER_DEVICE = 0o020000;
const END = 'TRAILER!!!';

function padded(bytes: Uint8Array): Uint8Array[] {
  const gap = (4 - (bytes.length % 4)) % 4;
  return gap === 0 ? [bytes] : [bytes, new Uint8Array(gap)];
}

function entryBytes(
  { path, content = new Uint8Array(0), device = [0, 0], mode }: CpioEntry,
  inode: number,
  type: number,
): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  const numbers = [inode, type | mode, 0, 0, 1, 0, content.length, 0, 0, ...device, name.length, 0];
  const header = `070701${numbers.map((number) => number.toString(16).toUpperCase().padStart(8, '0')).join('')}`;
  return [...padded(Buffer.concat([Buffer.from(header), name])), ...padded(content)];
}

/** The archive, uncompressed; owners are root, times are zero, so that equal entries make equal archives. */
export function writeCpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => {
    const type = entry.device !== undefined ? CHARACTER_DEVICE : entry.content === undefined ? FOLDER : FILE;
    return entryBytes(entry, index + 1, type);
  });
  return Buffer.concat([...parts, ...entryBytes({ path: END, mode: 0 }, 0, 0)]);
}
