/** The monitors over the packets of one scenario. */
import type { Catalogue } from '../catalogue/catalogue.ts';
import { levelOf as weigh } from '../catalogue/types.ts';
import { Analysis, type AnalysisSettings, type ConnectionReport } from './analysis.ts';
import type { Finding } from './types.ts';
import type { Level } from '../verdict/level.ts';

/** A packet of a capture, from its IP header on. */
export interface MonitoredPacket {
  /** Milliseconds. */
  at: number;
  bytes: Uint8Array;
}

/** Settings of {@link runMonitors}. */
export type MonitorSettings = Pick<AnalysisSettings, 'complete' | 'monitors'>;

/**
 * Judges packets by all monitors.
 *
 * @param packets in the order in which they went by
 * @param judges whether the host with an address is judged; the other one may do what it likes
 * @param levelOf the level of a clause: what a departure from it weighs
 * @returns findings about the judged hosts; a clause can occur in several
 */
export function runMonitors(
  packets: Iterable<MonitoredPacket>,
  judges: (address: string) => boolean,
  levelOf: (clause: string) => Level,
  settings: MonitorSettings = {},
): Finding[] {
  const findings: Finding[] = [];
  const analysis = new Analysis({
    ...settings,
    judges,
    levelOf,
    onConnection: (report: ConnectionReport) => findings.push(...report.findings),
  });
  for (const { at, bytes } of packets) analysis.packet(at, bytes);
  analysis.finish();
  return findings;
}

/** The level of a clause by the catalogue; clauses that are not there weigh as stated. */
export function levels(catalogue: Catalogue): (clause: string) => Level {
  return (clause) => {
    const found = catalogue.get(clause);
    return found === undefined ? 'stated' : weigh(found.keyword);
  };
}
