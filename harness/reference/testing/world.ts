/** Two hosts and links in memory under a virtual clock, for tests. Everything follows from the seed. */
import { createHash } from 'node:crypto';
import { decodePacket, encodePacket, isNotTcp, type Packet, type TcpOption } from '../../packet/index.ts';
import { Host, rulesWith, type Call, type Field, type Output, type Variation } from '../index.ts';

/** Random bytes from a seed: SHA-256 in counter mode. */
export function seededRandom(seed: string): (bytes: number) => Uint8Array {
  let counter = 0;
  let pool = Buffer.alloc(0);
  return (bytes) => {
    while (pool.length < bytes) {
      pool = Buffer.concat([pool, createHash('sha256').update(`${seed}/${counter++}`).digest()]);
    }
    const taken = new Uint8Array(pool.subarray(0, bytes));
    pool = pool.subarray(bytes);
    return taken;
  };
}

/** A number from 0 to 1 out of random bytes. */
export function fraction(random: (bytes: number) => Uint8Array): number {
  const [a = 0, b = 0, c = 0] = random(3);
  return (a * 65_536 + b * 256 + c) / 16_777_216;
}

export type Side = 'client' | 'server';

/** Treatment of packets on a link. */
export interface LinkOptions {
  /** One way, milliseconds. */
  delay: number;
  /** 0 to 1. */
  loss: number;
  /** Additional delay of some packets, at most, milliseconds. */
  jitter: number;
}

/** A packet that went over a link. */
export interface Seen {
  at: number;
  from: Side;
  link: number;
  packet: Packet;
  lost: boolean;
}

export interface WorldOptions {
  seed?: string;
  client?: Variation[];
  server?: Variation[];
  links?: Partial<LinkOptions>[];
  family?: 'ipv4' | 'ipv6';
  /** Alters a packet on its way; undefined drops it. */
  middlebox?: (packet: Packet, from: Side, link: number) => Packet | undefined;
}

interface Travelling {
  at: number;
  order: number;
  to: Side;
  link: number;
  bytes: Uint8Array;
}

/** The address of a side on a link. */
export function addressOf(side: Side, link: number, family: 'ipv4' | 'ipv6' = 'ipv4'): string {
  const host = side === 'client' ? 1 : 2;
  return family === 'ipv4' ? `192.0.${link + 2}.${host}` : `2001:db8:${link + 2}::${host}`;
}

export class World {
  readonly hosts: Readonly<Record<Side, Host>>;
  readonly seen: Seen[] = [];
  readonly family: 'ipv4' | 'ipv6';
  now = 0;
  readonly #links: LinkOptions[];
  readonly #random: (bytes: number) => Uint8Array;
  readonly #middlebox: WorldOptions['middlebox'];
  #travelling: Travelling[] = [];
  #order = 0;
  readonly #results = new Map<string, Extract<Output, { kind: 'result' }>>();

