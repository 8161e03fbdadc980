/** For tests: two unmodified stacks of this kernel that transfer data, and what tcpdump saw of it at both ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAddress } from '../../packet/address.ts';
import { agentProgram } from '../../sut/testing/isolated-agent.ts';
import { spawnAgent, type SpawnedAgent } from '../../sut/spawn-agent.ts';

/** Parameters of a transfer. */
export interface TransferChoice {
  family: 'ipv4' | 'ipv6';
  checksums: boolean;
  /** The links are too slow for their queues, so that packets get lost. */
  lossy: boolean;
}

/** A capture, and how many packets the kernel could not give to tcpdump. */
export interface TransferCapture {
  path: string;
  dropped: number;
}

const LINKS = [1, 2, 3] as const;
/** Bytes before everything else. */
const FIRST = 1000;
const TO_RESPONDER = 1_500_000;
const TO_INITIATOR = 200_000;
/**
 * A port without listener, and the source port of a SYN to it.
 * The answer is a RST; when a capture has it, it has all packets before it.
 */
const MARKER = { to: 9, from: 4009 } as const;

const asRoot = process.getuid?.() === 0;

function addressOf(family: TransferChoice['family'], link: number, host: 1 | 2): string {
  return family === 'ipv4' ? `10.0.${link}.${host}` : `fd00:${link}::${host}`;
}

function setUp({ family, lossy }: TransferChoice): string {
  const prefix = family === 'ipv4' ? 24 : '64';
  const nodad = family === 'ipv4' ? '' : ' nodad';
  const lines = ['set -e', 'mount -t tmpfs tmpfs /run', 'ip netns add left', 'ip netns add right'];
  for (const link of LINKS) {
    lines.push(`ip link add l${link} netns left type veth peer name r${link} netns right`);
    for (const [name, device, host] of [
      ['left', 'l', 1],
      ['right', 'r', 2],
    ] as const) {
      lines.push(
        `ip -n ${name} addr add ${addressOf(family, link, host)}/${prefix} dev ${device}${link}${nodad}`,
        `ip -n ${name} link set ${device}${link} up`,
        ...(lossy ? [`tc -n ${name} qdisc add dev ${device}${link} root tbf rate 40mbit burst 16k limit 20k`] : []),
      );
    }
  }
  return [...lines, 'ip -n left link set lo up', 'ip -n right link set lo up', 'echo ready', 'exec cat'].join('\n');
}

/** The namespaces; they are gone when the process that holds them is. */
async function holdNamespaces(choice: TransferChoice): Promise<ChildProcess> {
  const flags = asRoot ? [] : ['--user', '--map-root-user'];
  const holder = spawn('unshare', [...flags, '--net', '--mount', 'sh', '-c', setUp(choice)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  holder.stderr.on('data', (more: Buffer) => (complaint += more.toString()));
  await Promise.race([
    once(holder.stdout, 'data'),
    once(holder, 'close').then(() => Promise.reject(new Error(`the namespaces could not be made: ${complaint}`))),
  ]);
  return holder;
}

function within(holder: ChildProcess, name: string, ...command: string[]): string[] {
  const flags = asRoot ? [] : ['--user', '--preserve-credentials'];
  return ['nsenter', '-t', String(holder.pid), ...flags, '--net', '--mount', 'ip', 'netns', 'exec', name, ...command];
}

interface Tcpdump {
  path: string;
  /** Ends it in order: what tcpdump has read so far is in the file. */
  stop: () => Promise<TransferCapture>;
  /** Ends it, whatever it has seen. */
  end: () => void;
}

async function capture(holder: ChildProcess, name: string, path: string): Promise<Tcpdump> {
  const [program = '', ...args] = within(
    holder,
    name,
    'tcpdump',
    '-U',
    '--immediate-mode',
    '-B',
    '65536',
    '-Z',
    'root',
    '-i',
    'any',
    '-w',
    path,
    'tcp',
  );
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const closed = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (more: Buffer) => {
      said += more.toString();
      if (said.includes('listening on')) resolve();
    });
    child.on('error', reject);
    child.on('close', () => reject(new Error(`tcpdump did not start: ${said}`)));
  });
  return {
    path,
    end: () => void child.kill('SIGKILL'),
    stop: async () => {
      child.kill('SIGINT');
      await closed;
      return { path, dropped: Number(/(\d+) packets? dropped by kernel/.exec(said)?.[1] ?? Number.NaN) };
    },
  };
}

