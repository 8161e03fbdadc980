/** The part of the npm package `pcap-parser` that is used here. */
declare module 'pcap-parser' {
  import type { Readable } from 'node:stream';

  export interface GlobalHeader {
    linkLayerType: number;
  }

  export interface PacketRecord {
    header: {
      timestampSeconds: number;
      timestampMicroseconds: number;
      /** Bytes in the file. */
      capturedLength: number;
      /** Bytes that were on the wire. */
      originalLength: number;
    };
    data: Buffer;
  }

  export interface Parser {
    on(event: 'globalHeader', listener: (header: GlobalHeader) => void): this;
    on(event: 'packet', listener: (packet: PacketRecord) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'end', listener: () => void): this;
  }

  export function parse(input: Readable): Parser;
}
