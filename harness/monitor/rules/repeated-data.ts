/** Data that is sent again: the same bytes, under the same numbers. */
import { seqDiff } from '../../mptcp/index.ts';
import type { FlowEnd } from '../connection.ts';
import type { Judge, Monitor, PacketEvent, Rule } from '../types.ts';
import { form } from './rule.ts';

const sameData = form('same-data-again', '3.3.6-1.s1');
const sameBytes = form('same-octets-again', '6-11.3.s2', '1.1-5.2.s1');
const bothWays = form('data-on-two-subflows', '3.3.1-3.s2.2', '3.3.1-3.s3', '3.3.6-1.s5');
const whenAgain = form('when-data-is-sent-again', '3.3.6-2.s1');

/** Segments remembered of a short conversation, and of a long one; powers of 2. */
const FEW = 32;
const MANY = 1024;

/** Marks of segments by where they start; an older one with the same slot is forgotten. */
class Marks {
  #starts = new Float64Array(FEW).fill(-1);
  #lengths = new Uint32Array(FEW);
  #marks = new Uint32Array(FEW);
  #flows = new Uint32Array(FEW);
  #times = new Float64Array(FEW);
  #kept = 0;

  /** A segment of that start and length: its mark, and when and on which subflow it came. */
  find(start: number, length: number): { mark: number; flow: number; at: number } | undefined {
    const slot = start & (this.#starts.length - 1);
    if (this.#starts[slot] !== start || this.#lengths[slot] !== length) return undefined;
    return { mark: this.#marks[slot] ?? 0, flow: this.#flows[slot] ?? 0, at: this.#times[slot] ?? 0 };
  }

  keep(start: number, length: number, mark: number, { flow, at }: PacketEvent): void {
    if (++this.#kept === FEW) this.#grow();
    const slot = start & (this.#starts.length - 1);
    this.#starts[slot] = start;
    this.#lengths[slot] = length;
    this.#marks[slot] = mark;
    this.#flows[slot] = flow.number;
    this.#times[slot] = at;
  }

  /** The first segments are forgotten with the small room. */
  #grow(): void {
    this.#starts = new Float64Array(MANY).fill(-1);
    this.#lengths = new Uint32Array(MANY);
    this.#marks = new Uint32Array(MANY);
    this.#flows = new Uint32Array(MANY);
    this.#times = new Float64Array(MANY);
  }
}

/** Compares a few bytes only, for speed: bytes that differ here differ for certain. */
function markOf(payload: Uint8Array): number {
  let mark = 0;
  const step = Math.max(1, payload.length >> 4);
  for (let i = 0; i < payload.length; i += step) mark = (Math.imul(mark, 31) + (payload[i] ?? 0)) >>> 0;
  return mark;
}

function compare(
  judge: Judge,
  rule: Rule,
  event: PacketEvent,
  before: { mark: number } | undefined,
  mark: number,
): void {
  if (before === undefined) return;
  judge.check(rule, event, before.mark === mark, () => ({
    message: 'other bytes are sent under numbers that were used before',
  }));
}

/** How long after the first time, in words of which there are few. */
function delayOf(after: number): string {
  if (after <= 10) return 'at once';
  return after <= 200 ? 'within 200 ms' : after <= 1000 ? 'within a second' : 'after more than a second';
}

/** Retransmissions, on the same subflow and on others. */
export const repeatedData: Monitor = {
  name: 'repeated-data',
  title: 'what is sent again under the same numbers is the same, on its subflow and on others',
  rules: [sameData, sameBytes, bothWays, whenAgain],
  create: (connection, judge) => {
    const bySubflow = new Map<FlowEnd, Marks>();
    const byNumber: [Marks | undefined, Marks | undefined] = [undefined, undefined];
    return {
      packet: (event) => {
        const { length, mapping, ssn, side, sender, packet, flow } = event;
        // One byte may be a probe of any content.
        if (length < 2 || !event.payloadKnown || event.syn || flow.stray || ssn === undefined) return;
        const mark = markOf(packet.tcp.payload);
        let marks = bySubflow.get(sender);
        if (marks === undefined) bySubflow.set(sender, (marks = new Marks()));
        if (event.retransmission) compare(judge, sameBytes, event, marks.find(ssn, length), mark);
        else marks.keep(ssn, length, mark, event);
        if (mapping === undefined || mapping.infinite || connection.fallback !== undefined) return;
        const offset = seqDiff(ssn, mapping.ssn);
        if (offset < 0 || offset + length > mapping.bytes) return;
        const numbers = (byNumber[side] ??= new Marks());
        const before = numbers.find(mapping.dsn + offset, length);
        if (before === undefined) numbers.keep(mapping.dsn + offset, length, mark, event);
        else if (before.flow !== flow.number) {
          compare(judge, sameData, event, before, mark);
          judge.info(bothWays, event, 'the same data goes over two subflows');
          judge.info(whenAgain, event, `data is sent again on another subflow ${delayOf(event.at - before.at)}`);
        }
      },
    };
  },
};
