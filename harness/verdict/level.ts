/** Levels: what a requirement weighs. Pure. */
import { inRankOrder } from './order.ts';
import type { JudgedVerdict } from './verdict.ts';

/**
 * The weight of a requirement: which verdict a broken one gets, and how it is counted. `must`, `should` and `may` have the
 * keyword in capitals. `stated` is in plain words, and needed for two stacks to understand each other, or to lose neither
 * data nor safety. `advice` is all else without a keyword: design goals, overviews, heuristics, examples.
 */
export type Level = 'must' | 'stated' | 'should' | 'advice' | 'may';

interface LevelRule {
  /** Column head. */
  name: string;
  /** Heaviest first, as tables show them. */
  rank: number;
  /** Verdict of an expectation that was met. */
  met: JudgedVerdict;
  /** Verdict of one that was not. */
  unmet: JudgedVerdict;
  /** Whether a departure turns a run red. */
  turnsRed: boolean;
}

const RULES: Readonly<Record<Level, LevelRule>> = {
  must: { name: 'MUST', rank: 0, met: 'pass', unmet: 'fail', turnsRed: true },
  // Without it two stacks would not understand each other, or would lose data or safety.
  stated: { name: 'stated', rank: 1, met: 'pass', unmet: 'fail', turnsRed: true },
  should: { name: 'SHOULD', rank: 2, met: 'pass', unmet: 'warn', turnsRed: false },
  advice: { name: 'advice', rank: 3, met: 'pass', unmet: 'note', turnsRed: false },
  // A MAY cannot be broken: the result says which way the stack took.
  may: { name: 'MAY', rank: 4, met: 'info', unmet: 'info', turnsRed: false },
};

function column<K extends keyof LevelRule>(key: K): Readonly<Record<Level, LevelRule[K]>> {
  const entries = Object.entries(RULES).map(([level, rule]) => [level, rule[key]]);
  return Object.fromEntries(entries) as Record<Level, LevelRule[K]>;
}

/** Heaviest first. */
export const LEVELS: readonly Level[] = inRankOrder(column('rank'));

/** Column heads for levels. */
export const LEVEL_NAME: Readonly<Record<Level, string>> = column('name');

/** Whether a word names a level. */
export function isLevel(word: string): word is Level {
  return Object.hasOwn(RULES, word);
}

/** Whether a departure from a clause of this level turns a run red. */
export function turnsRed(level: Level): boolean {
  return RULES[level].turnsRed;
}

/** The verdict of an expectation. @param isMet undefined when there was nothing to judge by */
export function verdictOf(level: Level, isMet: boolean | undefined): JudgedVerdict {
  if (isMet === undefined) return 'inconclusive';
  return isMet ? RULES[level].met : RULES[level].unmet;
}

/** A table with a value for each level. */
export function perLevel<T>(make: (level: Level) => T): Record<Level, T> {
  return Object.fromEntries(LEVELS.map((level) => [level, make(level)])) as Record<Level, T>;
}
