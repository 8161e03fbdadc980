import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { UsageError } from '../../document/explained-error.ts';
import {
  detailsFor,
  obstacleTo,
  parseStack,
  stackArguments,
  stackChecks,
  stackWords,
  STACK_KINDS,
  STACK_OPTIONS,
} from './registry.ts';

const KERNEL = { modules: 'm', append: 'nokaslr quiet', mirror: 'http://deb.example' };

describe('--sut', () => {
  test.each([
    ['netns', {}, { kind: 'netns' }, []],
    ['docker', {}, { kind: 'docker' }, ['--sut', 'docker']],
    [
      'docker',
      { image: 'lab/stack:7' },
      { kind: 'docker', image: 'lab/stack:7' },
      ['--sut', 'docker', '--image', 'lab/stack:7'],
    ],
    [
      'kernel:./bzImage',
      KERNEL,
      { kind: 'kernel', wanted: './bzImage', ...KERNEL },
      ['--sut', 'kernel:./bzImage', '--modules', 'm', '--append', 'nokaslr quiet', '--mirror', 'http://deb.example'],
    ],
    ['remote:lab.yaml', {}, { kind: 'remote', file: 'lab.yaml' }, ['--sut', 'remote:lab.yaml']],
  ])('%s with %j is understood, and said again', (spec, details, choice, words) => {
    expect(parseStack(spec, details)).toEqual(choice);
    expect(stackArguments(parseStack(spec, details))).toEqual(words);
  });

  test.each([
    ['netsn', {}, /--sut netsn: unknown kind of stack; did you mean "netns"\?/],
    ['netns:6.12', {}, /--sut netns takes no argument/],
    ['docker:lab/stack', {}, /write --image lab\/stack/],
    ['', {}, /unknown kind of stack/],
    ['remote:', {}, /needs a file; write remote:lab.yaml/],
    ['kernel:', {}, /needs a kernel; write kernel:6.12/],
    ['docker', { modules: 'x' }, /--modules is for --sut kernel/],
    ['netns', { image: 'x' }, /--image is for --sut docker, not for --sut netns/],
    ['docker', { image: '' }, /--image is empty/],
  ])('refuses "%s" with %j', (spec, details, message) => {
    expect(() => parseStack(spec, details)).toThrow(UsageError);
    expect(() => parseStack(spec, details)).toThrow(message);
  });

  test('gives each kind only the options that go with it', () => {
    expect(detailsFor('kernel:6.12', { ...KERNEL, image: 'x' })).toEqual(KERNEL);
    expect(detailsFor('netns', { ...KERNEL, image: 'x' })).toEqual({});
  });
});

describe('a command line that names a stack', () => {
  test('gives up every word of it, and no other', () => {
    const words = ['--sut', 'kernel:./bzImage', '--modules', 'm', '--append=quiet', '--mirror', 'u', '--peer', 'netns'];
    expect(stackWords(['mptcp-conformance', 'run', '-j', '4', ...words, '--section', '3.1'])).toEqual(words);
    expect(stackWords(['mptcp-conformance', 'run'])).toEqual([]);
  });

  test('is needed to judge again what is not the kernel of this machine', () => {
    const guest = { name: 'linux', kind: 'kernel', kernel: '6.12' } as const;
    expect(obstacleTo(guest, ['run'])).toMatch(/does not select linux \(kernel\)/);
    expect(obstacleTo(guest, ['run', '--sut', 'kernel:6.12'])).toBeUndefined();
    expect(obstacleTo({ name: 'linux', kind: 'netns', kernel: release() }, ['run'])).toBeUndefined();
    expect(obstacleTo({ name: 'linux', kind: 'netns', kernel: '1.0' }, ['run'])).toMatch(
      /for kernel 1\.0, this machine/,
    );
  });
});

describe('the kinds of stack', () => {
  const kinds = STACK_KINDS.map(({ kind }) => kind);

  test('can all be parsed from the forms that they name', () => {
    for (const { kind, forms } of STACK_KINDS) for (const form of forms) expect(parseStack(form).kind).toBe(kind);
  });

  test('are those that the schema of results knows', () => {
    const schema = JSON.parse(
      readFileSync(new URL('../../../reports/schema/results.schema.json', import.meta.url), 'utf8'),
    ) as { $defs: { stackKind: { enum: string[] } } };
    expect(schema.$defs.stackKind.enum.toSorted()).toEqual(kinds.toSorted());
  });

  test('are all told of where users read', () => {
    const text = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    for (const kind of kinds) expect(text, kind).toMatch(new RegExp(`--sut ${kind}|\`${kind}\``));
  });

  test('have options of different names', () => {
    const names = STACK_OPTIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('say what this machine can do for them', async () => {
    expect((await stackChecks()).map(({ id }) => id)).toEqual(['docker', 'qemu', 'kvm', 'tun']);
  }, 20_000);
});
