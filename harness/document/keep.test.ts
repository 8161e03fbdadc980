import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fingerprint, keepIn } from './keep.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-keep-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('what is kept', () => {
  const print = Buffer.alloc(32, 7);
  const value = { number: 18446744073709551615n, map: new Map([['a', [1]]]) };

  test('is made once', () => {
    const file = join(folder, 'deeper', 'kept');
    expect(keepIn(file, print, () => value)).toBe(value);
    expect(keepIn(file, print, () => expect.unreachable('made again'))).toEqual(value);
    expect(readdirSync(join(folder, 'deeper'))).toEqual(['kept']);
  });

  test('is made again for another fingerprint, and after damage', () => {
    const file = join(folder, 'kept');
    keepIn(file, print, () => 'old');
    expect(keepIn(file, Buffer.alloc(32, 8), () => 'new')).toBe('new');
    truncateSync(file, readFileSync(file).length - 1);
    expect(keepIn(file, Buffer.alloc(32, 8), () => 'mended')).toBe('mended');
    expect(keepIn(file, Buffer.alloc(32, 8), () => 'not asked')).toBe('mended');
  });

  test('is nothing when making it fails, or when it cannot be written', () => {
    const file = join(folder, 'kept');
    expect(() =>
      keepIn(file, print, () => {
        throw new Error('wrong');
      }),
    ).toThrow('wrong');
    expect(keepIn(file, print, () => 'right')).toBe('right');
    expect(keepIn(join(file, 'below-a-file'), print, () => 'given')).toBe('given');
    expect(readdirSync(folder)).toEqual(['kept']);
  });
});

describe('the fingerprint of files', () => {
  const of = (): string =>
    fingerprint({ contents: [join(folder, 'texts')], program: [join(folder, 'code')] }).toString('hex');
  const at = (path: string): string => join(folder, path);

  test('changes with every name and byte of contents, and with size and time of a program', () => {
    mkdirSync(at('texts/deep'), { recursive: true });
    mkdirSync(at('code'));
    const seen = [of()];
    const after = (change: () => void): void => {
      change();
      seen.push(of());
    };
    after(() => writeFileSync(at('texts/deep/a'), '1'));
    after(() => writeFileSync(at('texts/deep/a'), '2'));
    after(() => writeFileSync(at('texts/deep/b'), ''));
    after(() => writeFileSync(at('code/a'), '1'));
    after(() => utimesSync(at('code/a'), 1, 1));
    expect(new Set(seen).size).toBe(seen.length);
    chmodSync(at('texts/deep/a'), 0o600);
    utimesSync(at('texts/deep/a'), 1, 1);
    expect(of()).toBe(seen.at(-1));
  });
});
