/** All monitors, and the clauses that they judge. */
import { aborts } from './rules/aborts.ts';
import { addresses } from './rules/addresses.ts';
import { capableHandshake } from './rules/capable-handshake.ts';
import { checksums } from './rules/checksums.ts';
import { choices } from './rules/choices.ts';
import { closingStates } from './rules/closing-states.ts';
import { cumulativeAcks } from './rules/cumulative-acks.ts';
import { dataFin } from './rules/data-fin.ts';
import { dataNumbers } from './rules/data-numbers.ts';
import { duplicateAcks } from './rules/duplicate-acks.ts';
import { echoes } from './rules/echoes.ts';
import { endings } from './rules/endings.ts';
import { failedChecksums } from './rules/failed-checksums.ts';
import { fallback } from './rules/fallback.ts';
import { fastOpen } from './rules/fast-open.ts';
import { fastOpenData } from './rules/fast-open-data.ts';
import { givingUp } from './rules/giving-up.ts';
import { highRates } from './rules/high-rates.ts';
import { joinHandshake } from './rules/join-handshake.ts';
import { joinTargets } from './rules/join-targets.ts';
import { keys } from './rules/keys.ts';
import { lostOptions } from './rules/lost-options.ts';
import { mappings } from './rules/mappings.ts';
import { mpFailReceived } from './rules/mp-fail-received.ts';
import { opening } from './rules/opening.ts';
import { optionForm } from './rules/option-form.ts';
import { placement } from './rules/placement.ts';
import { refusals } from './rules/refusals.ts';
import { refusingPeers } from './rules/refusing-peers.ts';
import { removal } from './rules/removal.ts';
import { repeatedData } from './rules/repeated-data.ts';
import { reservedBits } from './rules/reserved-bits.ts';
import { resets } from './rules/resets.ts';
import { sackRoom } from './rules/sack-room.ts';
import { sharedWindow } from './rules/shared-window.ts';
import { singlePath } from './rules/single-path.ts';
import { subflowAcks } from './rules/subflow-acks.ts';
import { subflowSequence } from './rules/subflow-sequence.ts';
import { windows } from './rules/windows.ts';
import type { Monitor } from './types.ts';

/** Every monitor, in the order in which they judge a packet: form before conduct. */
export const monitors: readonly Monitor[] = [
  optionForm,
  reservedBits,
  placement,
  lostOptions,
  capableHandshake,
  keys,
  joinHandshake,
  refusals,
  opening,
  fastOpen,
  fastOpenData,
  checksums,
  failedChecksums,
  mappings,
  dataNumbers,
  highRates,
  cumulativeAcks,
  repeatedData,
  dataFin,
  closingStates,
  windows,
  sharedWindow,
  subflowSequence,
  subflowAcks,
  addresses,
  echoes,
  joinTargets,
  removal,
  endings,
  resets,
  aborts,
  mpFailReceived,
  fallback,
  singlePath,
  duplicateAcks,
  sackRoom,
  choices,
  givingUp,
  refusingPeers,
];

/** Clauses that a monitor judges, each once. */
export function clausesOf(monitor: Monitor): string[] {
  return [...new Set(monitor.rules.flatMap((rule) => rule.clauses))];
}

/** Monitors by the clauses that they judge. */
export function monitorsByClause(): Map<string, Monitor[]> {
  const found = new Map<string, Monitor[]>();
  for (const monitor of monitors) {
    for (const clause of clausesOf(monitor)) found.set(clause, [...(found.get(clause) ?? []), monitor]);
  }
  return found;
}
