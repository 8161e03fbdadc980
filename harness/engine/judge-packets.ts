/** The steps that wait for packets, or see to it that none comes. */
import type { PacketLine } from '../notation/packet-line.ts';
import type { AndStep, ExpectStep, NeverStep, OneOfStep, QuietStep } from '../scenario/packet-steps.ts';
import type { Subflow } from './endpoint.ts';
import type { Evidence } from './evidence.ts';
import { matchPacket, type Difference, type MatchResult } from './match.ts';
import type { Arrival } from './packet-view.ts';
import type { Session } from './session.ts';
import { showPacket } from './show-packet.ts';
import { met, unreached, type StepOutcome } from './step-outcome.ts';
import { isAnnouncementAgain, isKeepalive, isPureAck, isRetransmissionOf, repeatsData } from './tolerance.ts';

/** The retransmission timeout of a peer that has measured nothing yet, milliseconds (RFC 6298, section 2). */
const RESEND_AFTER_MS = 1000;

/** Packets that did not fit and were passed over, by index. */
type NearMisses = Map<number, { arrival: Arrival; differences: Difference[] }>;

/** Waits for the packet of an `expect`. */
export async function judgeExpect(step: ExpectStep, session: Session, evidence: Evidence): Promise<StepOutcome> {
  const awaited = [{ label: '', line: step.line }];
  // The first packet that counts, taken before the step: sending again is also a stimulus.
  const from = step.since === 'stimulus' ? session.windowStart : 0;
  if (step.resend === true) {
    const outcome = await waitFor(awaited, RESEND_AFTER_MS, session, evidence, from);
    if (outcome.timedOut === undefined) return outcome;
    await session.sendAgain();
  }
  return waitFor(awaited, step.within, session, evidence, from);
}

/** Waits for any of several packets. */
export async function judgeOneOf(step: OneOfStep, session: Session, evidence: Evidence): Promise<StepOutcome> {
  const outcome = await waitFor(step.alternatives, step.within, session, evidence);
  session.lastLabel = outcome.met ? outcome.message : undefined;
  return outcome;
}

/** Note for waits with a time from the step: neither RFC 8684 nor TCP limits the time. */
const LIMIT = ', and the test waits no longer';

async function waitFor(
  alternatives: readonly { label: string; line: PacketLine }[],
  within: number | undefined,
  session: Session,
  evidence: Evidence,
  from = 0,
): Promise<StepOutcome> {
  const misses: NearMisses = new Map();
  const { value: outcome, limit } = await session.patience.patiently(() => {
    for (const [index, { label, line }] of alternatives.entries()) {
      const isLast = index === alternatives.length - 1;
      const found = look(line, session, evidence, misses, isLast ? alternatives.map((one) => one.line) : [], from);
      if (found !== undefined) return found.met && label !== '' ? { ...found, message: label } : found;
    }
    return undefined;
  }, within ?? session.patience.waits.answer);
  if (outcome !== undefined) return outcome;
  const passedOver = [...misses.values()];
  const nearest = passedOver.toSorted((a, b) => a.differences.length - b.differences.length)[0];
  const nearMisses = passedOver.map(({ arrival }) => ({ at: arrival.at, packet: describe(arrival, session) }));
  return {
    met: false,
    stop: true,
    timedOut: true,
    message: `no matching packet within ${Math.round(limit)} ms${within === undefined ? '' : LIMIT}`,
    expected: alternatives.map((one) => one.line.text).join(' | '),
    actual: nearest === undefined ? 'nothing' : describe(nearest.arrival, session),
    ...(nearest === undefined ? {} : { differences: nearest.differences }),
    nearMisses,
  };
}

