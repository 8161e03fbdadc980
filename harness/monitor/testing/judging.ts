/** For tests: the monitors over a conversation. */
import { loadCatalogue } from '../../catalogue/load.ts';
import { join } from 'node:path';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { levels, runMonitors } from '../run-monitors.ts';
import { isUnmet } from '../../verdict/verdict.ts';
import type { Finding } from '../types.ts';
import { encoded, type NamedPacket } from './conversation.ts';

/** Whether a finding says that a host departed from a clause, whatever the clause weighs. */
export function departs({ verdict }: Finding): boolean {
  return isUnmet(verdict);
}

let loaded: Catalogue | undefined;

/** The project's own catalogue. */
export function catalogue(): Catalogue {
  loaded ??= loadCatalogue(join(import.meta.dirname, '..', '..', '..', 'suites', 'rfc8684', 'clauses'));
  return loaded;
}

/** Findings about both hosts. `complete` unless told: the tests' conversations lack nothing. */
export function judge(packets: readonly NamedPacket[], complete = true): Finding[] {
  return runMonitors(encoded(packets), () => true, levels(catalogue()), { complete });
}

/** Findings that say that something is broken, in short. */
export function broken(findings: readonly Finding[]): string[] {
  return findings.filter(departs).map((one) => `${one.rule} (${one.host}): ${one.message}`);
}

/** Rules that a host surely broke. */
export function brokenRules(packets: readonly NamedPacket[], host: Finding['host'], complete = true): string[] {
  const found = judge(packets, complete).filter((one) => one.host === host && departs(one));
  return [...new Set(found.map((one) => one.rule))].sort();
}

/** Rules that were kept, and those that recorded something. */
export function keptRules(packets: readonly NamedPacket[], host: Finding['host']): string[] {
  const found = judge(packets).filter((one) => one.host === host && (one.verdict === 'pass' || one.verdict === 'info'));
  return [...new Set(found.map((one) => one.rule))];
}
