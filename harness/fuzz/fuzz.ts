/** Runs readers on damaged inputs and keeps one input for each kind of failure. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../document/make-folder.ts';
import { Mutator } from './mutator.ts';
import { signature, smaller } from './smaller.ts';
import { tryInput, type Failure, type FuzzTarget } from './target.ts';

/** Duration of the fuzzing of a reader, and its input. */
export interface FuzzPlan {
  /** The installation's folder. */
  root: string;
  /** Folder with one folder of inputs per target. */
  corpus: string;
  seed: string;
  /** Inputs per target. */
  runs: number;
  /** Called now and then with the number of inputs read. */
  progress?: (target: string, done: number) => void;
}

/** Inputs between two calls of `progress`. */
const STRIDE = 10_000;
/** Kinds of failure after which a reader is given up. */
const MOST_KINDS = 20;

/** The committed inputs of a target: each made the reader fail once. */
export function corpusOf(folder: string, target: FuzzTarget): Uint8Array[] {
  const place = join(folder, target.name);
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .sort()
    .map((name) => readFileSync(join(place, name)));
}

/** Reads the committed inputs, then `runs` damaged ones. @returns one failure of each kind, made small */
export async function fuzz(target: FuzzTarget, plan: FuzzPlan): Promise<Failure[]> {
  const known = corpusOf(plan.corpus, target);
  const start = [...target.seeds(plan.root), ...known];
  const found = new Map<string, Failure>();
  const look = async (input: Uint8Array): Promise<void> => {
    const failure = await tryInput(target, input);
    if (failure === undefined || found.has(signature(failure))) return;
    found.set(signature(failure), await smaller(target, failure));
  };
  for (const input of start) await look(input);
  const mutator = new Mutator(`${plan.seed}/${target.name}`, target.tokens);
  for (let done = 1; done <= plan.runs && found.size < MOST_KINDS; done++) {
    await look(mutator.next(start));
    if (done % STRIDE === 0) plan.progress?.(target.name, done);
  }
  return [...found.values()];
}

/** Adds failing inputs to the corpus, named by their contents. @returns their paths */
export function addToCorpus(corpus: string, failures: readonly Failure[]): string[] {
  return failures.map(({ target, input }) => {
    const folder = join(corpus, target);
    makeFolder(folder);
    const file = join(folder, createHash('sha256').update(input).digest('hex').slice(0, 16));
    writeFileSync(file, input);
    return file;
  });
}
