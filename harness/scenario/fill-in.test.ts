import { describe, expect, test } from 'vitest';
import { fillIn } from './fill-in.ts';

const never = (): never => {
  throw new Error('unknown');
};

describe('fillIn', () => {
  test('puts values in', () => {
    expect(fillIn('${on} ACK len=${n}', { on: 'a', n: '100' }, never).text).toBe('a ACK len=100');
    expect(fillIn('nothing', {}, never).text).toBe('nothing');
  });

  test('knows where each character was written', () => {
    const written = 'x=${name} y';
    const { text, origin } = fillIn(written, { name: 'four' }, never);
    expect(text).toBe('x=four y');
    expect([0, 1, 2, 5, 6, 7, 8].map(origin)).toEqual([0, 1, 2, 2, 9, 10, 11]);
    expect(written[origin(7)]).toBe('y');
  });

  test('tells of variables that have no value, and goes on', () => {
    const unknown: unknown[] = [];
    expect(fillIn('a${b}c${toString}', { a: '1' }, (...found) => unknown.push(found)).text).toBe('a0c0');
    expect(unknown).toEqual([
      ['b', 1, 4],
      ['toString', 6, 11],
    ]);
  });

  test('puts nothing where the value is empty', () => {
    const { text, origin } = fillIn('a${b}c', { b: '' }, never);
    expect(text).toBe('ac');
    expect(origin(1)).toBe(5);
  });
});
