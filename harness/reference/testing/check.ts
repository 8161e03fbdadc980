/** Whole conversations between two hosts, for tests of variations: what has to hold whatever lawful choice is made. */
import type { Field, Variation } from '../index.ts';
import { addressOf, closeBoth, connect, pattern, transfer, World, type Pair, type WorldOptions } from './world.ts';

/** Whether two byte strings are the same; quicker than a test library's comparison. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** A second path: the server announces its second address, and the client connects to it. */
export function useSecondPath(world: World, flags: { backup?: boolean } = {}): void {
  world.do('client', { op: 'endpoint-add', address: addressOf('client', 1, world.family), flags });
  world.do('server', { op: 'endpoint-add', address: addressOf('server', 1, world.family), flags: { signal: true } });
}

/** Bytes both ways over two lossy paths, then an orderly end. Answers the first thing that was not right. */
export function conversation(options: WorldOptions, bytes = 60_000, checksums = false): string | undefined {
  const world = new World(options);
  const value = checksums ? '1' : '0';
  for (const side of ['client', 'server'] as const) {
    world.do(side, { op: 'sysctl-set', name: 'net.mptcp.checksum_enabled', value });
  }
  useSecondPath(world);
  const pair = connect(world);
  const there = pattern(bytes);
  const back = pattern(bytes / 2, 9);
  if (!sameBytes(transfer(world, 'client', pair, there), there)) return 'bytes of the client';
  if (!sameBytes(transfer(world, 'server', pair, back), back)) return 'bytes of the server';
  if (!closeBoth(world, pair)) return 'the end of a stream';
  world.run(400_000);
  if (world.hosts.client.nextTimer() !== undefined) return 'the client has timers left';
  if (world.hosts.server.nextTimer() !== undefined) return 'the server has timers left';
  return undefined;
}

/** The fields that `info` reports for a side. */
export function infoOf(world: World, side: 'client' | 'server', pair: Pair): Readonly<Record<string, Field>> {
  return world.do(side, { op: 'info', socket: pair[side] });
}

/** A variation for one test. */
export function vary(override: Variation['override']): Variation {
  return { id: 'test', clause: '3-1.s1', does: 'What the test needs.', override };
}
