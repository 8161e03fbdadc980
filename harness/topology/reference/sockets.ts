/** Commands on sockets, for the agent in memory: what docs/agent-protocol.md says, done by the reference stack. */
import type { Addresses, Field, PollEvent, SocketCall } from '../../reference/index.ts';
import { digestOf } from '../../sut/digest.ts';
import { fillBytes } from '../../sut/fill.ts';
import type { AgentAnswer } from '../../sut/types.ts';
import { refused } from '../../sut/errno.ts';
import { answer, type Request } from './request.ts';

/** Bytes of a `recv` that an answer shows. */
const SHOWN = 1024;
/** Bytes that a `recv` without a number takes at most. */
const CHUNK = 65_536;
const POLL_EVENTS: readonly PollEvent[] = ['readable', 'writable', 'urgent', 'rdhup', 'hup', 'err'];

/** Result of a call on the stack. */
export interface Done {
  /** Linux's name of the error (`ECONNREFUSED`), or undefined. */
  errno: string | undefined;
  fields: Readonly<Record<string, Field>>;
}

/** Makes a call on the stack and waits for its result, ETIMEDOUT after the time. */
export type Caller = (call: SocketCall, timeoutMs?: number) => Promise<Done>;

/** A socket by the name that requests have for it. */
interface Socket {
  id: number;
  /** Bytes of its streams that were handed over so far; the pattern goes on from there. */
  sent: number;
  received: number;
  addresses: Partial<Addresses>;
}

/** A command's handler. */
export type Handler = (request: Request) => Promise<AgentAnswer>;

/** The sockets of one agent. */
export class Sockets {
  readonly #call: Caller;
  readonly #open = new Map<string, Socket>();
  #nextName = 0;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Forgets all; the stack has closed them. @returns how many there were */
  clear(): number {
    const count = this.#open.size;
    this.#open.clear();
    return count;
  }

