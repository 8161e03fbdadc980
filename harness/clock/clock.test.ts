import { expect, test } from 'vitest';
import { Changes } from './changes.ts';
import { realClock, sleep } from './clock.ts';
import { seededRandom, seededRandomness } from './random.ts';
import { Timers } from './timers.ts';
import { VirtualClock } from './virtual-clock.ts';

test('jumps to the next timer when nothing is left to run, in the order of time and then of making', async () => {
  const clock = new VirtualClock();
  const fired: string[] = [];
  const note = (name: string) => () => void fired.push(`${name} at ${clock.now()}`);
  clock.after(3_600_000, note('hour'));
  clock.after(5, note('first of two'));
  clock.after(5, note('second of two'));
  clock.after(4, note('cancelled'))();
  clock.after(1, () => {
    note('early')();
    clock.after(0, note('at once'));
  });
  await sleep(clock, 3_600_001);
  expect(fired).toEqual(['early at 1', 'at once at 1', 'first of two at 5', 'second of two at 5', 'hour at 3600000']);
});

test('lets all promises settle before time moves', async () => {
  const clock = new VirtualClock();
  const times: number[] = [];
  clock.after(10, () => times.push(-1));
  for (let i = 0; i < 1000; i++) await Promise.resolve();
  times.push(clock.now());
  await sleep(clock, 10);
  expect([times, clock.now()]).toEqual([[0, -1], 10]);
});

test('sorts many timers', async () => {
  const clock = new VirtualClock();
  const random = seededRandomness('many');
  const seen: number[] = [];
  const times = Array.from({ length: 500 }, () => random.uint32() % 1000);
  for (const time of times) clock.after(time, () => seen.push(time));
  await sleep(clock, 1000);
  expect(seen).toEqual([...times].sort((a, b) => a - b));
});

test('fires no timer once it is stopped', async () => {
  const clock = new VirtualClock();
  let fired = false;
  clock.after(1, () => (fired = true));
  clock.stop();
  clock.after(1, () => (fired = true));
  await sleep(realClock, 10);
  expect(fired).toBe(false);
});

test('answers a wait at the change that brings the value, and does not ask again', async () => {
  const changes = new Changes(new VirtualClock());
  let value = 0;
  let asked = 0;
  const waiting = changes.until(() => (asked++, value > 1 ? value : undefined), 1000);
  for (value = 1; value < 4; value++) changes.changed();
  expect([await waiting, asked]).toEqual([2, 3]);
});

test('looks once more when the time is up, and then gives nothing', async () => {
  const clock = new VirtualClock();
  const changes = new Changes(clock);
  expect(await changes.until(() => (clock.now() >= 50 ? 'late' : undefined), 50)).toBe('late');
  expect(await changes.until<string>(() => undefined, 50)).toBeUndefined();
  expect(clock.now()).toBe(100);
});

test('ends every wait with the first failure, and with what a condition throws', async () => {
  const changes = new Changes(new VirtualClock());
  const waiting = changes.until(() => undefined, Infinity);
  changes.fail(new Error('gone'));
  changes.fail(new Error('gone twice'));
  await expect(waiting).rejects.toThrow(/^gone$/);
  await expect(changes.until(() => 1, 10)).rejects.toThrow(/^gone$/);
  const throwing = new Changes(new VirtualClock());
  let isBad = false;
  const bad = throwing.until(() => {
    if (isBad) throw new Error('bad');
    return undefined;
  }, 1000);
  isBad = true;
  throwing.changed();
  await expect(bad).rejects.toThrow('bad');
});

test('is idle when its timers have fired or it is closed', async () => {
  const clock = new VirtualClock();
  const timers = new Timers(clock);
  timers.after(10, () => {
    timers.after(10, () => undefined);
  });
  await timers.idle();
  expect(clock.now()).toBe(20);
  timers.after(10, () => undefined);
  const idle = timers.idle();
  timers.close();
  await idle;
  expect([clock.now(), timers.isIdle]).toEqual([20, true]);
});

test('gives the same numbers for the same seed', () => {
  const some = (seed: string): unknown[] => [seededRandomness(seed).uint64(), seededRandom(seed)()];
  expect(some('a')).toEqual(some('a'));
  expect(some('a')).not.toEqual(some('b'));
});
