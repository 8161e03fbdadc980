/** Accounting: which scenarios and monitors judge which clause. Pure. */
import type { Catalogue } from './catalogue.ts';
import type { Clause } from './types.ts';

/** Something that judges clauses. */
export interface Judge {
  kind: 'scenario' | 'monitor';
  /** Scenario id without its variant, or the monitor's name. */
  name: string;
  title: string;
  clauses: readonly string[];
}

/** A clause and what judges it. */
export interface JudgedClause {
  clause: Clause;
  /** Scenarios without variants, in suite order. */
  scenarios: Judge[];
  monitors: Judge[];
}

/** Clauses of one group, counted. */
export interface JudgedCount {
  total: number;
  /** Without those that cannot be judged from outside. */
  observable: number;
  /** Observable, and something judges it. */
  judged: number;
}

/** Says of every clause what judges it, in the order of the RFC. A judge that is named twice counts once. */
export function judgesOfClauses(catalogue: Catalogue, judges: readonly Judge[]): JudgedClause[] {
  const byClause = new Map<string, Map<string, Judge>>();
  for (const judge of judges) {
    for (const id of judge.clauses) {
      const known = byClause.get(id) ?? new Map<string, Judge>();
      const key = `${judge.kind} ${judge.name}`;
      if (!known.has(key)) known.set(key, judge);
      byClause.set(id, known);
    }
  }
  return catalogue.all.map((clause) => {
    const found = [...(byClause.get(clause.id)?.values() ?? [])];
    return {
      clause,
      scenarios: found.filter(({ kind }) => kind === 'scenario'),
      monitors: found.filter(({ kind }) => kind === 'monitor'),
    };
  });
}

/** Whether something outside of the stack can tell that the clause is kept. */
export function isObservable(clause: Clause): boolean {
  return !clause.judged.includes('unobservable');
}

/** Whether anything judges the clause. */
export function isJudged({ scenarios, monitors }: JudgedClause): boolean {
  return scenarios.length + monitors.length > 0;
}

/** Counts clauses. */
export function countJudged(clauses: readonly JudgedClause[]): JudgedCount {
  const observable = clauses.filter(({ clause }) => isObservable(clause));
  return { total: clauses.length, observable: observable.length, judged: observable.filter(isJudged).length };
}
