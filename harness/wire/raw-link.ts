/** A link's port on raw sockets: whole IP packets out and in, and a fence by ICMP echo. */
import { performance } from 'node:perf_hooks';
import type { RawSocket } from 'raw-socket';
import { decodeEchoReply, encodeEchoRequest, synthesizeIpv6 } from '../packet/index.ts';
import { outsideProblem } from './inside.ts';
import { openSocket, readWaiting, type SocketPlace } from './link-socket.ts';
import { NOTHING_TO_READ, wireError } from './system-error.ts';
import { WireError } from './types.ts';
import type { WirePacket, WirePort } from './types.ts';

const TCP = 6;
const ICMP = { ipv4: 1, ipv6: 58 } as const;
const LARGEST_PACKET = 65536;
const LARGEST_ICMP = 2048;

/** Parameters of a port. */
export interface PortOptions extends SocketPlace {
  /** Source of the echo fence, and destination of received IPv6 packets unless `destinationOf` knows better. */
  testerAddress: string;
  /** The SUT's address on this link: what the fence asks, and the next hop of everything sent. */
  sutAddress: string;
  /** Hears of every TCP packet, sent or received, in order. Echoes of the fence are not told. */
  onPacket: (packet: WirePacket) => void;
  /** Hears of a failure that no promise reports (the socket died while receiving). */
  onError?: (error: WireError) => void;
  /**
   * IPv6 only: the address that a received segment was sent to. The kernel hands over the segment without its
   * header, so a conversation that uses another address than `testerAddress` tells by the ports.
   */
  destinationOf?: (segment: Uint8Array, source: string) => string | undefined;
}

interface PendingEcho {
  sentAt: number;
  timer: NodeJS.Timeout;
  resolve: (roundTrip: number) => void;
  reject: (error: WireError) => void;
}

let lastEchoId = process.pid & 0xffff;
/**
 * Open ports. The addon's sockets are weak: one that only its own listeners refer to would be collected, and closed,
 * while someone waits for a packet from it.
 */
const open = new Set<WirePort>();
let waking = false;

/**
 * The addon calls us without a callback scope, so promises that we resolve would wait for the loop's next event.
 * An immediate gives them their turn at once.
 */
function wakePromises(): void {
  if (!waking) {
    waking = true;
    setImmediate(() => {
      waking = false;
    });
  }
}

class RawPort implements WirePort {
  readonly link: string;
  readonly #options: PortOptions;
  readonly #tcp: RawSocket;
  readonly #icmp: RawSocket;
  readonly #echoId: number;
  readonly #echoes = new Map<number, PendingEcho>();
  readonly #unsent = new Set<(error: WireError) => void>();
  #echoSeq = 0;
  #failure: WireError | undefined;

  constructor(options: PortOptions) {
    this.link = options.link;
    this.#options = options;
    lastEchoId = (lastEchoId + 1) & 0xffff;
    this.#echoId = lastEchoId;
    this.#tcp = openSocket(options, TCP, LARGEST_PACKET);
    try {
      this.#icmp = openSocket(options, ICMP[options.family], LARGEST_ICMP);
    } catch (error) {
      this.#tcp.close();
      throw error;
    }
    this.#tcp.on('message', (buffer, source) => this.#receive(buffer, source));
    this.#tcp.on('error', (error) => this.#receiveFailed(error));
    this.#icmp.on('message', (buffer) => this.#receiveEcho(buffer));
    this.#icmp.on('error', (error) => this.#receiveFailed(error));
  }

