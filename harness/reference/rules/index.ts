/** The duties and freedoms of a stack, as values and small functions that freedoms and faults replace. */
import { errors, reset, signals } from './3-signals.ts';
import { initiation } from './3.1-initiation.ts';
import { join } from './3.2-join.ts';
import { dataAck, dss, mapping } from './3.3-data.ts';
import { closing } from './3.3.3-closing.ts';
import { congestion, policy, receiving, reliability, sending } from './3.3.4-flow.ts';
import { announcing, heuristics, removing } from './3.4-paths.ts';
import { fallback, fastClose } from './3.5-ending.ts';
import { fastOpen, tcp } from './tcp.ts';

/** Grouped by section of RFC 8684, with two groups for TCP. */
export interface Rules {
  tcp: typeof tcp;
  fastOpen: typeof fastOpen;
  signals: typeof signals;
  initiation: typeof initiation;
  join: typeof join;
  dss: typeof dss;
  mapping: typeof mapping;
  dataAck: typeof dataAck;
  closing: typeof closing;
  receiving: typeof receiving;
  sending: typeof sending;
  reliability: typeof reliability;
  congestion: typeof congestion;
  policy: typeof policy;
  announcing: typeof announcing;
  removing: typeof removing;
  heuristics: typeof heuristics;
  fastClose: typeof fastClose;
  reset: typeof reset;
  fallback: typeof fallback;
  errors: typeof errors;
}

/** Some rules, by their groups. */
export type RulesChange = { [Group in keyof Rules]?: Partial<Rules[Group]> };

/** A freedom or a fault: a change of some rules. */
export interface Variation {
  /** Lower case with dashes: `no-timestamps`, `accepts-wrong-hmac`. */
  id: string;
  /** The clause that leaves it free or that it breaks, as the catalogue names it: `3.2-19.s1`. */
  clause: string;
  /** Other clauses that the same behaviour breaks. */
  also?: readonly string[];
  /** The conduct of the stack with it, in one plain sentence. */
  does: string;
  /** Features that a stack with this choice lacks (PICS), as scenarios name them: those scenarios are skipped. */
  lacks?: readonly string[];
  /** The rules that differ. Called once for each host, so that it may remember. */
  override: (standard: Rules) => RulesChange;
}

/** The rules of a stack with no choice made but the usual ones. */
export const standardRules: Rules = {
  tcp,
  fastOpen,
  signals,
  initiation,
  join,
  dss,
  mapping,
  dataAck,
  closing,
  receiving,
  sending,
  reliability,
  congestion,
  policy,
  announcing,
  removing,
  heuristics,
  fastClose,
  reset,
  fallback,
  errors,
};

function changed(rules: Rules, change: RulesChange): Rules {
  const result: Record<string, object> = { ...rules };
  for (const [group, some] of Object.entries(change)) result[group] = { ...result[group], ...some };
  return result as unknown as Rules;
}

/** The rules with some variations in place, in order. */
export function rulesWith(variations: readonly Variation[]): Rules {
  return variations.reduce((rules, one) => changed(rules, one.override(rules)), standardRules);
}

/** Features that a stack with these variations lacks, with the reason. */
export function lacksOfVariations(variations: readonly Variation[]): Map<string, string> {
  return new Map(variations.flatMap(({ id, lacks = [] }) => lacks.map((feature) => [feature, `freedom ${id}`])));
}