/** Sends the marker until its answer is in every capture: on a lossy link, SYN or RST may get lost. */
async function marked(left: SpawnedAgent, { family }: TransferChoice, dumps: readonly Tcpdump[]): Promise<void> {
  const ports = Buffer.from([MARKER.to >> 8, MARKER.to & 0xff, MARKER.from >> 8, MARKER.from & 0xff]);
  const answer = Buffer.concat([parseAddress(addressOf(family, 1, 1)), ports]);
  const path = { addr: addressOf(family, 1, 2), port: MARKER.to, from: addressOf(family, 1, 1) };
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    await left.request('socket', { family, proto: 'tcp', name: 'marker' });
    await left
      .request('connect', { fd: 'marker', ...path, 'from-port': MARKER.from, timeout: 2000 })
      .catch(() => undefined);
    await left.request('close', { fd: 'marker' });
    for (const soon = Date.now() + 500; Date.now() < soon;) {
      if (dumps.every((dump) => readFileSync(dump.path).includes(answer))) return;
      await delay(20);
    }
  }
  throw new Error('tcpdump has not written the last packet within 20 s');
}

async function transfer(left: SpawnedAgent, right: SpawnedAgent, choice: TransferChoice): Promise<void> {
  const { family, checksums } = choice;
  for (const agent of [left, right]) {
    await agent.request('sysctl-set', { name: 'net.mptcp.checksum_enabled', value: checksums ? 1 : 0 });
    await agent.request('limits-set', { subflows: 8, 'add-addr-accepted': 8 });
  }
  await left.request('endpoint-add', { addr: addressOf(family, 2, 1), dev: 'l2', flags: 'subflow' });
  await right.request('endpoint-add', { addr: addressOf(family, 3, 2), dev: 'r3', flags: 'signal' });
  await right.request('socket', { family, name: 'listener' });
  // Joins go to any of the addresses.
  await right.request('bind', { fd: 'listener', addr: family === 'ipv4' ? '0.0.0.0' : '::', port: 5001 });
  await right.request('listen', { fd: 'listener' });
  await left.request('socket', { family, name: 'client' });
  await Promise.all([
    right.request('accept', { fd: 'listener', as: 'server' }),
    left.request('connect', { fd: 'client', addr: addressOf(family, 1, 2), port: 5001 }),
  ]);
  // While there is next to nothing on the links, a join does not get lost.
  await Promise.all([
    left.request('send', { fd: 'client', fill: FIRST }),
    right.request('recv', { fd: 'server', bytes: FIRST }),
  ]);
  await joined(right);
  const long = { timeoutMs: 30_000 };
  await Promise.all([
    left.request('send', { fd: 'client', fill: TO_RESPONDER, timeout: 25_000 }, long),
    right.request('recv', { fd: 'server', bytes: TO_RESPONDER, timeout: 25_000 }, long),
    right.request('send', { fd: 'server', fill: TO_INITIATOR, timeout: 25_000 }, long),
    left.request('recv', { fd: 'client', bytes: TO_INITIATOR, timeout: 25_000 }, long),
  ]);
  await left.request('shutdown', { fd: 'client', how: 'wr' });
  await right.request('recv', { fd: 'server', eof: 1 });
  await right.request('shutdown', { fd: 'server', how: 'wr' });
  await left.request('recv', { fd: 'client', eof: 1 });
  await left.request('close', { fd: 'client' });
  await right.request('close', { fd: 'server' });
}

/** Waits until the server has taken a join: a client counts a subflow before its SYN has left. */
async function joined(server: SpawnedAgent): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    const { 'MPTcpExt.MPJoinAckRx': joins } = await server.request('counters', { prefix: 'MPTcpExt.MPJoinAckRx' });
    if (Number(joins) > 0) return;
    await delay(10);
  }
  throw new Error('no subflow was joined within 10 s');
}

/** Makes one transfer over three links and returns the captures of both hosts, which lie in `folder`. */
export async function twoStackTransfer(choice: TransferChoice, folder: string): Promise<TransferCapture[]> {
  const holder = await holdNamespaces(choice);
  const agents: SpawnedAgent[] = [];
  const dumps: Tcpdump[] = [];
  try {
    const program = await agentProgram();
    for (const name of ['left', 'right']) {
      agents.push(await spawnAgent({ command: within(holder, name, program, '--die-with-parent'), name }));
    }
    const [left, right] = agents;
    if (left === undefined || right === undefined) throw new Error('two agents were to start');
    for (const name of ['left', 'right']) dumps.push(await capture(holder, name, join(folder, `${name}.pcap`)));
    await transfer(left, right, choice);
    await marked(left, choice, dumps);
    return await Promise.all(dumps.map((dump) => dump.stop()));
  } finally {
    for (const dump of dumps) dump.end();
    for (const agent of agents) await agent.close();
    holder.stdin?.end();
    await once(holder, 'close');
  }
}
