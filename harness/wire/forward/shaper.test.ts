import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../clock/random.ts';
import { Shaper } from './shaper.ts';

const never = (): number => 1;

/** When packets of 1,000 bytes leave that all come at once. */
function leaving(shaper: Shaper, count: number, at = 0): (number | string)[] {
  return Array.from({ length: count }, () => {
    const admission = shaper.admit(at, 1000);
    return 'fate' in admission ? admission.fate : admission.leavesAt;
  });
}

describe('Shaper', () => {
  test('sends at its rate and adds its delay', () => {
    // 8 Mbit/s are 1,000 bytes a millisecond.
    expect(leaving(new Shaper({ rate: 8e6, delay: 20 }, never), 3)).toEqual([21, 22, 23]);
  });

  test('is exact however late it is asked: a late query does not delay later packets', () => {
    const shaper = new Shaper({ rate: 8e6 }, never);
    expect(leaving(shaper, 2)).toEqual([1, 2]);
    expect(leaving(shaper, 2, 50)).toEqual([51, 52]);
  });

  test('drops what its queue has no room for, and takes any packet when it is empty', () => {
    expect(leaving(new Shaper({ rate: 8e6, queue: 3000 }, never), 5)).toEqual([1, 2, 3, 'queue', 'queue']);
    expect(leaving(new Shaper({ rate: 8e6, queue: 10 }, never), 2)).toEqual([1, 'queue']);
    const shaper = new Shaper({ rate: 8e6, queue: 2000 }, never);
    leaving(shaper, 3);
    expect(shaper.backlog(0)).toBe(2000);
    expect(leaving(shaper, 2, 1)).toEqual([3, 'queue']);
  });

  test('loses as many as it shall, the same ones for the same seed', () => {
    const fates = (seed: string): (number | string)[] => leaving(new Shaper({ loss: 0.1 }, seededRandom(seed)), 10_000);
    const lost = fates('x').filter((one) => one === 'lost').length;
    expect(lost).toBeGreaterThan(850);
    expect(lost).toBeLessThan(1150);
    expect(fates('x')).toEqual(fates('x'));
    expect(fates('x')).not.toEqual(fates('y'));
  });

  test('keeps the order when its delay is cut', () => {
    const shaper = new Shaper({ delay: 100 }, never);
    expect(leaving(shaper, 1)).toEqual([100]);
    shaper.reshape({ delay: 10 });
    expect(leaving(shaper, 1, 20)).toEqual([100]);
    expect(leaving(shaper, 1, 95)).toEqual([105]);
  });

  test('refuses what is larger than its MTU', () => {
    expect(leaving(new Shaper({ mtu: 999 }, never), 1)).toEqual(['too-big']);
    expect(leaving(new Shaper({ mtu: 1000 }, never), 1)).toEqual([0]);
  });

  test('lets two ways wait for each other at one bottleneck, each with its own wire after it', () => {
    const owner = new Shaper({ rate: 8e6, queue: 3000 }, never);
    const guest = new Shaper({ delay: 10 }, never, owner);
    expect(leaving(owner, 1)).toEqual([1]);
    expect(leaving(guest, 1)).toEqual([12]);
    expect(leaving(owner, 1)).toEqual([3]);
    expect([owner.backlog(0), guest.backlog(0)]).toEqual([3000, 3000]);
    expect([...leaving(guest, 1), ...leaving(owner, 1)]).toEqual(['queue', 'queue']);
    owner.reshape({ rate: 4e6, queue: 3000 });
    expect(leaving(guest, 1, 100)).toEqual([112]);
  });

  test('does nothing without a shape', () => {
    expect(leaving(new Shaper({}, never), 2, 7)).toEqual([7, 7]);
  });
});
