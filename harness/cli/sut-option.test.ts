import { describe, expect, it } from 'vitest';
import { parseSut } from './sut-option.ts';
import { UsageError } from './usage-error.ts';

describe('--sut', () => {
  it('names namespaces of this kernel', () => {
    expect(parseSut('netns')).toEqual({ kind: 'netns' });
  });

  it.each([
    ['netsn', /--sut netsn: no such kind of stack; did you mean "netns"\?/],
    ['', /no such kind of stack/],
    ['kernel:6.12', /--sut kernel:6.12: this version cannot judge such a stack; it has: netns/],
  ])('refuses "%s"', (spec, message) => {
    expect(() => parseSut(spec)).toThrow(UsageError);
    expect(() => parseSut(spec)).toThrow(message);
  });
});
