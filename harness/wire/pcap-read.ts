import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { parse, type Parser } from 'pcap-parser';
import { CaptureError } from './pcap-error.ts';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** One packet of a capture file. */
interface CapturedPacket {
  /** Milliseconds since 1970, to the microsecond. */
  at: number;
  bytes: Uint8Array;
  /** Bytes on the wire; more than `bytes` holds when the capture cut the packet. */
  originalLength: number;
}

/** The contents of a capture file. */
export interface Capture {
  /** The link type of the file; 101 for packets that start with their IP header. */
  linkType: number;
  packets: CapturedPacket[];
}

/**
 * Reads a classic pcap file of either byte order with microsecond times.
 *
 * @throws CaptureError when the file cannot be read, is of another format, or ends in the middle of a record
 */
export async function readPcap(path: string): Promise<Capture> {
  return parsePcap(path, await load(path));
}

/** As {@link readPcap}, of the bytes of a file. @param path what errors call it @throws CaptureError */
export async function parsePcap(path: string, contents: Buffer): Promise<Capture> {
  if (contents.length < FILE_HEADER) {
    const problem = `is truncated: expected a file header of ${FILE_HEADER} bytes, got ${contents.length}`;
    throw new CaptureError(path, problem, 'record it again; its writer stopped before the header was complete');
  }
  const capture = await collect(path, contents);
  checkEnd(path, capture, contents.length);
  return capture;
}

async function load(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const remedy = code === 'ERR_FS_FILE_TOO_LARGE' ? 'split it with editcap -c' : 'check the path and its permissions';
    throw new CaptureError(path, `cannot be read: ${message}`, remedy, error);
  }
}

/**
 * Runs the parser over the whole file as a single chunk. It joins chunks with the deprecated `new Buffer`, copying all
 * that is left each time; a first and only chunk is taken as it is, so neither the warning nor the copies come up.
 */
function collect(path: string, contents: Buffer): Promise<Capture> {
  return new Promise((resolve, reject) => {
    const capture: Capture = { linkType: 0, packets: [] };
    const parser: Parser = parse(Readable.from([contents]));
    parser.on('globalHeader', (header) => (capture.linkType = header.linkLayerType));
    parser.on('packet', ({ header, data }) =>
      capture.packets.push({
        at: header.timestampSeconds * 1000 + header.timestampMicroseconds / 1000,
        bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        originalLength: header.originalLength,
      }),
    );
    parser.on('error', (error) =>
      reject(
        new CaptureError(
          path,
          `is not a classic pcap file: ${error.message}`,
          'convert it with editcap -F pcap',
          error,
        ),
      ),
    );
    parser.on('end', () => resolve(capture));
  });
}

/** The parser stays silent about a last record that is not whole; the bytes that it consumed tell. */
function checkEnd(path: string, { packets }: Capture, size: number): void {
  const consumed = packets.reduce((sum, packet) => sum + RECORD_HEADER + packet.bytes.length, FILE_HEADER);
  if (consumed === size) return;
  throw new CaptureError(
    path,
    `is truncated: record ${packets.length + 1} starts at byte ${consumed}, but the file ends within it, at ${size}`,
    'record it again, or truncate it there',
  );
}
