import { describe, expect, test } from 'vitest';
import { Timers } from '../../clock/timers.ts';
import { encodePacket } from '../../packet/index.ts';
import { bothWays, Path } from './path.ts';
import { segment } from './testing/conversation.ts';
import type { Entered, PathShape, Way } from './types.ts';

const timers = new Timers({ now: () => 0, epoch: 0, after: () => () => undefined });

function path(shape: PathShape, owner?: Path): { one: Path; fates: string[]; out: Way[] } {
  const entered: Entered[] = [];
  const out: Way[] = [];
  const one = new Path(
    'x',
    shape,
    'seed',
    timers,
    {
      entered: (packet) => entered.push(packet),
      deliver: (way) => out.push(way),
      tooBig: () => undefined,
      due: () => undefined,
    },
    owner,
  );
  return {
    one,
    out,
    get fates() {
      return entered.map(({ fate }) => fate);
    },
  };
}

function take(to: Path, way: Way, payload: string): void {
  to.take(way, encodePacket(segment(way, { payload })));
}

describe('Path', () => {
  test('loses as many segments with payload of a way as it is told, and nothing else', () => {
    const made = path(bothWays({}));
    made.one.drop('up', 2);
    take(made.one, 'up', '');
    take(made.one, 'down', 'x');
    for (let i = 0; i < 3; i++) take(made.one, 'up', 'x');
    expect(made.fates).toEqual(['passed', 'passed', 'dropped', 'dropped', 'passed']);
    expect(made.out).toEqual(['up', 'down', 'up']);
  });

  test('waits in the queue of the path whose bottleneck it shares, each way for itself', () => {
    // 40 bytes of headers, 8 bytes a millisecond.
    const owner = path(bothWays({ rate: 64_000, queue: 50 })).one;
    const guest = path({ ...bothWays({ delay: 3 }), shares: 'x' }, owner);
    take(owner, 'up', '');
    take(guest.one, 'up', '');
    take(guest.one, 'down', '');
    expect(guest.fates).toEqual(['queue', 'passed']);
    expect([owner.nextAt(), guest.one.nextAt()]).toEqual([5, 8]);
    expect(guest.one.shape.shares).toBe('x');
  });
});
