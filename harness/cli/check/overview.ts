/** Counts what `check` found over all connections: by clause and by host. */
import type { Finding } from '../../monitor/types.ts';
import { outcomeOf } from '../../verdict/scenario-verdict.ts';
import { isDeparture, MOST_URGENT_LAST, type Outcome } from '../../verdict/verdict.ts';
import { addressesOf, type CheckedConnection, type CheckFinding } from './narrow.ts';

/** Hosts that are counted one by one; a capture of a server has as many as it has clients. */
const MOST_HOSTS = 10_000;
/** Name under which further hosts are counted. */
const OTHERS = 'other hosts';

/** A clause with one outcome, over all connections. */
export interface ClauseRow {
  clause: string;
  outcome: Outcome;
  /** Connections and observations. */
  connections: number;
  times: number;
  /** Number of hosts, by address. */
  hosts: number;
  /** The first one. */
  example: { file: string; connection: number; packet?: number; host: string; message: string };
}

/** A host over all connections. */
export interface HostRow {
  /** Its address on the first subflow. */
  host: string;
  connections: number;
  /** Clauses by outcome; one with several outcomes counts for the worst. */
  clauses: Partial<Record<Outcome, number>>;
}

/** Totals of all captures. */
export interface Overview {
  connections: number;
  /** Connections with an undeclared broken clause. */
  broken: number;
  /** The worst first. */
  clauses: ClauseRow[];
  /** Those with broken clauses first. */
  hosts: HostRow[];
}

interface CountedClause extends Omit<ClauseRow, 'hosts'> {
  hosts: Set<string>;
}

/** Takes connections one by one; what it keeps grows with clauses and hosts only. */
export class OverviewCounter {
  readonly #clauses = new Map<string, CountedClause>();
  readonly #hosts = new Map<string, { connections: number; outcomes: Map<string, Outcome> }>();
  #connections = 0;
  #broken = 0;

  /** Counts the findings of one connection. */
  add(file: string, report: CheckedConnection): void {
    this.#connections++;
    if (report.findings.some((one) => isDeparture(outcomeOf(one)))) this.#broken++;
    const names = { initiator: this.#meet(report, 'initiator'), responder: this.#meet(report, 'responder') };
    const seen = new Set<string>();
    for (const finding of report.findings) {
      const outcome = outcomeOf(finding);
      const host = names[finding.host];
      for (const clause of [finding.clause, ...finding.also]) this.#hostClause(host, clause, outcome);
      if (outcome !== 'pass') this.#clause(file, finding, outcome, host, seen);
    }
  }

  #meet(report: CheckedConnection, host: Finding['host']): string {
    const address = addressesOf(report, host)[0] ?? OTHERS;
    const name = this.#hosts.has(address) || this.#hosts.size < MOST_HOSTS ? address : OTHERS;
    const known = this.#hosts.get(name);
    if (known === undefined) this.#hosts.set(name, { connections: 1, outcomes: new Map() });
    else known.connections++;
    return name;
  }

  #hostClause(host: string, clause: string, outcome: Outcome): void {
    const outcomes = this.#hosts.get(host)?.outcomes;
    const before = outcomes?.get(clause);
    if (before === undefined || urgency(outcome) > urgency(before)) outcomes?.set(clause, outcome);
  }

  #clause(file: string, finding: CheckFinding, outcome: Outcome, host: string, seen: Set<string>): void {
    const key = `${outcome} ${finding.clause}`;
    const row = this.#clauses.get(key);
    const again = seen.has(key);
    seen.add(key);
    if (row === undefined) {
      const { clause, connection, packet, message, count } = finding;
      const example = { file, connection, ...(packet === undefined ? {} : { packet }), host, message };
      this.#clauses.set(key, { clause, outcome, connections: 1, times: count, hosts: new Set([host]), example });
      return;
    }
    if (!again) row.connections++;
    row.times += finding.count;
    row.hosts.add(host);
  }

  /** The counts so far. */
  overview(): Overview {
    return {
      connections: this.#connections,
      broken: this.#broken,
      clauses: [...this.#clauses.values()]
        .map((row) => ({ ...row, hosts: row.hosts.size }))
        .sort((a, b) => urgency(b.outcome) - urgency(a.outcome) || b.connections - a.connections),
      hosts: [...this.#hosts]
        .map(([host, { connections, outcomes }]): HostRow => {
          const clauses: HostRow['clauses'] = {};
          for (const outcome of outcomes.values()) clauses[outcome] = (clauses[outcome] ?? 0) + 1;
          return { host, connections, clauses };
        })
        .sort((a, b) => brokenOf(b) - brokenOf(a) || b.connections - a.connections),
    };
  }
}

function urgency(outcome: Outcome): number {
  return MOST_URGENT_LAST.indexOf(outcome);
}

/** Undeclared broken clauses of a host. */
export function brokenOf({ clauses }: HostRow): number {
  return (clauses.fail ?? 0) + (clauses.warn ?? 0);
}
