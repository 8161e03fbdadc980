/** Checks of the machine that need nothing but Node.js. */
import { existsSync, statfsSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { DEFAULT_OUTPUT } from '../inputs/arguments.ts';
import { lacks, works, type Check } from '../../topology/machine/check.ts';

const NODE_MINIMUM = [20, 19] as const;
/** Room that evidence and results of a run take, generously, in bytes. */
const ROOM = 200 * 2 ** 20;

/** Is Node.js new enough? */
export function checkNode(version = process.versions.node): Check {
  const subject = { id: 'node', title: 'Node.js', needed: true };
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < NODE_MINIMUM[0] || (major === NODE_MINIMUM[0] && minor < NODE_MINIMUM[1]);
  return isOld
    ? lacks(subject, version, `install ${NODE_MINIMUM.join('.')} or newer from https://nodejs.org`)
    : works(subject, version);
}

/** Is this Linux, and which? */
export function checkKernel(): Check {
  const subject = { id: 'kernel', title: 'kernel', needed: true };
  if (process.platform !== 'linux')
    return lacks(subject, process.platform, 'namespaces need Linux: use a Linux machine or virtual machine');
  return works(
    subject,
    `Linux ${release()}, ${process.arch}, as ${process.getuid?.() === 0 ? 'root' : 'an ordinary user'}`,
  );
}

/** Is there room for evidence and results? */
export function checkDisk(output = DEFAULT_OUTPUT): Check {
  const subject = { id: 'disk', title: 'disk space', needed: true };
  const folders = [existing(resolve(output)), tmpdir()];
  const rooms = folders.map((folder) => ({ folder, free: freeIn(folder) }));
  const tight = rooms.find(({ free }) => free < ROOM);
  if (tight !== undefined) {
    return lacks(
      subject,
      `${inMiB(tight.free)} free in ${tight.folder}, ${inMiB(ROOM)} needed`,
      'free some space, or choose other folders with --output and TMPDIR',
    );
  }
  return works(subject, rooms.map(({ folder, free }) => `${inMiB(free)} free in ${folder}`).join(', '));
}

/** The folder, or the one above it that is there. */
function existing(folder: string): string {
  return existsSync(folder) ? folder : existing(dirname(folder));
}

function freeIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function inMiB(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)} MiB`;
}
