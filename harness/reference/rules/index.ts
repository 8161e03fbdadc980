/** What a stack must do and what it is free to do, as values and small functions that freedoms and faults replace. */

/** Grouped by section of RFC 8684, and one group for TCP. */
export interface Rules {
  readonly tcp: Readonly<Record<string, never>>;
}

/** A freedom or a fault: a change of some rules. */
export interface Variation {
  /** Lower case with dashes: `no-timestamps`, `accepts-wrong-hmac`. */
  id: string;
  /** The clause that leaves it free or that it breaks, as the catalogue names it: `3.2-19.s1`. */
  clause: string;
  /** What the stack then does, in one plain sentence. */
  does: string;
  /** The rules that differ. Called once for each host, so that it may remember. */
  override: (standard: Rules) => Partial<Rules>;
}

/** The rules of a stack with no choice made but the usual ones. */
export const standardRules: Rules = { tcp: {} };

/** The rules with some variations in place, in order. */
export function rulesWith(variations: readonly Variation[]): Rules {
  return variations.reduce<Rules>((rules, one) => ({ ...rules, ...one.override(rules) }), standardRules);
}
