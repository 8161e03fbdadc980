/** Shared by the tests inside a tester namespace. */
import { join } from 'node:path';
import { decodePacket, encodePacket, isNotTcp } from '../../packet/index.ts';
import type { Packet } from '../../packet/index.ts';
import { openPort } from '../../wire/raw-link.ts';
import type { WirePacket, WirePort } from '../../wire/types.ts';
import { findTopology } from '../load.ts';
import { createNetnsDriver } from '../netns.ts';
import type { Cell, CellLink } from '../contract.ts';
import type { Topology } from '../types.ts';
import type { KeepingDriver } from '../veth-driver.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The program that the tests' driver starts; `inside.test.ts` has it built. */
export function agentPath(): string {
  const path = process.env['MPTCP_CONFORMANCE_AGENT'];
  if (path === undefined) {
    throw new Error('MPTCP_CONFORMANCE_AGENT is not set: start these tests through inside.test.ts');
  }
  return path;
}

export function topology(name: string): Topology {
  return findTopology(join(ROOT, 'topologies'), name);
}

export function newDriver(): KeepingDriver {
  return createNetnsDriver({ agentPath: agentPath() });
}

/** A port that keeps what it hears, with a promise for the next packet. */
export interface Ear {
  port: WirePort;
  heard: WirePacket[];
  next: () => Promise<Packet>;
}

export function listen(link: CellLink, family: 'ipv4' | 'ipv6', testerAddress?: string): Ear {
  const heard: WirePacket[] = [];
  const unread: Packet[] = [];
  let waiting: ((packet: Packet) => void) | undefined;
  const tester = testerAddress ?? link.tester[family];
  const port = openPort({
    device: link.device,
    link: link.spec.name,
    family,
    testerAddress: tester,
    sutAddress: link.sut[family],
    onPacket: (packet) => {
      heard.push(packet);
      const decoded = decodePacket(packet.bytes);
      if (packet.direction === 'in' && !isNotTcp(decoded)) {
        if (waiting === undefined) {
          unread.push(decoded);
        } else {
          waiting(decoded);
          waiting = undefined;
        }
      }
    },
  });
  const next = (): Promise<Packet> => {
    const first = unread.shift();
    return first === undefined
      ? new Promise((resolve) => {
          waiting = resolve;
        })
      : Promise.resolve(first);
  };
  return { port, heard, next };
}

export interface Crafted {
  src?: string;
  srcPort?: number;
  dstPort: number;
  flags: number;
  seq: number;
  ack?: number;
}

/** A crafted TCP packet to the SUT on a link. */
export function craft(link: CellLink, family: 'ipv4' | 'ipv6', crafted: Crafted): Uint8Array {
  const [src, dst] = [crafted.src ?? link.tester[family], link.sut[family]];
  const ip: Packet['ip'] =
    family === 'ipv4'
      ? { family, src, dst, tos: 0, id: 1, fragment: 0x4000, ttl: 64, protocol: 6 }
      : { family, src, dst, trafficClass: 0, flowLabel: 0, hopLimit: 64, protocol: 6 };
  return encodePacket({
    ip,
    tcp: {
      srcPort: crafted.srcPort ?? 40_000,
      dstPort: crafted.dstPort,
      seq: crafted.seq,
      ack: crafted.ack ?? 0,
      flags: crafted.flags,
      window: 65_535,
      urgent: 0,
      options: [],
      payload: new Uint8Array(0),
    },
  });
}

/** Has the SUT listen on every address, plain TCP. */
export async function sutListens(cell: Cell, host: string, family: 'ipv4' | 'ipv6', port: number): Promise<void> {
  const agent = cell.agents.get(host);
  if (agent === undefined) {
    throw new Error(`no agent ${host}`);
  }
  const name = `listener-${family}`;
  await agent.request('socket', { family, proto: 'tcp', name });
  await agent.request('bind', { fd: name, addr: family === 'ipv4' ? '0.0.0.0' : '::', port });
  await agent.request('listen', { fd: name });
}

/**
 * Waits until a port's SUT answers: packets before its kernel has finished address detection are lost.
 *
 * @throws WireError when it does not answer for ten seconds
 */
export async function reached(port: WirePort): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      await port.echo(100);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}
