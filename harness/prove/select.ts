/** Which faults and freedoms to prove. Pure. */
import { seededRandom } from '../clock/random.ts';
import type { Variation } from '../reference/index.ts';

/** Whether a fault is meant by a word: its id, its clause, or a section that the clause is in. */
export function isMeant({ id, clause }: Variation, word: string): boolean {
  return id === word || clause === word || clause.startsWith(`${word}-`) || clause.startsWith(`${word}.`);
}

/** Some of a list, at random, in the list's order; the same for the same seed. All of it when it is not longer. */
export function sample<T>(all: readonly T[], count: number, seed: string): T[] {
  if (all.length <= count) return [...all];
  const random = seededRandom(seed);
  const ranked = all.map((one) => ({ one, rank: random() }));
  const chosen = new Set(
    ranked
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, count)
      .map(({ one }) => one),
  );
  return all.filter((one) => chosen.has(one));
}

/**
 * Mixtures of freedoms: each has two to six of them. Two that choose differently of the same thing are both lawful, and
 * the later one counts.
 */
export function mixtures(all: readonly Variation[], count: number, seed: string): Variation[][] {
  const sizes = seededRandom(`${seed} sizes`);
  return Array.from({ length: all.length < 2 ? 0 : count }, (_, i) =>
    sample(all, 2 + Math.floor(sizes() * 5), `${seed} mixture ${i}`),
  );
}