/** Searches the received packets for that of one line; `strict` lists the lines that a stray packet fails. */
function look(
  line: PacketLine,
  session: Session,
  evidence: Evidence,
  misses: NearMisses,
  strict: readonly PacketLine[],
  from: number,
): StepOutcome | undefined {
  const subflow = session.claim(line);
  const arrivals = evidence.arrivals();
  if (subflow === undefined && line.subflow !== 'any') {
    for (const arrival of session.unclaimedSyns(line))
      misses.set(arrival.index, {
        arrival,
        differences: matchPacket(line, arrival, undefined, session.scope()).differences,
      });
  }
  for (const arrival of arrivals) {
    if (arrival.consumed || arrival.index < from || !isCandidate(line, arrival, subflow)) continue;
    const pure = isPureAck(arrival.packet);
    // A pure acknowledgment from before the stimulus cannot be its answer.
    if (pure && arrival.index < session.windowStart) continue;
    const owner = subflow ?? arrival.subflow;
    const result = matchPacket(line, arrival, owner, session.scope());
    if (result.differences.length === 0 && isDataAgain(arrival, arrivals) && !namesPlace(line)) continue;
    if (result.differences.length === 0) {
      session.accept(arrival.index, owner);
      bind(result, session);
      return met();
    }
    misses.set(arrival.index, { arrival, differences: result.differences });
    if (strict.length === 0 || pure || isKeepalive(arrival) || isRepetition(arrival, arrivals)) continue;
    if (line.subflow === 'any' && isJoinOfItsOwn(arrival)) continue;
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

/** A subflow that the stack opens of its own accord, and that no line is about: it may do so at any time (3.2-1.s1). */
function isJoinOfItsOwn({ subflow, packet: { tcp } }: Arrival): boolean {
  return subflow === undefined && tcp.options.some((one) => one.kind === 'mp_join' && one.form === 'syn');
}

function isCandidate(line: PacketLine, arrival: Arrival, subflow: Subflow | undefined): boolean {
  return line.subflow === 'any' ? true : subflow !== undefined && arrival.subflow === subflow;
}

function bind(result: MatchResult, session: Session): void {
  for (const [name, value] of result.bound) session.names.set(name, value);
}

/** Packets that a step has seen before: a segment sent again, data on another subflow, an announcement. */
function isRepetition(arrival: Arrival, arrivals: readonly Arrival[]): boolean {
  return (
    repeatsData(arrival) ||
    arrivals.some((one) => {
      if (!one.consumed || one.index >= arrival.index) return false;
      if (isAnnouncementAgain(arrival.packet, one.packet)) return true;
      return one.subflow === arrival.subflow && isRetransmissionOf(arrival.packet, one.packet);
    })
  );
}

/**
 * Data that a step has had before, on the same subflow: the tester's acknowledgment was late. It comes in the same place, or in a new
 * one when no Data ACK came.
 */
function isDataAgain(arrival: Arrival, arrivals: readonly Arrival[]): boolean {
  if (arrival.packet.tcp.payload.length === 0) return false;
  return arrivals.some(
    (one) =>
      one.consumed &&
      one.index < arrival.index &&
      one.subflow === arrival.subflow &&
      (isRetransmissionOf(arrival.packet, one.packet) || (repeatsData(arrival) && dsnOf(one) === dsnOf(arrival))),
  );
}

/** Whether a line says where its data begins, so that it can ask for data that has come before. */
function namesPlace({ fields, options }: PacketLine): boolean {
  const places = ['seq', 'dsn', 'ssn'];
  const names = [...fields, ...(options?.items ?? []).flatMap((item) => item.fields)].map(({ name }) => name);
  return names.some((name) => places.includes(name));
}

/** Data that another subflow has sent twice before, without an acknowledgment in time (RFC 8684 §3.3.6). */
function wasRetransmittedElsewhere(arrival: Arrival, arrivals: readonly Arrival[]): boolean {
  if (!repeatsData(arrival)) return false;
  const dsn = dsnOf(arrival);
  const elsewhere = arrivals.filter(
    (one) => one.index < arrival.index && one.subflow !== arrival.subflow && dsnOf(one) === dsn,
  );
  return elsewhere.some((again) =>
    elsewhere.some((first) => first.index < again.index && isRetransmissionOf(again.packet, first.packet)),
  );
}

function dsnOf({ packet }: Arrival): bigint | undefined {
  return packet.tcp.options.find((option) => option.kind === 'dss')?.dsn;
}

/** Judges the packet just matched once more. */
export function judgeAnd(step: AndStep, session: Session, evidence: Evidence): StepOutcome {
  const last = evidence.lastMatch();
  if (last === undefined) return unreached('no earlier step matched a packet');
  const { arrival, subflow } = last;
  const result = matchPacket(step.tail, arrival, subflow, session.scope());
  if (result.differences.length === 0) {
    bind(result, session);
    return met();
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

/** After a fence, only allowed packets have come. */
export async function judgeQuiet(step: QuietStep, session: Session, evidence: Evidence): Promise<StepOutcome> {
  await session.fence();
  const subflows = step.subflows === 'all' ? undefined : step.subflows.map((name) => session.subflows.get(name));
  const arrivals = evidence.arrivals();
  for (const arrival of arrivals) {
    if (arrival.consumed || arrival.index < session.windowStart || isRepetition(arrival, arrivals)) continue;
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
  return met();
}

/** After a fence, no packet like this has come. */
export async function judgeNever(step: NeverStep, session: Session, evidence: Evidence): Promise<StepOutcome> {
  await session.fence();
  const arrivals = evidence.arrivals();
  for (const arrival of arrivals) {
    if (step.from === 'here' && arrival.index < session.windowStart) continue;
    if (!fits(step.line, arrival, session)) continue;
    if (step.unless === 'retransmitted' && wasRetransmittedElsewhere(arrival, arrivals)) continue;
    return {
      met: false,
      stop: false,
      message: 'a forbidden packet arrived',
      expected: `never ${step.line.text}`,
      actual: describe(arrival, session),
    };
  }
  return met();
}

function fits(line: PacketLine, arrival: Arrival, session: Session): boolean {
  const subflow = line.subflow === 'any' ? arrival.subflow : session.subflows.get(line.subflow);
  if (line.subflow !== 'any' && arrival.subflow !== subflow) return false;
  // The first packet of a subflow that no line has claimed comes by the link of its name.
  if (line.subflow !== 'any' && subflow === undefined && arrival.link !== session.linkOf(line.subflow)) return false;
  return matchPacket(line, arrival, subflow, session.scope()).differences.length === 0;
}

function describe(arrival: Arrival, session: Session): string {
  return showPacket(arrival.packet, 'in', arrival.subflow ?? session.lastMatch?.subflow);
}
