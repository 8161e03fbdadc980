import { describe, expect, it } from 'vitest';
import { parseSut, sutArguments } from './sut-option.ts';
import { UsageError } from '../document/explained-error.ts';

describe('--sut', () => {
  it.each([
    ['netns', {}, { kind: 'netns' }, []],
    ['docker', {}, { kind: 'docker' }, ['--sut', 'docker']],
    [
      'docker',
      { image: 'lab/stack:7' },
      { kind: 'docker', image: 'lab/stack:7' },
      ['--sut', 'docker', '--image', 'lab/stack:7'],
    ],
    [
      'kernel:6.12',
      { append: 'quiet' },
      { kind: 'kernel', wanted: '6.12', append: 'quiet' },
      ['--sut', 'kernel:6.12', '--append', "'quiet'"],
    ],
    [
      'kernel:./bzImage',
      { modules: 'm' },
      { kind: 'kernel', wanted: './bzImage', modules: 'm' },
      ['--sut', 'kernel:./bzImage', '--modules', "'m'"],
    ],
    ['remote:lab.yaml', {}, { kind: 'remote', file: 'lab.yaml' }, ['--sut', 'remote:lab.yaml']],
  ])('%s with %j is understood, and said again', (spec, details, choice, words) => {
    expect(parseSut(spec, details)).toEqual(choice);
    expect(sutArguments(parseSut(spec, details))).toEqual(words);
  });

  it.each([
    ['netsn', {}, /--sut netsn: no such kind of stack; did you mean "netns"\?/],
    ['', {}, /no such kind of stack/],
    ['remote:', {}, /names no file; write remote:lab.yaml/],
    ['kernel:', {}, /names no kernel; write kernel:6.12/],
    ['docker', { modules: 'x' }, /--modules goes with --sut kernel/],
    ['netns', { image: 'x' }, /--image goes with --sut docker, not with --sut netns/],
    ['docker', { image: '' }, /--image is empty/],
  ])('refuses "%s" with %j', (spec, details, message) => {
    expect(() => parseSut(spec, details)).toThrow(UsageError);
    expect(() => parseSut(spec, details)).toThrow(message);
  });
});