  send(bytes: Uint8Array): Promise<void> {
    let at = 0;
    const before = (): void => {
      at = performance.now();
    };
    return this.#write(bytes, before, (sent) => {
      this.#tell({ at, direction: 'out', link: this.link, bytes: sent });
    });
  }

  async echo(timeoutMs: number): Promise<number> {
    const { family, testerAddress, sutAddress } = this.#options;
    this.#echoSeq = (this.#echoSeq + 1) & 0xffff;
    const seq = this.#echoSeq;
    const request = encodeEchoRequest({ family, src: testerAddress, dst: sutAddress, id: this.#echoId, seq });
    const answer = this.#expectEcho(seq, timeoutMs);
    // Through the TCP socket, so that it queues after everything sent before.
    const sent = this.#write(request, () => {
      const pending = this.#echoes.get(seq);
      if (pending !== undefined) {
        pending.sentAt = performance.now();
      }
    });
    const [roundTrip] = await Promise.all([answer, sent]);
    return roundTrip;
  }

  close(): void {
    this.#fail(new WireError(`link ${this.link}: the port is closed`));
  }

  #write(bytes: Uint8Array, before: () => void, taken?: (bytes: Uint8Array) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#unsent.add(reject);
      const copy = Buffer.from(bytes);
      this.#tcp.send(copy, 0, copy.length, this.#options.sutAddress, before, (error) => {
        this.#unsent.delete(reject);
        wakePromises();
        if (error === null) {
          taken?.(Uint8Array.from(copy));
          resolve();
        } else {
          reject(wireError(`link ${this.link}: sending ${copy.length} bytes on ${this.#options.device}`, error));
        }
      });
    });
  }

  #expectEcho(seq: number, timeoutMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#echoes.delete(seq);
        const { sutAddress, device } = this.#options;
        reject(
          new WireError(
            `link ${this.link}: no answer to an ICMP echo to ${sutAddress} on ${device} within ${timeoutMs} ms; ` +
              'check that the link is up and that the SUT answers echoes',
          ),
        );
      }, timeoutMs);
      this.#echoes.set(seq, { sentAt: performance.now(), timer, resolve, reject });
    });
  }

  #receive(buffer: Buffer, source: string): void {
    const at = performance.now();
    const { family, testerAddress, destinationOf } = this.#options;
    // The addon reuses its buffer for the next packet.
    const copy = Uint8Array.from(buffer);
    const bytes =
      family === 'ipv4' ? copy : synthesizeIpv6(source, destinationOf?.(copy, source) ?? testerAddress, copy);
    this.#tell({ at, direction: 'in', link: this.link, bytes });
    wakePromises();
  }

  /** The addon would take what a listener throws for a failure of its own. */
  #tell(packet: WirePacket): void {
    try {
      this.#options.onPacket(packet);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      this.#reportFailure(new WireError(`link ${this.link}: the packet listener threw: ${why}`, { cause }));
    }
  }

  #receiveEcho(buffer: Buffer): void {
    const at = performance.now();
    const reply = decodeEchoReply(Uint8Array.from(buffer));
    const pending = reply?.id === this.#echoId ? this.#echoes.get(reply.seq) : undefined;
    if (reply === undefined || pending === undefined) {
      return;
    }
    this.#echoes.delete(reply.seq);
    clearTimeout(pending.timer);
    // Packets that came before the reply may still be in the other socket's queue: the fence must not overtake them.
    readWaiting(this.#tcp, () => this.#failure !== undefined);
    pending.resolve(at - pending.sentAt);
    wakePromises();
  }

  #receiveFailed(error: Error): void {
    if (error.message === NOTHING_TO_READ) return;
    this.#reportFailure(wireError(`link ${this.link}: receiving on ${this.#options.device}`, error));
  }

  #reportFailure(failure: WireError): void {
    if (this.#failure === undefined) {
      this.#fail(failure);
      this.#options.onError?.(failure);
      wakePromises();
    }
  }

  #fail(failure: WireError): void {
    if (this.#failure !== undefined) {
      return;
    }
    this.#failure = failure;
    for (const { timer, reject } of this.#echoes.values()) {
      clearTimeout(timer);
      reject(failure);
    }
    this.#echoes.clear();
    for (const reject of this.#unsent) {
      reject(failure);
    }
    this.#unsent.clear();
    open.delete(this);
    this.#tcp.close();
    this.#icmp.close();
  }
}

/**
 * Opens raw access to one link for one address family. Main thread of a process only, inside the tester namespace.
 *
 * IPv4: the kernel fills in the header's total length and checksum, and the identification where it is 0; all else
 * leaves as given. IPv6 leaves untouched; a received packet's IPv6 header is synthesized, so its traffic class, flow
 * label and hop limit say nothing about the SUT.
 *
 * @throws WireError outside of the tester namespace, without the rights, or when the device is not there
 */
export function openPort(options: PortOptions): WirePort {
  const problem = outsideProblem();
  if (problem !== undefined) {
    throw new WireError(`link ${options.link}: ${problem}`);
  }
  const port = new RawPort(options);
  open.add(port);
  return port;
}
