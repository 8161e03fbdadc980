/**
 * The tester as the network between two hosts: takes packets from the links, sends them over shaped paths, and puts
 * them out on the other side. A path belongs to a link of the client; links of the server are not shaped.
 */
import { realClock, type Clock } from '../../clock/clock.ts';
import { Timers } from '../../clock/timers.ts';
import { openPort } from '../raw-link.ts';
import type { WireError, WirePort } from '../types.ts';
import { destinationByChecksum, endsOf } from './addresses.ts';
import { Departures } from './departures.ts';
import type { Middlebox } from './middlebox.ts';
import { Path } from './path.ts';
import { tooBigMessage } from './too-big.ts';
import type { Entered, Left, PathShape, Way } from './types.ts';

/** Time for one echo when links come up, milliseconds; it is asked again. */
const ECHO_MS = 250;

/** A link that takes part. */
export interface ForwardLink {
  name: string;
  side: 'client' | 'server';
  /** The tester's device. */
  device: string;
  /** Addresses of the scenario's family. */
  tester: string;
  host: string;
}

/** Links, paths and middleboxes of a forwarder. */
export interface ForwarderOptions {
  family: 'ipv4' | 'ipv6';
  links: readonly ForwardLink[];
  /** Shape of each path, by the name of the client's link. */
  paths: ReadonlyMap<string, PathShape>;
  /** Decides which packets get lost. */
  seed: string;
  /** The machine's unless told. */
  clock?: Clock;
  onError: (error: Error) => void;
  /** Hears of every packet that enters a path, in order. */
  onEntered?: (packet: Entered) => void;
  /** Hears of every packet that is put out. */
  onLeft?: (packet: Left) => void;
}

interface Opened {
  link: ForwardLink;
  port: WirePort;
}

/** Forwards from its making until it is closed. */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #clients = new Map<string, Opened>();
  readonly #servers: Opened[] = [];
  readonly #paths = new Map<string, Path>();
  /** The path behind which an address is: a client's own, or one that a middlebox of the path speaks with. */
  readonly #owners = new Map<string, Path>();
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #departures: Departures;
  #isClosed = false;
  /** Packets that no path would take. */
  strays = 0;

  /** @throws WireError outside of the tester namespace, or when a device is not there */
  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#timers = new Timers(this.#clock);
    this.#departures = new Departures(this.#clock, () => this.#paths.values());
    try {
      for (const link of options.links) this.#open(link);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** @throws Error when there is no such path */
  path(name: string): Path {
    const path = this.#paths.get(name);
    if (path === undefined) throw new Error(`unknown path "${name}"; known: ${[...this.#paths.keys()].join(', ')}`);
    return path;
  }

  /** Puts middleboxes into a path; see `Path.install`. */
  install(path: string, boxes: readonly Middlebox[]): void {
    const owner = this.path(path);
    owner.install(boxes);
    for (const box of boxes) for (const address of box.addresses ?? []) this.#owners.set(address, owner);
  }

  /** Waits until both hosts answer echoes on every link: a link that has just come up loses what comes first. @throws WireError */
  async ready(timeoutMs: number): Promise<void> {
    const deadline = this.#clock.now() + timeoutMs;
    await Promise.all(
      [...this.#clients.values(), ...this.#servers].map(async ({ port }) => {
        for (let answered = false; !answered;) {
          answered = await port.echo(ECHO_MS).then(
            () => true,
            (error: unknown) => {
              if (this.#isClosed || this.#clock.now() > deadline) throw error;
              return false;
            },
          );
        }
      }),
    );
  }

  /** Share of the times when packets were due at which this process came far too late: the machine was too busy. */
  get lateness(): number {
    return this.#departures.lateness;
  }

  /** Closes the ports and drops packets under way; idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#departures.close();
    this.#timers.close();
    for (const { port } of [...this.#clients.values(), ...this.#servers]) port.close();
  }

  #open(link: ForwardLink): void {
    const { family } = this.#options;
    const port = openPort({
      device: link.device,
      link: link.name,
      family,
      testerAddress: link.tester,
      sutAddress: link.host,
      onPacket: (packet) => {
        if (packet.direction === 'in') this.#take(link, packet.bytes);
      },
      onError: (error) => this.#failed(error),
      destinationOf: (segment, source) => this.#destinationOf(link, segment, source),
    });
    const opened: Opened = { link, port };
    if (link.side === 'server') {
      this.#servers.push(opened);
      return;
    }
    this.#clients.set(link.name, opened);
    this.#owners.set(link.host, this.#pathOf(link.name));
  }

  /** A path; made when it is first asked for, and the one whose bottleneck it shares before it. */
  #pathOf(name: string): Path {
    const known = this.#paths.get(name);
    if (known !== undefined) return known;
    const { paths, seed } = this.#options;
    const shape = paths.get(name) ?? { up: {}, down: {} };
    const path = new Path(
      name,
      shape,
      seed,
      this.#timers,
      {
        entered: (packet) => this.#options.onEntered?.(packet),
        deliver: (way, bytes) => this.#deliver(name, way, bytes),
        tooBig: (way, bytes, mtu) => this.#tellTooBig(name, way, bytes, mtu),
        due: () => this.#departures.schedule(),
      },
      shape.shares === undefined ? undefined : this.#pathOf(shape.shares),
    );
    this.#paths.set(name, path);
    return path;
  }

  /** IPv6 arrives without its header. An address that is none of ours makes a stray of the packet. */
  #destinationOf(link: ForwardLink, segment: Uint8Array, source: string): string | undefined {
    const candidates = link.side === 'client' ? this.#servers.map((one) => one.link.host) : [...this.#owners.keys()];
    return destinationByChecksum(segment, source, candidates);
  }

  #take(link: ForwardLink, bytes: Uint8Array): void {
    const path = link.side === 'client' ? this.#paths.get(link.name) : this.#owners.get(endsOf(bytes).dst);
    if (path === undefined) this.strays += 1;
    else path.take(link.side === 'client' ? 'up' : 'down', bytes);
  }

  #deliver(name: string, way: Way, bytes: Uint8Array): void {
    const { dst } = endsOf(bytes);
    const target = way === 'down' ? this.#clients.get(name) : this.#servers.find(({ link }) => link.host === dst);
    if (target === undefined) {
      this.strays += 1;
      return;
    }
    this.#options.onLeft?.({ at: this.#clock.now(), path: name, way, bytes });
    this.#send(target, bytes);
  }

  #tellTooBig(name: string, way: Way, bytes: Uint8Array, mtu: number): void {
    const { src } = endsOf(bytes);
    const target = way === 'up' ? this.#clients.get(name) : this.#servers.find(({ link }) => link.host === src);
    if (target === undefined) {
      this.strays += 1;
      return;
    }
    this.#send(target, tooBigMessage(bytes, mtu, target.link.tester, src));
  }

  #send({ port }: Opened, bytes: Uint8Array): void {
    port.send(bytes).catch((error: unknown) => this.#failed(error as WireError));
  }

  #failed(error: Error): void {
    if (!this.#isClosed) this.#options.onError(error);
  }
}
