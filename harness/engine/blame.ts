/** Clauses of a scenario that a wrong field in its preamble breaks. Pure. */
import type { Difference } from './match.ts';

/** Fields of our packets that an unexpected option of the stack complains about: MP_FAIL reports a wrong checksum. */
const COMPLAINTS: Readonly<Record<string, readonly string[]>> = { mp_fail: ['dss.csum', 'mp_capable.csum'] };

/** Fields that are right or wrong by themselves. A sequence number can be off for many reasons. */
const COMPUTED = /\.(csum|hmac|token|r?key)$/;

/**
 * Clauses of a scenario that lay down a field which is wrong in its preamble: there it can judge them, although it does
 * not get to its point. Empty where another packet came than was waited for, where a field is missing, or where the
 * scenario is about other clauses.
 *
 * @param about clauses of the scenario
 * @param fieldsOf fields whose value a clause lays down
 */
export function brokenInPreamble(
  differences: readonly Difference[] | undefined,
  about: readonly string[],
  fieldsOf: (clause: string) => readonly string[],
): string[] {
  const wrong = new Set(wrongFields(differences ?? []));
  return [...new Set(about)].filter((clause) => fieldsOf(clause).some((field) => wrong.has(field)));
}

function wrongFields(differences: readonly Difference[]): readonly string[] {
  const complaint = differences.find(({ field, actual }) => field in COMPLAINTS && actual === 'present');
  if (complaint !== undefined) return COMPLAINTS[complaint.field] ?? [];
  const isAnotherPacket = differences.some(({ field }) => !field.includes('.'));
  if (isAnotherPacket) return [];
  return differences
    .filter(({ field, actual }) => COMPUTED.test(field) && actual !== 'absent')
    .map(({ field }) => field);
}
