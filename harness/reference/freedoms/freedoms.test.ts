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
  test('on either side every octet arrives, and the connection ends', { timeout: 60_000 }, () => {
    const seed = `freedom/${id}`;
    expect(conversation({ seed, links, client: [freedom] }, 16_000, true)).toBeUndefined();
    expect(conversation({ seed, links, server: [freedom], family: 'ipv6' }, 16_000)).toBeUndefined();
  });
});

test('mixtures of freedoms on both sides', { timeout: 120_000 }, () => {
  for (let mixture = 0; mixture < 20; mixture++) {
    const seed = `mixture/${mixture}`;
    const random = seededRandom(seed);
    const pick = () => freedoms.filter(() => fraction(random) < 0.15);
    const client = pick();
    const server = pick();
    const problem = conversation({ seed, links, client, server }, 16_000, mixture % 2 === 0);
    expect(problem, [...client, ...server].map(({ id }) => id).join(' ')).toBeUndefined();
  }
});
