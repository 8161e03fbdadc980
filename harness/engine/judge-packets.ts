/** The steps that wait for packets, or see to it that none comes. */
import type { Packet } from '../packet/types.ts';
import { formatPacket } from '../notation/format.ts';
import type { NumberBases } from '../notation/relative.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import type { AndStep, ExpectStep, NeverStep, OneOfStep, QuietStep } from '../scenario/suite.ts';
import type { Subflow } from './endpoint.ts';
import { withNumbers } from './forge.ts';
import { matchPacket, type Difference, type MatchResult } from './match.ts';
import type { Arrival } from './packet-view.ts';
import type { Session } from './session.ts';
import type { Tamper } from './tamper.ts';
import { isAnnouncementAgain, isPureAck, isRetransmissionOf, repeatsData } from './tolerance.ts';

/** How a step went. */
export interface Outcome {
  met: boolean;
  /** Nothing sensible can follow when the step was not met. */
  stop: boolean;
  /** The step could not be judged: what it refers to has not come about. */
  unreached?: boolean;
  /** Nothing that fits came in time. */
  timedOut?: true;
  message: string;
  expected?: string;
  actual?: string;
  differences?: Difference[];
  nearMisses?: { at: number; packet: string }[];
}

/** The retransmission timeout of a peer that has measured nothing yet, milliseconds (RFC 6298, section 2). */
const RESEND_AFTER_MS = 1000;

/** Packets that were looked at and overlooked, each once. */
type NearMisses = Map<Arrival, Difference[]>;

/** Waits for the packet of an `expect`. */
export async function judgeExpect(step: ExpectStep, session: Session, tamper: Tamper | undefined): Promise<Outcome> {
  const awaited = [{ label: '', line: step.line }];
  // The first packet that counts: sending again is a stimulus, too, so this is told before.
  const from = step.since === 'stimulus' ? session.windowStart : 0;
  if (step.resend === true) {
    const outcome = await waitFor(awaited, RESEND_AFTER_MS, session, tamper, from);
    if (outcome.timedOut === undefined) return outcome;
    await session.sendAgain();
  }
  return waitFor(awaited, step.within, session, tamper, from);
}

/** Waits for any of several packets. */
export async function judgeOneOf(step: OneOfStep, session: Session, tamper: Tamper | undefined): Promise<Outcome> {
  const outcome = await waitFor(step.alternatives, step.within, session, tamper);
  session.lastLabel = outcome.met ? outcome.message : undefined;
  return outcome;
}

async function waitFor(
  alternatives: readonly { label: string; line: PacketLine }[],
  within: number | undefined,
  session: Session,
  tamper: Tamper | undefined,
  from = 0,
): Promise<Outcome> {
  const misses: NearMisses = new Map();
  const { value: outcome, limit } = await session.patiently(() => {
    for (const [index, { label, line }] of alternatives.entries()) {
      const isLast = index === alternatives.length - 1;
      const found = look(line, session, tamper, misses, isLast ? alternatives.map((one) => one.line) : [], from);
      if (found !== undefined) return found.met && label !== '' ? { ...found, message: label } : found;
    }
    return undefined;
  }, within ?? session.waits.answer);
  if (outcome !== undefined) return outcome;
  const nearest = [...misses].sort(([, a], [, b]) => a.length - b.length)[0];
  const nearMisses = [...misses.keys()].map((arrival) => ({ at: arrival.at, packet: describe(arrival, session) }));
  return {
    met: false,
    stop: true,
    timedOut: true,
    message: `no matching packet within ${Math.round(limit)} ms`,
    expected: alternatives.map((one) => one.line.text).join(' | '),
    actual: nearest === undefined ? 'nothing' : describe(nearest[0], session),
    ...(nearest === undefined ? {} : { differences: nearest[1] }),
    nearMisses,
  };
}

/** Looks through what has come for the packet of one line; `strict` lists the lines that a stray packet fails. */
function look(
  line: PacketLine,
  session: Session,
  tamper: Tamper | undefined,
  misses: NearMisses,
  strict: readonly PacketLine[],
  from: number,
): Outcome | undefined {
  const subflow = session.claim(line);
  for (const arrival of session.arrivals) {
    if (arrival.consumed || arrival.index < from || !isCandidate(line, arrival, subflow)) continue;
    const pure = isPureAck(arrival.packet);
    // A pure acknowledgment from before the stimulus cannot be its answer.
    if (pure && arrival.index < session.windowStart) continue;
    const result = match(line, arrival, subflow, session, tamper);
    if (result === undefined) continue;
    if (result.differences.length === 0) {
      accept(arrival, subflow, result, session);
      return { met: true, stop: false, message: '' };
    }
    misses.set(arrival, result.differences);
    if (strict.length === 0 || pure || isRepetition(arrival, session)) continue;
    return {
      met: false,
      stop: true,
      message: `the packet differs in ${result.differences.map((one) => one.field).join(', ')}`,
      expected: strict.map((one) => one.text).join(' | '),
      actual: describe(arrival, session),
      differences: result.differences,
    };
  }
  return undefined;
}

function isCandidate(line: PacketLine, arrival: Arrival, subflow: Subflow | undefined): boolean {
  return line.subflow === 'any' ? true : subflow !== undefined && arrival.subflow === subflow;
}

/** Holds an arrival against a line; a lie is told only about what would have fitted. Undefined when it is hushed up. */
function match(
  line: PacketLine,
  arrival: Arrival,
  subflow: Subflow | undefined,
  session: Session,
  tamper: Tamper | undefined,
): MatchResult | undefined {
  const owner = subflow ?? arrival.subflow;
  const result = matchPacket(line, arrival, owner, session.scope());
  if (result.differences.length > 0 || tamper?.alter === undefined) return result;
  const packet = tamper.alter(arrival.packet, session.scope());
  return packet === undefined ? undefined : matchPacket(line, { ...arrival, packet }, owner, session.scope());
}

