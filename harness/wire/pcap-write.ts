import { closeSync, constants, ftruncateSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../document/make-folder.ts';
import { CaptureError } from './pcap-error.ts';

/** Link type of packets that start with their IPv4 or IPv6 header (LINKTYPE_RAW). */
export const LINKTYPE_RAW = 101;

/** The largest packet that readers accept; an IP packet never exceeds it. */
const SNAPLEN = 262_144;

/** Appending, so that the next record goes to the right place also after the file was cut back. */
const OPEN_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

/** Writes bytes to a file descriptor and returns how many were taken, as `fs.writeSync` does. */
export type WriteSync = (fd: number, bytes: Uint8Array) => number;

/**
 * Writes a classic pcap file: little-endian, microseconds, link type 101.
 *
 * Every record goes to the operating system in full before `write` returns, so a process that is killed loses nothing.
 * When a record cannot be written whole, the file is cut back to the end of the record before it and stays readable.
 */
export class PcapWriter {
  readonly #path: string;
  readonly #fd: number;
  readonly #writeSync: WriteSync;
  #count = 0;
  #size = 0;
  #open = true;

  /**
   * Creates the file, or empties it.
   *
   * @param write the system's write; given only by tests of what happens when a disk is full
   * @throws CaptureError when the file cannot be created or written
   */
  constructor(path: string, write: WriteSync = writeSync) {
    this.#path = path;
    this.#writeSync = write;
    try {
      this.#fd = openSync(path, OPEN_FLAGS);
    } catch (error) {
      throw writeFailure(path, error);
    }
    try {
      this.#append(fileHeader());
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Packets written so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Appends one packet.
   *
   * @param at milliseconds since 1970, fractional; kept to the microsecond
   * @param bytes the IP packet, or the first bytes of it
   * @param originalLength bytes of the whole packet
   * @throws CaptureError when the disk is full, the file is closed or the time is out of range
   */
  write(at: number, bytes: Uint8Array, originalLength = bytes.length): void {
    this.#append(recordOf(this.#path, at, bytes, originalLength));
    this.#count++;
  }

  /** Closes the file; a second call does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
  }

  /** Writes `bytes` in full, or nothing. */
  #append(bytes: Uint8Array): void {
    if (!this.#open) throw new CaptureError(this.#path, 'is already closed', 'write before close()');
    let written = 0;
    try {
      // A single write may be cut short by a disk that fills up; the next one then says why.
      while (written < bytes.length) written += this.#writeSync(this.#fd, bytes.subarray(written));
    } catch (error) {
      if (written > 0) ftruncateSync(this.#fd, this.#size);
      throw writeFailure(this.#path, error);
    }
    this.#size += bytes.length;
  }
}

/** A capture as {@link PcapWriter} writes it, in memory: most are of a few packets, and a file costs as much as a scenario. */
export class PcapBuffer {
  readonly #path: string;
  readonly #records: Uint8Array[] = [fileHeader()];

  /** @param path what errors call the capture */
  constructor(path: string) {
    this.#path = path;
  }

  /** Copies a packet, as {@link PcapWriter.write}. @throws CaptureError when the time is out of range */
  write(at: number, bytes: Uint8Array): void {
    this.#records.push(recordOf(this.#path, at, bytes, bytes.length));
  }

  /** The bytes of the file. */
  contents(): Buffer {
    return Buffer.concat(this.#records);
  }
}

/** Writes a whole capture, making its folder; no part of it stays where that fails. @throws CaptureError */
export function saveCapture(path: string, contents: Uint8Array): void {
  let isMade = false;
  try {
    makeFolder(dirname(path));
    isMade = true;
    writeFileSync(path, contents);
  } catch (error) {
    if (isMade) rmSync(path, { force: true });
    throw writeFailure(path, error);
  }
}

function fileHeader(): Uint8Array {
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, 0xa1b2c3d4, true);
  header.setUint16(4, 2, true);
  header.setUint16(6, 4, true);
  header.setUint32(16, SNAPLEN, true);
  header.setUint32(20, LINKTYPE_RAW, true);
  return new Uint8Array(header.buffer);
}

/** A packet with its header, see {@link PcapWriter.write}. @throws CaptureError when the time is out of range */
function recordOf(path: string, at: number, bytes: Uint8Array, originalLength: number): Uint8Array {
  const micros = Math.round(at * 1000);
  const seconds = Math.floor(micros / 1_000_000);
  if (!(seconds >= 0 && seconds <= 0xffffffff)) {
    throw new CaptureError(path, `time ${at} is not in 1970..2106`, 'pass milliseconds since 1970');
  }
  const record = new Uint8Array(16 + bytes.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, seconds, true);
  view.setUint32(4, micros - seconds * 1_000_000, true);
  view.setUint32(8, bytes.length, true);
  view.setUint32(12, originalLength, true);
  record.set(bytes, 16);
  return record;
}

function writeFailure(path: string, error: unknown): CaptureError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new CaptureError(path, `cannot be written: ${message}`, remedyFor(code), error);
}

function remedyFor(code: string): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk or quota is full: free some space, or put the reports on another disk';
    case 'EFBIG':
      return 'the file size limit is reached: raise it with ulimit -f';
    case 'ENOENT':
    case 'ENOTDIR':
      return 'create its directory first';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'choose a directory that you may write to';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open: run fewer scenarios at once, or raise ulimit -n';
    default:
      return 'check the disk and the path';
  }
}
