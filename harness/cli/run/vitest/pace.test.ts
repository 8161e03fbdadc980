import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

/** Starts works that end when they are told to. */
function start(pace: Pace, count: number): { running: () => number; end: () => void } {
  const ends: (() => void)[] = [];
  for (let i = 0; i < count; i++) void pace.run(() => new Promise<void>((resolve) => ends.push(resolve)));
  return { running: () => ends.length, end: () => ends.shift()?.() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('on an idle machine as many run as were asked for, and the others in their turn', async () => {
  const works = start(new Pace(3), 5);
  await turn();
  expect(works.running()).toBe(3);
  works.end();
  await turn();
  expect(works.running()).toBe(3);
});

test('while the tester is late, fewer are started; those that run go on', async () => {
  const pace = new Pace(10);
  const works = start(pace, 20);
  await turn();
  pace.late(300);
  pace.late(300);
  expect(pace.limit).toBe(4);
  for (let i = 0; i < 6; i++) works.end();
  await turn();
  expect(works.running()).toBe(4);
});

test('never fewer than two, and back to all of them when the machine is idle again', () => {
  const pace = new Pace(10);
  for (let i = 0; i < 20; i++) pace.late(1000);
  expect(pace.limit).toBe(2);
  pace.late(150);
  expect(pace.limit).toBe(2);
  for (let i = 0; i < 20; i++) pace.late(10);
  expect(pace.limit).toBe(10);
});

test('one at a time stays one at a time', () => {
  const pace = new Pace(1);
  pace.late(1000);
  expect(pace.limit).toBe(1);
});

test('a work that fails makes room', async () => {
  const pace = new Pace(1);
  await expect(pace.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await pace.run(() => Promise.resolve(1))).toBe(1);
});
