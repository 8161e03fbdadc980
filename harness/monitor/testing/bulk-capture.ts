/** For tests and benchmarks: a capture of a bulk transfer, as large as wanted. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { idsn } from '../../mptcp/index.ts';
import { encodePacket, FLAG } from '../../packet/index.ts';
import type { OptionDss, TcpOption } from '../../packet/types.ts';
import { Conversation } from './conversation.ts';

/** Parameters of the capture. */
export interface BulkChoice {
  packets: number;
  /** Bytes of payload of a data segment. */
  segment: number;
  /** Connections one after the other; each has its share of the packets. */
  connections?: number;
}

const KEYS = [0x0123456789abcdefn, 0xfedcba9876543210n] as const;
const CHUNK = 1024 * 1024;

/** Writes packets to a classic pcap file, many at a time. */
class BulkWriter {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(CHUNK + 70_000);
  readonly #view = new DataView(this.#buffer.buffer);
  #used = 24;
  count = 0;

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
    this.#view.setUint32(0, 0xa1b2c3d4, true);
    this.#view.setUint32(4, 0x00040002, true);
    this.#view.setUint32(16, 262_144, true);
    this.#view.setUint32(20, 101, true);
  }

  write(bytes: Uint8Array): void {
    const micros = 1_700_000_000_000_000 + this.count * 3;
    this.#view.setUint32(this.#used, Math.floor(micros / 1e6), true);
    this.#view.setUint32(this.#used + 4, micros % 1e6, true);
    this.#view.setUint32(this.#used + 8, bytes.length, true);
    this.#view.setUint32(this.#used + 12, bytes.length, true);
    this.#buffer.set(bytes, this.#used + 16);
    this.#used += 16 + bytes.length;
    this.count++;
    if (this.#used >= CHUNK) this.#flush();
  }

  #flush(): void {
    writeSync(this.#fd, this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  close(): void {
    this.#flush();
    closeSync(this.#fd);
  }
}

/** Two data segments, then an ACK for them, again and again. Returns the packets written. */
export function writeBulkCapture(path: string, { packets, segment, connections = 1 }: BulkChoice): number {
  const out = new BulkWriter(path);
  for (let i = 0; i < connections; i++) writeConnection(out, Math.floor(packets / connections), segment, 20_000 + i);
  out.close();
  return out.count;
}

function writeConnection(out: BulkWriter, packets: number, segment: number, port: number): void {
  const c = new Conversation();
  const flush = (): void => {
    for (const { packet } of c.packets) out.write(encodePacket(packet));
    c.packets.length = 0;
  };
  const until = out.count + packets;
  const a = c.line(0, port, 10, 5001, [1, 1]);
  c.send('syn', a, 0, FLAG.SYN, [c.capable()]);
  c.send('synack', a, 1, FLAG.SYN | FLAG.ACK, [c.capable({ senderKey: KEYS[1] })]);
  c.send('third', a, 0, FLAG.ACK, [c.capable({ senderKey: KEYS[0], receiverKey: KEYS[1] })]);
  flush();
  const end = a.ends[0];
  const payload = new Uint8Array(segment).fill(0x61);
  let dsn = 1;
  while (out.count < until - 3) {
    for (let i = 0; i < 2; i++) {
      const map: TcpOption = mapping(dsn, (end.next - end.isn) >>> 0, segment);
      c.send('data', a, 0, FLAG.ACK, [map], payload);
      dsn += segment;
    }
    c.received(1, dsn);
    c.ack('ack', a, 1, 1);
    flush();
  }
  c.send('reset', a, 0, FLAG.RST | FLAG.ACK, []);
  flush();
}

function mapping(dsn: number, ssn: number, length: number): OptionDss {
  return {
    kind: 'dss',
    reserved: 0,
    dataFin: false,
    dsn8: true,
    hasMap: true,
    dataAck8: true,
    hasDataAck: true,
    dataAck: BigInt.asUintN(64, idsn(KEYS[1]) + 1n),
    dsn: BigInt.asUintN(64, idsn(KEYS[0]) + BigInt(dsn)),
    ssn,
    dataLength: length,
  };
}
