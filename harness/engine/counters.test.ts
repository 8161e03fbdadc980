import { expect, test } from 'vitest';
import type { Agent } from '../sut/types.ts';
import { movedCounters, readCounters } from './counters.ts';

test('leaves out what did not move, and counts what did from where it stood', () => {
  const before = new Map([
    ['MPJoinSynRx', 7n],
    ['Blackhole', 2n],
    ['MPCurrEstab', 1n],
  ]);
  const after = new Map([
    ['MPJoinSynRx', 9n],
    ['Blackhole', 2n],
    ['MPCurrEstab', 0n],
    ['New', 3n],
  ]);
  expect(movedCounters(before, after)).toEqual({ MPJoinSynRx: 2, MPCurrEstab: -1, New: 3 });
});

test('reads numbers under their short names', async () => {
  const asked: unknown[] = [];
  const agent: Agent = {
    pid: 0,
    features: new Set(['counters']),
    log: [],
    close: () => Promise.resolve(),
    request: (...what) => {
      asked.push(what);
      return Promise.resolve({ 'MPTcpExt.MPJoinSynRx': '3', 'MPTcpExt.Odd': 'x' });
    },
  };
  expect(await readCounters(agent)).toEqual(new Map([['MPJoinSynRx', 3n]]));
  expect(asked).toEqual([['counters', { prefix: 'MPTcpExt.' }]]);
});

test("reads TCP's counters too where asked, under their section's name", async () => {
  const agent: Agent = {
    pid: 0,
    features: new Set(['counters']),
    log: [],
    close: () => Promise.resolve(),
    request: (_command, args) => Promise.resolve({ [`${String(args?.['prefix'])}One`]: '1' }),
  };
  expect(await readCounters(agent, true)).toEqual(
    new Map([
      ['One', 1n],
      ['TcpExt.One', 1n],
    ]),
  );
});
