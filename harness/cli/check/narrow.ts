/** Selects the findings of a capture that were asked for, and those that are declared. Pure but for checks of options. */
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { isWithin, sectionOf } from '../../catalogue/clause-id.ts';
import { canonicalAddress } from '../../packet/index.ts';
import { suggestion } from '../../document/diagnostic.ts';
import { UsageError } from '../../document/explained-error.ts';
import type { ConnectionReport, SubflowReport } from '../../monitor/analysis.ts';
import type { Finding } from '../../monitor/types.ts';
import { LEVELS, type Level } from '../../verdict/level.ts';
import { outcomeOf } from '../../verdict/scenario-verdict.ts';
import { isDeparture } from '../../verdict/verdict.ts';
import type { DeviationList } from '../../report/deviations.ts';
import { fitsElsewhere, shownByMonitor } from '../../report/instead.ts';
import type { Deviation } from '../../report/results.ts';
import { isIP } from 'node:net';

/** A finding, with the title under which it is declared. */
export interface CheckFinding extends Finding {
  declared?: string;
}

/** A connection with the findings that are wanted. */
export interface CheckedConnection extends ConnectionReport {
  findings: CheckFinding[];
}

/** Options that narrow the findings. Absent ones narrow nothing. */
export interface Narrowing {
  /** Addresses of the hosts to judge. */
  host?: string[];
  section?: string[];
  clause?: string[];
  level?: string[];
  /** Only connections with a broken clause. */
  onlyBroken?: boolean;
}

/** Narrows the report of a connection; undefined when nothing of it is wanted. */
export type Narrow = (report: ConnectionReport) => CheckedConnection | undefined;

/**
 * Reads the options.
 *
 * @param list declared deviations: findings of their clauses that show what they say are marked
 * @throws UsageError for an address, a section, a clause or a level that does not exist
 */
export function narrowing(
  options: Narrowing,
  catalogue: Catalogue,
  levelOf: (clause: string) => Level,
  list: DeviationList | undefined,
): Narrow {
  const { host = [], section = [], clause = [], level = [], onlyBroken = false } = options;
  requireKnown(options, catalogue);
  const hosts = new Set(host.map(canonicalAddress));
  const isWanted = (finding: Finding, report: ConnectionReport): boolean => {
    const ids = [finding.clause, ...finding.also];
    return (
      (hosts.size === 0 || addressesOf(report, finding.host).some((address) => hosts.has(address))) &&
      (clause.length === 0 || ids.some((id) => clause.includes(id))) &&
      (section.length === 0 || ids.some((id) => section.some((one) => isWithin(sectionOf(id), one)))) &&
      (level.length === 0 || level.includes(levelOf(finding.clause)))
    );
  };
  const byClause = clause.length + section.length + level.length > 0;
  return (report) => {
    const findings = report.findings
      .filter((one) => isWanted(one, report))
      .map((one): CheckFinding => {
        const known = isDeparture(one.verdict) ? declarationOf(one, list) : undefined;
        return known === undefined ? one : { ...one, declared: known.title ?? known.reason };
      });
    const concerns = hosts.size === 0 || report.subflows.some(({ ends }) => ends.some((end) => hosts.has(end.address)));
    if (!concerns || (byClause && findings.length === 0)) return undefined;
    if (onlyBroken && !findings.some((one) => isDeparture(outcomeOf(one)))) return undefined;
    return { ...report, findings };
  };
}

/** The declaration of the clause which says that the stack does what was seen; one that does not say covers anything. */
function declarationOf(finding: Finding, list: DeviationList | undefined): Deviation | undefined {
  const shown = shownByMonitor(finding);
  return list?.deviations.find(
    ({ clause, instead }) =>
      clause === finding.clause &&
      (instead === undefined || instead.some((line) => shown.some((one) => fitsElsewhere(line, one)))),
  );
}

/** The addresses of one host of a connection, in the order of its subflows. */
export function addressesOf({ subflows }: { subflows: readonly SubflowReport[] }, host: Finding['host']): string[] {
  const side = host === 'initiator' ? 0 : 1;
  return [...new Set(subflows.map(({ ends }) => ends[side].address))];
}

function requireKnown({ host = [], section = [], clause = [], level = [] }: Narrowing, catalogue: Catalogue): void {
  const address = host.find((one) => isIP(one) === 0);
  if (address !== undefined) throw new UsageError(`--host ${address}: expected an IP address, such as 192.0.2.1`);
  const ids = catalogue.all.map(({ id }) => id);
  const known: [string, readonly string[], readonly string[]][] = [
    ['clause', clause, ids],
    ['section', section, [...new Set(ids.map(sectionOf))]],
    ['level', level, LEVELS],
  ];
  for (const [option, words, all] of known) {
    const fits = (word: string): boolean =>
      option === 'section' ? all.some((one) => isWithin(one, word)) : all.includes(word);
    const wrong = words.find((word) => !fits(word));
    if (wrong === undefined) continue;
    const near = option === 'level' ? `; levels are ${LEVELS.join(', ')}` : suggestion(wrong, all);
    throw new UsageError(
      `unknown ${option} "${wrong}"${near === '' ? '; "mptcp-conformance clauses" lists all' : near}`,
    );
  }
}
