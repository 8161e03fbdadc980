/** A short run of the fuzzer, with another seed every day, and proof that it notices what it is for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { projectFile } from '../document/project-file.ts';
import { addToCorpus, corpusOf, fuzz } from './fuzz.ts';
import { Mutator } from './mutator.ts';
import type { FuzzTarget } from './target.ts';
import { allTargets } from './targets.ts';

const root = dirname(projectFile('package.json'));
const corpus = join(root, 'harness/fuzz/corpus');
const SLOW: Readonly<Record<string, number>> = { suite: 150, 'multipath-suite': 150, deviations: 150 };

describe('readers of input from outside', () => {
  test.each(allTargets(root))('$name: its good inputs are good', async (target) => {
    for (const input of target.seeds(root)) await target.read(input);
  });

  test.each(allTargets(root))('$name', async (target) => {
    const seed = new Date().toISOString().slice(0, 10);
    const failures = await fuzz(target, { root, corpus, seed, runs: SLOW[target.name] ?? 3000 });
    expect(failures.map(({ input, error }) => ({ input: Buffer.from(input).toString('latin1'), error }))).toEqual([]);
  });
});

describe('the fuzzer', () => {
  const careless: FuzzTarget = {
    name: 'careless',
    seeds: () => [Buffer.from('length=16 rest of the line')],
    tokens: ['length='],
    read: (input) => {
      if (Buffer.from(input).toString('latin1').includes('length=length='))
        throw new RangeError('offset 42 is out of range');
    },
    errors: [SyntaxError],
  };

  test('finds an error that is not declared, makes the input small, and keeps it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const failures = await fuzz(careless, { root, corpus: folder, seed: '1', runs: 20_000 });
    expect(failures.map(({ input }) => Buffer.from(input).toString())).toEqual(['length=length=']);
    addToCorpus(folder, failures);
    expect(corpusOf(folder, careless)).toEqual([Buffer.from('length=length=')]);
  });

  test('takes declared errors for what they are', async () => {
    const declared = { ...careless, errors: [RangeError] };
    expect(await fuzz(declared, { root, corpus, seed: '1', runs: 20_000 })).toEqual([]);
  });

  test('makes the same inputs for the same seed', () => {
    const list = (seed: string): string[] => {
      const mutator = new Mutator(seed, ['token']);
      return Array.from({ length: 50 }, () => Buffer.from(mutator.next([Buffer.from('some input')])).toString('hex'));
    };
    expect(list('1')).toEqual(list('1'));
    expect(list('1')).not.toEqual(list('2'));
  });
});
