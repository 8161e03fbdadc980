/** The monitors over the capture of a scenario: what holds for every packet is judged on every packet of the stack. */
import { runMonitors } from '../monitor/run-monitors.ts';
import type { Finding } from '../monitor/types.ts';
import { decodePacket, isNotTcp } from '../packet/index.ts';
import type { WirePacket } from '../wire/types.ts';
import type { Level } from '../verdict/level.ts';
import type { ExpectationResult } from '../verdict/result.ts';
import { isUnmet } from '../verdict/verdict.ts';

/** The findings of the monitors in a scenario. */
export interface CaptureVerdict {
  /** Clauses that were broken, and what looked so but cannot be held against the stack. */
  departures: ExpectationResult[];
  /** Clauses that held at every occurrence, by level. */
  held: Partial<Record<Level, string[]>>;
}

/**
 * Judges the stack's packets. The tester's are only read: it departs from the RFC on purpose, and after that the
 * stack's answers are left to the scenario's own expectations.
 */
export function judgeCapture(packets: readonly WirePacket[], levelOf: (clause: string) => Level): CaptureVerdict {
  const stack = stackAddresses(packets);
  const findings = runMonitors(packets, (address) => stack.has(address), levelOf, { complete: true });
  const departures: ExpectationResult[] = [];
  const passed = new Set<string>();
  for (const one of findings) {
    if (isUnmet(one.verdict)) departures.push(...resultsOf(one, levelOf));
    if (one.verdict !== 'pass') continue;
    passed.add(one.clause);
    for (const clause of one.also) passed.add(clause);
  }
  const broken = new Set(departures.map((one) => one.clause));
  const held: CaptureVerdict['held'] = {};
  for (const clause of [...passed].sort()) if (!broken.has(clause)) (held[levelOf(clause)] ??= []).push(clause);
  return { departures, held };
}

/** Addresses of the stack: sources of packets, without those that the tester sends from too. */
function stackAddresses(packets: readonly WirePacket[]): Set<string> {
  const addresses = { in: new Set<string>(), out: new Set<string>() };
  for (const { bytes, direction } of packets) {
    const packet = decodePacket(bytes);
    if (!isNotTcp(packet)) addresses[direction].add(packet.ip.src);
  }
  return new Set([...addresses.in].filter((address) => !addresses.out.has(address)));
}

function resultsOf(finding: Finding, levelOf: (clause: string) => Level): ExpectationResult[] {
  return [finding.clause, ...finding.also].map((clause) => ({
    clause,
    level: levelOf(clause),
    verdict: finding.verdict,
    source: `monitor ${finding.monitor}`,
    step: finding.rule,
    message: messageOf(finding),
    ...(finding.expected === undefined ? {} : { expected: finding.expected }),
    ...(finding.actual === undefined ? {} : { actual: finding.actual }),
    ...differencesOf(finding),
  }));
}

/** The one field that a finding is about, as expectations list theirs. */
function differencesOf({ field, expected = '', actual = '' }: Finding): Pick<ExpectationResult, 'differences'> {
  return field === undefined ? {} : { differences: [{ field, expected, actual }] };
}

function messageOf(finding: Finding): string {
  const packet =
    finding.packet === undefined ? '' : ` (packet ${finding.packet} of the capture, ${finding.text ?? ''})`;
  return `${finding.message}${packet}`;
}
