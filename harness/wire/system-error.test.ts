import { describe, expect, test } from 'vitest';
import { wireError } from './system-error.ts';
import { WireError } from './types.ts';

describe('wire errors', () => {
  test.each([
    ['Operation not permitted', 'EPERM'],
    ['No such device', 'ENODEV'],
    ['No buffer space available', 'ENOBUFS'],
    ['Message too long', 'EMSGSIZE'],
    ['Network is unreachable', 'ENETUNREACH'],
  ])('%s gets its code and a remedy', (text, code) => {
    const cause = new Error(text);
    const error = wireError('link a: sending', cause);
    expect(error).toBeInstanceOf(WireError);
    expect(error.message).toMatch(new RegExp(`^link a: sending: ${text} \\(${code}\\); \\w+`));
    expect(error.cause).toBe(cause);
  });

  test('hand on what is not known', () => {
    expect(wireError('link a: sending', new Error('Strange')).message).toBe('link a: sending: Strange');
    expect(wireError('link a: sending', 'odd').message).toBe('link a: sending: odd');
  });
});
