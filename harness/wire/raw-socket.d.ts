/** The part of the npm package `raw-socket` 1.8 that the suite uses; the package brings no types. */
declare module 'raw-socket' {
  export interface RawSocketOptions {
    /** 1 is IPv4, 2 is IPv6. */
    addressFamily: 1 | 2;
    /** IP protocol number. */
    protocol: number;
    /** Bytes of the one receive buffer. */
    bufferSize: number;
  }

  export interface RawSocket {
    on(event: 'message', listener: (buffer: Buffer, source: string) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'close', listener: () => void): this;
    off(event: 'error', listener: (error: Error) => void): this;
    /** Reads one packet now: emits `message`, or `error` with the system's text (also when none is there). */
    onRecvReady(): void;
    /** Queues a packet; the queue is first in, first out. `before` runs just before the system call. */
    send(
      buffer: Buffer,
      offset: number,
      length: number,
      address: string,
      before: () => void,
      after: (error: Error | null, bytes: number) => void,
    ): this;
    /** @throws Error with the system's text */
    setOption(level: number, option: number, value: number): void;
    setOption(level: number, option: number, value: Buffer, length: number): void;
    close(): this;
  }

  export function createSocket(options: RawSocketOptions): RawSocket;
}