  /** Keys and handler of every command on sockets. */
  readonly commands = {
    socket: [['family', 'proto', 'name'], (request) => this.#socket(request)],
    bind: [['fd', 'addr', 'port'], (request) => this.#bind(request)],
    listen: [['fd', 'backlog'], (request) => this.#listen(request)],
    accept: [['fd', 'as', 'timeout'], (request) => this.#accept(request)],
    connect: [['fd', 'addr', 'port', 'from', 'from-port', 'nowait', 'timeout'], (request) => this.#connect(request)],
    connected: [['fd', 'timeout'], (request) => this.#connected(request)],
    shutdown: [['fd', 'how'], (request) => this.#shutdown(request)],
    close: [['fd'], (request) => this.#close(request)],
    setsockopt: [['fd', 'name', 'level', 'value', 'hex'], (request) => this.#setOption(request)],
    getsockopt: [['fd', 'name', 'level', 'size'], (request) => this.#getOption(request)],
    info: [['fd'], (request) => this.#info(request)],
    subflows: [['fd'], (request) => this.#subflows(request)],
    queued: [['fd'], (request) => this.#queued(request)],
    poll: [['fd', 'wait', 'timeout'], (request) => this.#poll(request)],
    send: [
      ['fd', 'hex', 'fill', 'offset', 'flags', 'addr', 'port', 'nowait', 'timeout'],
      (request) => this.#send(request),
    ],
    recv: [['fd', 'bytes', 'eof', 'offset', 'flags', 'show', 'timeout'], (request) => this.#receive(request)],
  } satisfies Record<string, readonly [readonly string[], Handler]>;

  #find(request: Request): Socket {
    const name = request.need('fd');
    const socket = this.#open.get(name);
    if (socket === undefined) throw request.invalid(`fd=${name} is not open`);
    return socket;
  }

  /** @throws AgentRefused with the stack's error */
  async #ask(request: Request, call: SocketCall, timeoutMs?: number): Promise<Done['fields']> {
    const { errno, fields } = await this.#call(call, timeoutMs);
    if (errno !== undefined) throw refused(request.command, errno);
    return fields;
  }

  #name(request: Request, key: string): string {
    const given = request.text(key);
    if (given !== undefined) return given;
    while (this.#open.has(String(this.#nextName))) this.#nextName += 1;
    return String(this.#nextName);
  }

  #take(name: string, fields: Done['fields']): Socket {
    const socket: Socket = { id: Number(fields['socket']), sent: 0, received: 0, addresses: addressesOf(fields) };
    this.#open.set(name, socket);
    return socket;
  }

  async #socket(request: Request): Promise<AgentAnswer> {
    const family = request.oneOf('family', ['ipv4', 'ipv6']);
    if (family === undefined) throw request.invalid('socket needs family=');
    const name = this.#name(request, 'name');
    if (this.#open.has(name)) throw request.invalid(`fd=${name} is open`);
    const proto = request.oneOf('proto', ['mptcp', 'tcp']) ?? 'mptcp';
    this.#take(name, await this.#ask(request, { op: 'socket', family, proto }));
    return answer({ fd: name });
  }

  async #bind(request: Request): Promise<AgentAnswer> {
    const socket = this.#find(request);
    const port = request.number('port', 0, 65_535) ?? 0;
    const fields = await this.#ask(request, { op: 'bind', socket: socket.id, address: request.need('addr'), port });
    return own(keep(socket, fields));
  }

  async #listen(request: Request): Promise<AgentAnswer> {
    const socket = this.#find(request);
    const backlog = request.number('backlog', 0, 65_535) ?? 128;
    return own(keep(socket, await this.#ask(request, { op: 'listen', socket: socket.id, backlog })));
  }

  async #accept(request: Request): Promise<AgentAnswer> {
    const { id } = this.#find(request);
    const fields = await this.#ask(request, { op: 'accept', socket: id }, request.timeoutMs);
    const name = this.#name(request, 'as');
    return answer({ fd: name, ...both(this.#take(name, fields)) });
  }

  async #connect(request: Request): Promise<AgentAnswer> {
    const socket = this.#find(request);
    const from = request.text('from');
    const fromPort = request.number('from-port', 0, 65_535) ?? 0;
    if (from !== undefined) await this.#ask(request, { op: 'bind', socket: socket.id, address: from, port: fromPort });
    const call: SocketCall = {
      op: 'connect',
      socket: socket.id,
      address: request.need('addr'),
      port: request.needNumber('port', 0, 65_535),
      nowait: request.flag('nowait') ?? false,
    };
    const fields = await this.#ask(request, call, call.nowait === true ? undefined : request.timeoutMs);
    return answer(both(keep(socket, fields)));
  }

  async #connected(request: Request): Promise<AgentAnswer> {
    const socket = this.#find(request);
    const fields = await this.#ask(request, { op: 'connected', socket: socket.id }, request.timeoutMs);
    return answer(both(keep(socket, fields)));
  }

  async #shutdown(request: Request): Promise<AgentAnswer> {
    const how = request.oneOf('how', ['rd', 'wr', 'rdwr']);
    if (how === undefined) throw request.invalid('shutdown needs how=');
    await this.#ask(request, { op: 'shutdown', socket: this.#find(request).id, how });
    return {};
  }

  async #close(request: Request): Promise<AgentAnswer> {
    const { id } = this.#find(request);
    this.#open.delete(request.need('fd'));
    await this.#ask(request, { op: 'close', socket: id });
    return {};
  }

  async #setOption(request: Request): Promise<AgentAnswer> {
    const { id } = this.#find(request);
    const name = request.need('name');
    const bytes = request.bytes('hex');
    const text = bytes === undefined ? request.need('value') : integers(bytes).join(',');
    const value = /^-?\d+$/.test(text) ? Number(text) : text;
    await this.#ask(request, { op: 'setsockopt', socket: id, name, value });
    return {};
  }

  async #getOption(request: Request): Promise<AgentAnswer> {
    const call: SocketCall = { op: 'getsockopt', socket: this.#find(request).id, name: request.need('name') };
    return answer({ value: scalar((await this.#ask(request, call))['value']) });
  }

  async #info(request: Request): Promise<AgentAnswer> {
    const socket = this.#find(request);
    const fields = await this.#ask(request, { op: 'info', socket: socket.id });
    const told = Object.entries(INFO_NAMES).map(([field, name]) => [name, scalar(fields[field])] as const);
    return answer({ ...Object.fromEntries(told), ...both(keep(socket, fields)) });
  }

  async #subflows(request: Request): Promise<AgentAnswer> {
    const fields = await this.#ask(request, { op: 'subflows', socket: this.#find(request).id });
    const list = fields['subflows'] as readonly Addresses[];
    const each = list.flatMap((one, i) => Object.entries(both({ addresses: one }, `${i}.`)));
    return answer({ count: list.length, ...Object.fromEntries(each) });
  }

  async #queued(request: Request): Promise<AgentAnswer> {
    const fields = await this.#ask(request, { op: 'queued', socket: this.#find(request).id });
    return answer({ in: scalar(fields['in']), out: scalar(fields['out']) });
  }

  async #poll(request: Request): Promise<AgentAnswer> {
    const { id } = this.#find(request);
    const wait = request.oneOf('wait', POLL_EVENTS);
    const call: SocketCall = { op: 'poll', socket: id, ...(wait === undefined ? {} : { wait }) };
    const fields = await this.#ask(request, call, wait === undefined ? undefined : request.timeoutMs);
    return answer(Object.fromEntries(POLL_EVENTS.map((event) => [event, fields[event] === true])));
  }

  async #send(request: Request): Promise<AgentAnswer> {
    const socket = this.#find(request);
    const hex = request.bytes('hex');
    const fill = request.number('fill', 0, 2 ** 40);
    if ((hex === undefined) === (fill === undefined)) throw request.invalid('send needs either hex= or fill=');
    const flags = request.list('flags', ['oob', 'more', 'fastopen']);
    const nowait = request.flag('nowait') ?? false;
    const data = hex ?? fillBytes(request.number('offset', 0, 2 ** 52) ?? socket.sent, fill ?? 0);
    const call: SocketCall = {
      op: 'send',
      socket: socket.id,
      data,
      nowait,
      urgent: flags.has('oob'),
      more: flags.has('more'),
      ...(request.text('addr') === undefined && !flags.has('fastopen')
        ? {}
        : { fastopen: { address: request.need('addr'), port: request.needNumber('port', 1, 65_535) } }),
    };
    const { errno, fields } = await this.#call(call, nowait ? undefined : request.timeoutMs);
    const sent = Number(fields['sent'] ?? 0);
    socket.sent += sent;
    if (errno !== undefined) throw refused(request.command, errno, `sent=${sent}`);
    return answer({ sent });
  }

  async #receive(request: Request): Promise<AgentAnswer> {
    const socket = this.#find(request);
    const wanted = request.number('bytes', 1, 2 ** 40);
    const untilEnd = request.flag('eof') ?? false;
    const flags = request.list('flags', ['peek', 'oob']);
    if (untilEnd && (wanted !== undefined || flags.size > 0))
      throw request.invalid('eof=1 goes with neither bytes= nor flags=');
    const show = request.number('show', 0, SHOWN) ?? SHOWN;
    const isAside = flags.size > 0;
    const call: SocketCall = {
      op: 'recv',
      socket: socket.id,
      least: isAside ? 1 : (wanted ?? 1),
      ...(untilEnd ? { untilEnd } : { most: wanted ?? CHUNK }),
      peek: flags.has('peek'),
      urgent: flags.has('oob'),
    };
    const { errno, fields } = await this.#call(call, request.timeoutMs);
    const data = fields['data'] instanceof Uint8Array ? fields['data'] : new Uint8Array();
    const told = received(data, request.number('offset', 0, 2 ** 52) ?? socket.received, fields['eof'] === true);
    if (!isAside) socket.received += data.length;
    if (errno !== undefined) {
      const progress = Object.entries(told).map(([key, value]) => `${key}=${value}`);
      throw refused(request.command, errno, progress.join(' '));
    }
    return { ...told, hex: Buffer.from(data.subarray(0, show)).toString('hex') };
  }
}

/** The answer to `recv` for bytes at an offset of the stream. */
function received(data: Uint8Array, offset: number, ended: boolean): AgentAnswer {
  const pattern = fillBytes(offset, data.length);
  const at = Buffer.compare(data, pattern) === 0 ? -1 : data.findIndex((byte, i) => byte !== pattern[i]);
  const differs = at < 0 ? undefined : offset + at;
  return answer({ bytes: data.length, eof: ended, pattern: differs ?? 'ok', digest: digestOf(data) });
}

/** Names of the protocol for the fields that the stack answers. */
const INFO_NAMES: Readonly<Record<string, string>> = {
  proto: 'proto',
  mptcp: 'mptcp',
  fallback: 'fallback',
  remoteKey: 'remote_key',
  subflows: 'subflows',
  token: 'token',
  writeSeq: 'write_seq',
  sndUna: 'snd_una',
  rcvNxt: 'rcv_nxt',
  checksum: 'csum_enabled',
  tcpState: 'tcp-state',
  tcpRetransmits: 'tcp-retransmits',
  tcpRtt: 'tcp-rtt',
  tcpSndMss: 'tcp-snd_mss',
};

function scalar(field: Field | undefined): string | number | bigint | boolean | undefined {
  return typeof field === 'object' ? undefined : field;
}

function addressesOf(fields: Done['fields']): Partial<Addresses> {
  const { address, port, peerAddress, peerPort } = fields;
  return {
    ...(typeof address === 'string' ? { address } : {}),
    ...(typeof port === 'number' ? { port } : {}),
    ...(typeof peerAddress === 'string' ? { peerAddress } : {}),
    ...(typeof peerPort === 'number' ? { peerPort } : {}),
  };
}

/** Addresses that a result tells are the socket's from now on. */
function keep(socket: Socket, fields: Done['fields']): Socket {
  Object.assign(socket.addresses, addressesOf(fields));
  return socket;
}

function own({ addresses }: Pick<Socket, 'addresses'>): AgentAnswer {
  return answer({ addr: addresses.address, port: addresses.port });
}

function both({ addresses }: Pick<Socket, 'addresses'>, prefix = ''): Record<string, string | number | undefined> {
  const { address, port, peerAddress, peerPort } = addresses;
  return {
    [`${prefix}addr`]: address,
    [`${prefix}port`]: port,
    [`${prefix}peer-addr`]: peerAddress,
    [`${prefix}peer-port`]: peerPort,
  };
}

/** 32-bit integers of an option's bytes, little-endian as on x86. */
function integers(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getInt32(4 * i, true));
}
