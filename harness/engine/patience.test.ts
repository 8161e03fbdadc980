import { expect, test } from 'vitest';
import type { Scenario } from '../scenario/suite.ts';
import type { Cell, CellLink } from '../topology/contract.ts';
import { WireError } from '../wire/types.ts';
import { Session } from './session.ts';

const profile = { timestamps: true, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 as const };
const ANSWER_MS = 40;

/** A session whose link answers echoes after these round trips, milliseconds; the last one goes on, and NaN means no answer. */
function sessionWith(...trips: number[]): Promise<Session> {
  return sessionOver([trips]);
}

/** As {@link sessionWith}, with the round trips of each link. */
async function sessionOver(links: number[][]): Promise<Session> {
  const waiting = [...links];
  const cell: Cell = {
    topology: { name: 'one', title: '', hosts: ['sut'], links: [] },
    agents: new Map(),
    links: links.map(() => ({}) as CellLink),
    close: () => Promise.resolve(),
  };
  const session = new Session({
    scenario: { profile } as Scenario,
    cell,
    waits: { answer: ANSWER_MS, grace: 1 },
    random: { uint32: () => 1, uint64: () => 1n },
    openPort: () => {
      const trips = waiting.shift() ?? [];
      return {
        link: 'a',
        send: () => Promise.resolve(),
        close: () => undefined,
        echo: () => {
          const trip = (trips.length > 1 ? trips.shift() : trips[0]) ?? 1;
          return Number.isNaN(trip) ? Promise.reject(new WireError('no answer')) : Promise.resolve(trip);
        },
      };
    },
    onPacket: () => undefined,
  });
  await session.patience.ready();
  return session;
}

test('waits no longer than an answer takes once the machine has become idle', async () => {
  const session = await sessionWith(100, 100, 1);
  expect(session.patience.scale).toBe(20);
  const { value, limit } = await session.patience.patiently(() => undefined, ANSWER_MS);
  expect([value, limit]).toEqual([undefined, ANSWER_MS]);
});

test('goes by the links that answer when one does not any more', async () => {
  const session = await sessionOver([
    [100, 100, 1],
    [100, 100, Number.NaN],
  ]);
  const { limit } = await session.patience.patiently(() => undefined, ANSWER_MS);
  expect(limit).toBe(ANSWER_MS);
});

test.each([
  ['is still busy', [100, 100, 20]],
  ['does not say whether it is', [20, 20, Number.NaN]],
])('waits on when the machine %s', async (_case, trips) => {
  const session = await sessionWith(...trips);
  const begun = performance.now();
  const { limit } = await session.patience.patiently(() => undefined, ANSWER_MS);
  expect(limit).toBe(4 * ANSWER_MS);
  // The last timer counts whole milliseconds of what is left, and may fire up to one early.
  expect(performance.now() - begun).toBeGreaterThan(4 * ANSWER_MS - 2);
});

test('gives what comes in a later slice', async () => {
  const session = await sessionWith(20);
  const begun = performance.now();
  const { value } = await session.patience.patiently(
    () => (performance.now() - begun > 2 * ANSWER_MS ? 'late' : undefined),
    ANSWER_MS,
  );
  expect(value).toBe('late');
});
