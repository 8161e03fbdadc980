/**
 * Reads captures of any size from a file or a pipe, in bounded memory.
 *
 * `pcap-parser`, which reads the suite's own small captures (pcap-read.ts), joins all chunks that it has not finished
 * with on every read, stops at classic pcap with microseconds, and cannot say where a file breaks off; so it is not
 * fit for files of gigabytes, live captures and the other formats.
 */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CaptureFormatError, readerFor, type CaptureSink, type RecordReader } from './capture-format.ts';
import { CaptureError } from './pcap-error.ts';

/** End of a capture. */
export interface CaptureEnd {
  /** Bytes read, after decompression. */
  bytes: number;
  /** Reason why the file could not be read to its end; everything before was handed over. */
  problem?: string;
  /** The problem is only that the file ends in the middle of a record. */
  cutShort: boolean;
}

/** Bytes needed to tell formats apart. */
const HEAD = 24;
const CHUNK = 1024 * 1024;

/**
 * Reads a capture to its end: classic pcap and pcapng, in either byte order, gzipped or not.
 *
 * @param path a file, or `-` for standard input
 * @throws CaptureError when there is no such file, or it holds no capture at all
 */
export async function readCapture(path: string, sink: CaptureSink, input?: Readable): Promise<CaptureEnd> {
  const source = input ?? (path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK }));
  const feed = new Feed(path, sink);
  try {
    for await (const chunk of source) await feed.push(chunk as Buffer);
    await feed.end();
  } catch (error) {
    if (error instanceof CaptureError) throw error;
    if (error instanceof CaptureFormatError) return feed.problem(error.message);
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_') === true) {
      return feed.problem(`the compressed data is damaged: ${(error as Error).message}`);
    }
    throw new CaptureError(
      path,
      `cannot be read: ${(error as Error).message}`,
      'check the path and its permissions',
      error,
    );
  }
  return feed.finish();
}

/** Cuts a stream of chunks into records. */
class Feed {
  readonly #path: string;
  readonly #sink: CaptureSink;
  #reader: RecordReader | undefined;
  #rest: Uint8Array = new Uint8Array(0);
  #gunzip: { write(chunk: Buffer): Promise<void>; end(): Promise<void> } | undefined;
  bytes = 0;

  constructor(path: string, sink: CaptureSink) {
    this.#path = path;
    this.#sink = sink;
  }

  async push(chunk: Buffer): Promise<void> {
    if (this.#gunzip !== undefined) {
      await this.#gunzip.write(chunk);
      return;
    }
    const isFirst = this.bytes === 0 && this.#rest.length === 0;
    if (isFirst && chunk[0] === 0x1f && chunk[1] === 0x8b) {
      this.#gunzip = inflating((plain) => this.#take(plain));
      await this.#gunzip.write(chunk);
      return;
    }
    this.#take(chunk);
  }

  async end(): Promise<void> {
    await this.#gunzip?.end();
  }

  /** Records that lie whole in a chunk are read where they are; only what spans two is copied. */
  #take(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + chunk.length);
      bytes.set(this.#rest);
      bytes.set(chunk, this.#rest.length);
    }
    if (this.#reader === undefined) {
      if (bytes.length < HEAD) {
        this.#rest = bytes;
        return;
      }
      this.#reader = readerFor(bytes, this.#sink);
      if (this.#reader === undefined) throw this.#unknown(bytes);
    }
    // A plain Uint8Array slices several times faster than a Buffer.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const taken = this.#reader.read(plain, new DataView(plain.buffer, plain.byteOffset, plain.byteLength));
    this.bytes += taken;
    this.#rest = plain.slice(taken);
  }

  #unknown(bytes: Uint8Array): CaptureError {
    const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
    const program = COMPRESSIONS.find(([magic]) => start.startsWith(magic))?.[1];
    if (program !== undefined)
      return new CaptureError(
        this.#path,
        `is compressed by ${program}, expected pcap or pcapng, gzipped or not`,
        `write ${program} -dc ${this.#path} | mptcp-conformance check -`,
      );
    return new CaptureError(
      this.#path,
      `is not a capture: it starts with ${start}, expected pcap or pcapng, gzipped or not`,
      'convert it with editcap -F pcapng',
    );
  }

  problem(text: string): CaptureEnd {
    if (this.#reader === undefined) throw new CaptureError(this.#path, text, 'fetch the file again');
    return {
      bytes: this.bytes,
      problem: `${text}; the rest, from byte ${this.bytes} on, was not read`,
      cutShort: false,
    };
  }

  finish(): CaptureEnd {
    if (this.#reader === undefined) {
      throw new CaptureError(
        this.#path,
        `is truncated: expected a file header of ${HEAD} bytes, got ${this.#rest.length}`,
        'record it again',
      );
    }
    if (this.#rest.length === 0) return { bytes: this.bytes, cutShort: false };
    return {
      bytes: this.bytes,
      problem: `the file ends within a record, ${this.#rest.length} bytes after byte ${this.bytes}`,
      cutShort: true,
    };
  }
}

/** First octets of other compressed files, hexadecimal, with the program that reads them. */
const COMPRESSIONS: readonly (readonly [magic: string, program: string])[] = [
  ['fd377a585a00', 'xz'],
  ['28b52ffd', 'zstd'],
  ['425a68', 'bzip2'],
  ['04224d18', 'lz4'],
];

/** A decompressor that takes no more than it has handed on. */
function inflating(take: (plain: Uint8Array) => void): { write(chunk: Buffer): Promise<void>; end(): Promise<void> } {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  let failure: unknown;
  const ended = new Promise<void>((resolve) => {
    const fail = (error: unknown): void => {
      failure ??= error;
      gunzip.destroy();
      resolve();
    };
    gunzip.on('data', (plain: Buffer) => {
      try {
        if (failure === undefined) take(plain);
      } catch (error) {
        fail(error);
      }
    });
    gunzip.on('error', fail);
    gunzip.on('end', resolve);
  });
  const check = (): void => {
    if (failure !== undefined) throw failure instanceof Error ? failure : new Error('the compressed data is damaged');
  };
  return {
    write: async (chunk) => {
      check();
      if (gunzip.write(chunk)) return;
      const drained = new Promise<void>((resolve) => gunzip.once('drain', resolve));
      await Promise.race([drained, ended]);
      check();
    },
    end: async () => {
      check();
      gunzip.end();
      await ended;
      check();
    },
  };
}
