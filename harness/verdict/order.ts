/** Orders kept as tables: a member without a rank is a type error. Pure. */

/** The keys of a table of ranks, the lowest rank first. */
export function inRankOrder<K extends string>(ranks: Readonly<Record<K, number>>): readonly K[] {
  return (Object.keys(ranks) as K[]).sort((a, b) => ranks[a] - ranks[b]);
}
