/** Which faults and freedoms to prove. Pure. */
import { seededRandom } from '../clock/random.ts';
import type { Variation } from '../reference/index.ts';

/** Whether a fault is meant by a word: its id, a clause of it, or a section that one is in. */
export function isMeant({ id, clause, also = [] }: Variation, word: string): boolean {
  return id === word || [clause, ...also].some((one) => isClauseMeant(one, word));
}

/** Whether a clause is meant by a word: its id, or a section that it is in. */
function isClauseMeant(clause: string, word: string): boolean {
  return clause === word || clause.startsWith(`${word}-`) || clause.startsWith(`${word}.`);
}

/** A fault and one clause that it breaks. */
export interface Charge {
  fault: Variation;
  clause: string;
}

/** Pairs of a fault and a clause that it breaks, one for each clause. With words for clauses, only those. */
export function chargesOf(faults: readonly Variation[], words: readonly string[]): Charge[] {
  return faults.flatMap((fault) => {
    const clauses = [fault.clause, ...(fault.also ?? [])];
    const meant = clauses.filter((clause) => words.some((word) => isClauseMeant(clause, word)));
    const isNamed = words.length === 0 || words.includes(fault.id);
    return (isNamed ? clauses : meant).map((clause) => ({ fault, clause }));
  });
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
