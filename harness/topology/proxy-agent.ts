/** An agent for a stack that is a forward proxy: its application is a client of the proxy, on this machine. */
import { agentOver } from '../sut/agent-over.ts';
import { refused } from '../sut/errno.ts';
import type { Agent, AgentAnswer, AgentRefused } from '../sut/types.ts';
import { familyOf, parseAddress } from '../packet/index.ts';
import { lacking, STACK_FEATURES } from './relay-agent.ts';
import type { ProxyService } from './remote-lab.ts';

/** A client's connection to the proxy. The numbers are of the application's octets, without the proxy's protocol. */
interface Client {
  isOpen: boolean;
  sent: number;
  received: number;
}

type Args = Readonly<Record<string, string | number>>;
type Options = Parameters<Agent['request']>[2];

/** Commands that reach the client's connection once the proxy has opened the other one. */
const CARRIED: ReadonlySet<string> = new Set(['connected', 'send', 'recv', 'shutdown', 'poll']);
/** Commands that need no connection through the proxy. */
const DIRECT: ReadonlySet<string> = new Set(['close', 'reset', 'sync', 'hello']);

/** Replies of SOCKS that say why the other connection was not opened. */
const SOCKS_ERRORS: Readonly<Record<number, string>> = {
  3: 'ENETUNREACH',
  4: 'EHOSTUNREACH',
  5: 'ECONNREFUSED',
  6: 'ETIMEDOUT',
};

/** Octets of a reply to CONNECT at most. */
const LONGEST_REPLY = 8192;

/**
 * An agent whose sockets are those of clients: `connect` asks the proxy for a connection to the tester, and what the stack's
 * application would do then happens here.
 *
 * @param agent an agent on this machine
 */
export function proxyAgent(agent: Agent, proxy: ProxyService): Agent {
  const family = familyOf(proxy.address);
  const clients = new Map<string, Client>();

  async function request(command: string, args: Args, options: Options): Promise<AgentAnswer> {
    if (command === 'socket') return agent.request(command, { ...args, family, proto: 'tcp' }, options);
    if (command === 'reset') clients.clear();
    if (DIRECT.has(command)) return agent.request(command, args, options);
    const fd = String(args['fd'] ?? '');
    if (command === 'connect') return connect(fd, String(args['addr']), Number(args['port']));
    const client = clients.get(fd);
    if (!CARRIED.has(command) || client === undefined) throw lacking(command);
    if (!client.isOpen) {
      const timeout = Number(args['timeout'] ?? 2000);
      await (proxy.protocol === 'connect' ? connectReply(fd, timeout) : socksReply(fd, timeout));
      client.isOpen = true;
    }
    return command === 'connected' ? {} : carry(command, client, args, options);
  }

  /** The pattern of the octets goes on where the application's octets end. */
  async function carry(command: string, client: Client, args: Args, options: Options): Promise<AgentAnswer> {
    if (command === 'send') {
      const answer = await agent.request(command, { offset: client.sent, ...args }, options);
      client.sent += Number(answer['sent'] ?? 0);
      return answer;
    }
    if (command !== 'recv') return agent.request(command, args, options);
    const answer = await agent.request(command, { offset: client.received, ...args }, options);
    client.received += Number(answer['bytes'] ?? 0);
    return answer;
  }

  /** Asks for the connection and does not wait for it, as `nowait=1` says. */
  async function connect(fd: string, addr: string, port: number): Promise<AgentAnswer> {
    await agent.request('connect', { fd, addr: proxy.address, port: proxy.port, timeout: 2000 });
    if (proxy.protocol === 'socks5') {
      await agent.request('send', { fd, hex: '050100' });
      const [version, method] = await receive(fd, 2, 2000);
      if (version !== 5 || method !== 0)
        throw notConnected('the proxy wants another version of SOCKS, or authentication');
    }
    await agent.request('send', { fd, hex: requestFor(proxy.protocol, addr, port).toString('hex') });
    clients.set(fd, { isOpen: false, sent: 0, received: 0 });
    return {};
  }

  async function socksReply(fd: string, timeout: number): Promise<void> {
    const [, reply = 1, , type] = await receive(fd, 4, timeout);
    if (reply !== 0) throw notConnected(`SOCKS reply ${reply}`, SOCKS_ERRORS[reply]);
    // The address and port that the proxy uses.
    const length = type === 3 ? ((await receive(fd, 1, timeout))[0] ?? 0) : type === 4 ? 16 : 4;
    await receive(fd, length + 2, timeout);
  }

  /** The end of the header is known only when it has come, and what follows is the application's: octet by octet. */
  async function connectReply(fd: string, timeout: number): Promise<void> {
    let text = '';
    while (!text.endsWith('\r\n\r\n')) {
      if (text.length >= LONGEST_REPLY) throw notConnected('the reply to CONNECT does not end');
      text += (await receive(fd, 1, timeout)).toString('latin1');
    }
    if (!/^HTTP\/1\.\d 2\d\d/.test(text)) throw notConnected(text.split('\r\n')[0] ?? '');
  }

  async function receive(fd: string, bytes: number, timeout: number): Promise<Buffer> {
    const { hex = '' } = await agent.request(
      'recv',
      { fd, bytes, show: bytes, timeout },
      { timeoutMs: timeout + 5000 },
    );
    const octets = Buffer.from(hex, 'hex');
    if (octets.length < bytes) throw notConnected('the proxy closed the connection');
    return octets;
  }

  return agentOver(agent, {
    features: STACK_FEATURES,
    request: (command, args = {}, options) => request(command, args, options),
  });
}

function requestFor(protocol: ProxyService['protocol'], addr: string, port: number): Buffer {
  const address = parseAddress(addr);
  if (protocol === 'socks5') {
    const head = [5, 1, 0, address.length === 4 ? 1 : 4];
    return Buffer.concat([Buffer.from(head), address, Buffer.from([port >> 8, port & 0xff])]);
  }
  const target = `${address.length === 4 ? addr : `[${addr}]`}:${port}`;
  return Buffer.from(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`, 'latin1');
}

function notConnected(detail: string, code = 'ECONNREFUSED'): AgentRefused {
  return refused('connect', code, detail);
}