function accept(arrival: Arrival, subflow: Subflow | undefined, result: MatchResult, session: Session): void {
  arrival.consumed = true;
  for (const [name, value] of result.bound) session.names.set(name, value);
  const owner = subflow ?? arrival.subflow;
  session.lastMatch = owner === undefined ? undefined : { arrival, subflow: owner };
}

/** What a step has had before: a segment sent again, data on another subflow, an announcement. */
function isRepetition(arrival: Arrival, session: Session): boolean {
  return (
    repeatsData(arrival) ||
    session.arrivals.some((one) => {
      if (!one.consumed || one.index >= arrival.index) return false;
      if (isAnnouncementAgain(arrival.packet, one.packet)) return true;
      return one.subflow === arrival.subflow && isRetransmissionOf(arrival.packet, one.packet);
    })
  );
}

/** Judges the packet just matched once more. */
export function judgeAnd(step: AndStep, session: Session, tamper: Tamper | undefined): Outcome {
  const last = session.lastMatch;
  if (last === undefined)
    return { met: false, unreached: true, stop: true, message: 'no earlier step matched a packet' };
  const altered = tamper?.alter?.(last.arrival.packet, session.scope());
  const arrival = altered === undefined ? last.arrival : { ...last.arrival, packet: altered };
  const result = matchPacket(step.tail, arrival, last.subflow, session.scope());
  if (result.differences.length === 0) {
    for (const [name, value] of result.bound) session.names.set(name, value);
    return { met: true, stop: false, message: '' };
  }
  return {
    met: false,
    stop: false,
    message: `the packet differs in ${result.differences.map((one) => one.field).join(', ')}`,
    expected: step.text.replace(/^and: /, ''),
    actual: describe(arrival, session),
    differences: result.differences,
  };
}

/** After a fence, nothing but what is allowed has come. */
export async function judgeQuiet(step: QuietStep, session: Session, tamper: Tamper | undefined): Promise<Outcome> {
  await session.fence();
  const subflows = step.subflows === 'all' ? undefined : step.subflows.map((name) => session.subflows.get(name));
  const forged = forge(tamper, session);
  for (const arrival of [...session.arrivals, ...forged]) {
    if (arrival.consumed || arrival.index < session.windowStart || isRepetition(arrival, session)) continue;
    if (subflows !== undefined && !subflows.includes(arrival.subflow)) continue;
    const allowed = step.allow.find((line) => fits(line, arrival, session));
    if (allowed === undefined) {
      return {
        met: false,
        stop: false,
        message: 'an unexpected packet arrived',
        expected: step.text,
        actual: describe(arrival, session),
      };
    }
  }
  return { met: true, stop: false, message: '' };
}

/** After a fence, no packet like this has come. */
export async function judgeNever(step: NeverStep, session: Session, tamper: Tamper | undefined): Promise<Outcome> {
  await session.fence();
  for (const arrival of [...session.arrivals, ...forge(tamper, session, step.line)]) {
    if (step.from === 'here' && arrival.index < session.windowStart) continue;
    if (!fits(step.line, arrival, session)) continue;
    return {
      met: false,
      stop: false,
      message: 'a forbidden packet arrived',
      expected: `never ${step.line.text}`,
      actual: describe(arrival, session),
    };
  }
  return { met: true, stop: false, message: '' };
}

function fits(line: PacketLine, arrival: Arrival, session: Session): boolean {
  const subflow = line.subflow === 'any' ? arrival.subflow : session.subflows.get(line.subflow);
  if (line.subflow !== 'any' && arrival.subflow !== subflow) return false;
  return matchPacket(line, arrival, subflow, session.scope()).differences.length === 0;
}

/** What a lie adds to the packets that came, on every subflow there is and on one that no line has named. */
function forge(tamper: Tamper | undefined, session: Session, line?: PacketLine): Arrival[] {
  if (tamper?.forge === undefined) return [];
  const forged: Arrival[] = [];
  for (const subflow of session.subflows.values()) {
    const sample = session.arrivals.find((arrival) => arrival.subflow === subflow);
    if (sample === undefined) continue;
    const blank = tamper.forge(sample.packet);
    const packet = line === undefined ? blank : withNumbers(blank, line, subflow, session.scope());
    forged.push({ ...sample, packet, index: session.arrivals.length, consumed: false });
  }
  const [sample] = forged;
  return sample === undefined ? forged : [...forged, { ...sample, subflow: undefined }];
}

function describe(arrival: Arrival, session: Session): string {
  return showPacket(arrival.packet, 'in', arrival.subflow ?? session.lastMatch?.subflow);
}

/** A packet in the notation, its numbers relative to what is known of the subflow. */
export function showPacket(packet: Packet, direction: 'in' | 'out', subflow: Subflow | undefined): string {
  if (subflow === undefined) return formatPacket('?', packet, {});
  const { connection } = subflow;
  const local: NumberBases = {
    senderIsn: subflow.isn,
    receiverIsn: subflow.remoteIsn,
    senderIdsn: connection.localIdsn,
    receiverIdsn: connection.remoteIdsn,
  };
  const remote: NumberBases = {
    senderIsn: subflow.remoteIsn,
    receiverIsn: subflow.isn,
    senderIdsn: connection.remoteIdsn,
    receiverIdsn: connection.localIdsn,
  };
  return formatPacket(subflow.name, packet, direction === 'out' ? local : remote);
}