  constructor(options: WorldOptions = {}) {
    const { seed = 'seed', links = [{}], family = 'ipv4' } = options;
    this.family = family;
    this.#links = links.map((one) => ({ delay: 5, loss: 0, jitter: 0, ...one }));
    this.#random = seededRandom(`${seed}/links`);
    this.#middlebox = options.middlebox;
    const host = (side: Side) =>
      new Host({
        random: seededRandom(`${seed}/${side}`),
        rules: rulesWith(options[side] ?? []),
        devices: this.#links.map((_, link) => ({
          name: `eth${link}`,
          mtu: 1500,
          addresses: [`${addressOf(side, link, family)}/${family === 'ipv4' ? 24 : 64}`],
        })),
      });
    this.hosts = { client: host('client'), server: host('server') };
  }

  /** Starts a call and lets everything happen that takes no time. */
  begin(side: Side, call: Call): string {
    const id = this.hosts[side].call(call, this.now);
    this.#collect(side);
    return `${side}/${id}`;
  }

  /** The result of a call, if it has ended. */
  result(id: string): Extract<Output, { kind: 'result' }> | undefined {
    return this.#results.get(id);
  }

  /** Runs until a call has ended, for at most `limit` milliseconds. @throws Error when it has not, or failed */
  end(id: string, limit = 120_000): Readonly<Record<string, Field>> {
    this.until(() => this.#results.has(id), limit);
    const result = this.#results.get(id);
    if (result === undefined) throw new Error(`call ${id} has not ended at ${this.now}`);
    if (!result.ok) throw new Error(`call ${id}: ${result.errno}`);
    return result.fields;
  }

  do(side: Side, call: Call, limit?: number): Readonly<Record<string, Field>> {
    return this.end(this.begin(side, call), limit);
  }

  /** The error that a call ends with. */
  errorOf(id: string, limit = 120_000): string | undefined {
    this.until(() => this.#results.has(id), limit);
    const result = this.#results.get(id);
    return result?.ok === false ? result.errno : undefined;
  }

  /** Lets time pass until something holds. */
  until(holds: () => boolean, limit = 120_000): void {
    const end = this.now + limit;
    while (!holds() && this.step(end));
  }

  /** Lets time pass. */
  run(milliseconds: number): void {
    const end = this.now + milliseconds;
    while (this.step(end));
    this.now = end;
  }

  /** Puts a packet of the test's own before a host, as if it had come over the wire. */
  inject(to: Side, link: number, packet: Packet): void {
    this.#travelling.push({ at: this.now, order: this.#order++, to, link, bytes: encodePacket(packet) });
  }

  /** Does the next thing that happens no later than `end`. */
  step(end: number): boolean {
    const next = this.#travelling.reduce<Travelling | undefined>(
      (first, one) =>
        first === undefined || one.at < first.at || (one.at === first.at && one.order < first.order) ? one : first,
      undefined,
    );
    const timers = (['client', 'server'] as const).map((side) => ({ side, due: this.hosts[side].nextTimer() }));
    const [timer] = timers
      .filter((one): one is { side: Side; due: number } => one.due !== undefined)
      .sort((a, b) => a.due - b.due);
    if (next !== undefined && next.at <= (timer?.due ?? Infinity)) {
      if (next.at > end) return false;
      this.now = Math.max(this.now, next.at);
      this.#travelling = this.#travelling.filter((one) => one !== next);
      const packet = decodePacket(next.bytes);
      if (!isNotTcp(packet)) this.hosts[next.to].receive(`eth${next.link}`, packet, this.now);
      this.#collect(next.to);
      return true;
    }
    if (timer === undefined || timer.due > end) return false;
    this.now = Math.max(this.now, timer.due);
    this.hosts[timer.side].tick(this.now);
    this.#collect(timer.side);
    return true;
  }

  #collect(side: Side): void {
    for (const output of this.hosts[side].take()) {
      if (output.kind === 'result') this.#results.set(`${side}/${output.id}`, output);
      else this.#carry(side, Number(output.device.slice(3)), output.packet);
    }
  }

  #carry(from: Side, link: number, packet: Packet): void {
    const options = this.#links[link];
    if (options === undefined) return;
    const lost = fraction(this.#random) < options.loss;
    this.seen.push({ at: this.now, from, link, packet, lost });
    const altered = lost ? undefined : this.#middlebox === undefined ? packet : this.#middlebox(packet, from, link);
    if (altered === undefined) return;
    const extra = options.jitter > 0 && fraction(this.#random) < 0.3 ? fraction(this.#random) * options.jitter : 0;
    this.#travelling.push({
      at: this.now + options.delay + extra,
      order: this.#order++,
      to: from === 'client' ? 'server' : 'client',
      link,
      bytes: encodePacket(altered),
    });
  }

  /** Packets from a side, with an option of a kind. */
  packetsWith<K extends TcpOption['kind']>(
    from: Side,
    kind: K,
  ): { packet: Packet; option: Extract<TcpOption, { kind: K }> }[] {
    return this.seen
      .filter((one) => one.from === from)
      .flatMap(({ packet }) =>
        packet.tcp.options
          .filter((one): one is Extract<TcpOption, { kind: K }> => one.kind === kind)
          .map((option) => ({ packet, option })),
      );
  }
}

/** A connection between the hosts of a world. */
export interface Pair {
  client: number;
  server: number;
  listener: number;
}

/** Connects the client to the server's port 4000 on the first link. */
export function connect(world: World, proto: 'mptcp' | 'tcp' = 'mptcp', serverProto: 'mptcp' | 'tcp' = proto): Pair {
  const { family } = world;
  const listener = Number(world.do('server', { op: 'socket', family, proto: serverProto })['socket']);
  world.do('server', { op: 'bind', socket: listener, address: addressOf('server', 0, family), port: 4000 });
  world.do('server', { op: 'listen', socket: listener, backlog: 8 });
  const accepted = world.begin('server', { op: 'accept', socket: listener });
  const client = Number(world.do('client', { op: 'socket', family, proto })['socket']);
  world.do('client', { op: 'connect', socket: client, address: addressOf('server', 0, family), port: 4000 });
  return { client, server: Number(world.end(accepted)['socket']), listener };
}

/** Bytes that tell where they belong. */
export function pattern(length: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8) * 13 + (at >> 16) * 29 + salt) & 0xff);
}

/** Sends bytes one way and answers what arrived. */
export function transfer(world: World, from: Side, pair: Pair, data: Uint8Array, limit = 600_000): Uint8Array {
  const to = from === 'client' ? 'server' : 'client';
  const sent = world.begin(from, { op: 'send', socket: pair[from], data });
  const got = world.begin(to, { op: 'recv', socket: pair[to], least: data.length, most: data.length });
  const fields = world.end(got, limit);
  world.end(sent, limit);
  return fields['data'] as Uint8Array;
}

/** Closes both ends; answers whether both read the end of the stream. */
export function closeBoth(world: World, pair: Pair): boolean {
  world.do('client', { op: 'shutdown', socket: pair.client, how: 'wr' });
  const first = world.do('server', { op: 'recv', socket: pair.server, untilEnd: true });
  world.do('server', { op: 'shutdown', socket: pair.server, how: 'wr' });
  const second = world.do('client', { op: 'recv', socket: pair.client, untilEnd: true });
  world.do('client', { op: 'close', socket: pair.client });
  world.do('server', { op: 'close', socket: pair.server });
  return first['eof'] === true && second['eof'] === true;
}
