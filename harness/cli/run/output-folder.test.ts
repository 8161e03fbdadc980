import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UsageError } from '../../document/explained-error.ts';
import { launcherMark, startTime } from '../../topology/machine/launcher.ts';
import { claimFolder, dropEvidence } from './output-folder.ts';

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-output-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('a folder', () => {
  test.each(['evidence', 'allure-results', 'allure-report'])('with %s of others is refused, and stays', (name) => {
    mkdirSync(at(name));
    writeFileSync(at(name, 'notes'), 'mine');
    expect(() => claimFolder(folder)).toThrow(UsageError);
    expect(() => claimFolder(folder)).toThrow(new RegExp(`${name} was not written by a run.*choose another --output`));
    expect(readdirSync(folder)).toEqual([name]);
    expect(readFileSync(at(name, 'notes'), 'utf8')).toBe('mine');
  });

  test('with a results.json of others is refused, and stays', () => {
    writeFileSync(at('results.json'), '{"tool": {"name": "another"}}');
    expect(() => claimFolder(folder)).toThrow(/results\.json was not written by a run/);
    expect(existsSync(at('results.json'))).toBe(true);
  });

  test('with other files, or of a version before the marker, is taken', () => {
    writeFileSync(at('notes'), 'mine');
    writeFileSync(at('results.json'), '{"tool": {"name": "mptcp-conformance"}}');
    mkdirSync(at('evidence', 'suite'), { recursive: true });
    writeFileSync(at('evidence', 'suite', 'capture.pcap'), '');
    claimFolder(folder)();
    expect(readdirSync(folder).sort()).toEqual(['.mptcp-conformance', 'evidence', 'notes']);
    expect(readdirSync(at('evidence'))).toEqual([]);
  });

  test('loses files that runs write, and no others, also below the evidence', () => {
    claimFolder(folder)();
    mkdirSync(at('evidence', 'suite', 'a'), { recursive: true });
    mkdirSync(at('evidence', 'suite', 'b'));
    for (const name of ['a/capture.pcap', 'a/notes', 'b/ladder.json']) writeFileSync(at('evidence', 'suite', name), '');
    claimFolder(folder)();
    expect(readdirSync(at('evidence', 'suite'))).toEqual(['a']);
    expect(readdirSync(at('evidence', 'suite', 'a'))).toEqual(['notes']);
  });
});

test('the evidence of one scenario goes with the folders that become empty', () => {
  claimFolder(folder)();
  for (const one of ['s/x/ipv4', 's/y/ipv4']) {
    mkdirSync(at('evidence', one), { recursive: true });
    writeFileSync(at('evidence', one, 'agent.log'), '');
  }
  dropEvidence(folder, 's/x#ipv4');
  expect(readdirSync(at('evidence', 's'))).toEqual(['y']);
});

describe('the lock', () => {
  test('keeps a second run out until the first one ends', () => {
    const unlock = claimFolder(folder);
    writeFileSync(at('results.json'), 'of the first run');
    expect(() => claimFolder(folder)).toThrow(`another run (pid ${process.pid}) is writing to ${folder}`);
    expect(readFileSync(at('results.json'), 'utf8')).toBe('of the first run');
    unlock();
    claimFolder(folder)();
  });

  test.each([
    ['a process that is gone', '4194305:1'],
    ['a process whose id another one has now', `${process.pid}:1`],
  ])('of %s is taken over', (_, mark) => {
    writeFileSync(at('.lock'), `${mark} ${hostname()}\n`);
    const unlock = claimFolder(folder);
    expect(readFileSync(at('.lock'), 'utf8')).toBe(`${launcherMark()} ${hostname()}\n`);
    unlock();
    expect(existsSync(at('.lock'))).toBe(false);
  });

  test('of a living process, or of another machine, is not', () => {
    writeFileSync(at('.lock'), `1:${startTime(1) ?? ''} ${hostname()}\n`);
    expect(() => claimFolder(folder)).toThrow(/another run \(pid 1\) .*; wait for it/);
    writeFileSync(at('.lock'), '7:1 elsewhere\n');
    expect(() => claimFolder(folder)).toThrow(/pid 7\) .* on elsewhere; if it has ended, remove .*\.lock/);
  });
});
