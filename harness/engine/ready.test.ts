import { expect, test } from 'vitest';
import type { Scenario } from '../scenario/suite.ts';
import type { Cell, CellLink } from '../topology/contract.ts';
import { WireError } from '../wire/types.ts';
import { Session } from './session.ts';

const profile = { timestamps: true, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 as const };

/** A session on one link whose first echoes go unanswered, and the number of echoes asked for. */
function deafAtFirst(unanswered: number): { session: Session; asked: () => number } {
  let asked = 0;
  const cell: Cell = {
    topology: { name: 'one', title: '', hosts: ['sut'], links: [] },
    agents: new Map(),
    links: [{} as CellLink],
    close: () => Promise.resolve(),
  };
  const session = new Session({
    scenario: { profile } as Scenario,
    cell,
    waits: { answer: 100, grace: 1 },
    random: { uint32: () => 1, uint64: () => 1n },
    openPort: () => ({
      link: 'a',
      send: () => Promise.resolve(),
      close: () => undefined,
      echo: () => (++asked > unanswered ? Promise.resolve(1) : Promise.reject(new WireError('no answer'))),
    }),
    onPacket: () => undefined,
  });
  return { session, asked: () => asked };
}

test('asks a link again until it answers', async () => {
  const { session, asked } = deafAtFirst(2);
  await session.patience.ready();
  // Two in vain, the first answer, and one more that is timed.
  expect(asked()).toBe(4);
});
