import { describe, expect, test } from 'vitest';
import { conversation } from '../testing/check.ts';
import { fraction, seededRandom } from '../testing/world.ts';
import { freedoms } from './index.ts';

const links = [
  { loss: 0.02, jitter: 10 },
  { delay: 12, loss: 0.02, jitter: 10 },
];

test('names are unique and there are at least 35', () => {
  expect(new Set(freedoms.map(({ id }) => id)).size).toBe(freedoms.length);
  expect(freedoms.length).toBeGreaterThanOrEqual(35);
});

describe.each(freedoms.map((one) => [one.id, one] as const))('%s', (id, freedom) => {
  test('on either side every byte arrives, and the connection ends', { timeout: 60_000 }, () => {
    const seed = `freedom/${id}`;
    expect(conversation({ seed, links, client: [freedom] }, 16_000, true)).toBeUndefined();
    expect(conversation({ seed, links, server: [freedom], family: 'ipv6' }, 16_000)).toBeUndefined();
  });
});

/** Runs one seeded mixture of freedoms; says what went wrong, if anything. */
function mixtureProblem(mixture: number): string | undefined {
  const seed = `mixture/${mixture}`;
  const random = seededRandom(seed);
  const pick = () => freedoms.filter(() => fraction(random) < 0.15);
  const client = pick();
  const server = pick();
  const problem = conversation({ seed, links, client, server }, 16_000, mixture % 2 === 0);
  return problem === undefined ? undefined : `${[...client, ...server].map(({ id }) => id).join(' ')}: ${problem}`;
}

test.each(Array.from({ length: 20 }, (_, mixture) => mixture))('mixture %i of freedoms on both sides', (mixture) => {
  expect(mixtureProblem(mixture)).toBeUndefined();
});

test.each(Array.from({ length: 10 }, (_, i) => i))('Data ACKs only when they have advanced, under loss: %i', (i) => {
  const chosen = freedoms.filter(({ id }) => id === 'data-ack-when-advanced');
  expect(conversation({ seed: `advanced/${i}`, links, client: chosen, server: chosen }, 16_000)).toBeUndefined();
});
