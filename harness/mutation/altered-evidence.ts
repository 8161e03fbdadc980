/** Evidence with one alteration: what has happened, but for the one thing that a step must notice. */
import { recordedEvidence, type Evidence } from '../engine/evidence.ts';
import type { OnSubflow } from '../engine/interposer.ts';
import type { Arrival } from '../engine/packet-view.ts';
import type { Session } from '../engine/session.ts';
import { isPureAck } from '../engine/tolerance.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import type { Step } from '../scenario/suite.ts';
import { fitsLine } from './fits-line.ts';
import { withNumbers } from './forge.ts';
import type { Mutation } from './mutations.ts';

/** The evidence of a stack that departs in one way, for one step. The endpoint and the capture keep the real packets. */
export function alteredEvidence(mutation: Mutation, step: Step, session: Session): Evidence {
  const recorded = recordedEvidence(session);
  return {
    arrivals: () => [
      ...recorded.arrivals().flatMap((arrival) => alterArrival(mutation, awaitedBy(step), arrival, session)),
      ...forgeArrivals(mutation, step, session),
    ],
    lastMatch: () => alterMatch(mutation, recorded.lastMatch(), session),
    async answer(line, limit) {
      const answer: Record<string, string> = { ...(await recorded.answer(line, limit)) };
      for (const { name } of line.returns) {
        const told = mutation.answer === undefined ? answer[name] : mutation.answer(name, answer[name]);
        if (told !== undefined) answer[name] = told;
      }
      return answer;
    },
    collected: (name) => mutation.values?.(recorded.collected(name)) ?? recorded.collected(name),
    value(expression) {
      const value = recorded.value(expression);
      return mutation.values?.([value])[0] ?? value;
    },
  };
}

/** The lines of a step that waits for a packet. */
function awaitedBy(step: Step): readonly PacketLine[] {
  if (step.kind === 'expect') return [step.line];
  return step.kind === 'one-of' ? step.alternatives.map(({ line }) => line) : [];
}

/** Only what a step would accept is altered: what it passes over anyway shows nothing. */
function alterArrival(
  { alter }: Mutation,
  awaited: readonly PacketLine[],
  arrival: Arrival,
  session: Session,
): readonly Arrival[] {
  if (alter === undefined || arrival.consumed) return [arrival];
  if (isPureAck(arrival.packet) && arrival.index < session.windowStart) return [arrival];
  if (!awaited.some((line) => fitsLine(line, arrival, arrival.subflow, session.scope()))) return [arrival];
  const packet = alter(arrival.packet, session.scope());
  return packet === undefined ? [] : [{ ...arrival, packet }];
}

function alterMatch({ alter }: Mutation, last: OnSubflow | undefined, session: Session): OnSubflow | undefined {
  const packet = last === undefined ? undefined : alter?.(last.arrival.packet, session.scope());
  return last === undefined || packet === undefined ? last : { ...last, arrival: { ...last.arrival, packet } };
}

/** A packet more on every subflow there is, and on one that no line has named. */
function forgeArrivals({ forge }: Mutation, step: Step, session: Session): readonly Arrival[] {
  if (forge === undefined) return [];
  const forged: Arrival[] = [];
  for (const subflow of session.subflows.values()) {
    const sample = session.arrivals.find((arrival) => arrival.subflow === subflow);
    if (sample === undefined) continue;
    const blank = forge(sample.packet);
    const packet = step.kind === 'never' ? withNumbers(blank, step.line, subflow, session.scope()) : blank;
    forged.push({ ...sample, packet, index: session.arrivals.length, consumed: false });
  }
  const [sample] = forged;
  return sample === undefined ? forged : [...forged, { ...sample, subflow: undefined }];
}
