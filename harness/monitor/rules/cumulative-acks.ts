/** Data ACKs are cumulative: they cover data without a hole, and none that was refused. */
import { seqDiff } from '../../mptcp/index.ts';
import { other } from '../connection.ts';
import { mappingAt } from '../data-level.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { blaming, conduct, form } from './rule.ts';

const noHole = blaming(conduct('data-ack-without-hole', '3.3.2-1.s1', '3.3.3-6.s2', 'C.1.3-1.2.s3'), '3.3.2-1.s1');
const finAfterAll = conduct('data-ack-of-data-fin-without-hole', '3.3.3-6.s2');
const notFailed = conduct('no-data-ack-of-failed-data', '3.7-10.s2.1');
const noGap = blaming(
  form('data-numbers-without-gap', '2.4-1.s1', 'C.1.2-1.4.s2', 'C.1.2-1.2.s1'),
  '2.4-1.s1',
  'C.1.2-1.4.s2',
);
const notAfterInfinite = conduct('no-data-ack-after-infinite-mapping', '3.7-13.s3');

/** Ranges apart from each other that are kept; with more, the last are dropped and nothing is reported. */
const KEPT = 256;

/** The data of one direction that has been sent, as far as a complete capture shows. */
class Cover {
  /** All numbers below this were sent. */
  edge = 1;
  #apart: [number, number][] = [];
  lost = false;

  add(from: number, to: number): void {
    if (to <= this.edge) return;
    if (from > this.edge) {
      if (this.#apart.length >= KEPT) this.lost = true;
      else this.#apart.push([from, to]);
      return;
    }
    this.edge = to;
    if (this.#apart.length === 0) return;
    this.#apart.sort((a, b) => a[0] - b[0]);
    while (this.#apart.length > 0) {
      const [first] = this.#apart;
      if (first === undefined || first[0] > this.edge) return;
      this.edge = Math.max(this.edge, first[1]);
      this.#apart.shift();
    }
  }

  get holed(): boolean {
    return this.#apart.length > 0;
  }
}

function addData(event: PacketEvent, cover: Cover): void {
  const { mapping, ssn, length, sender } = event;
  if (mapping?.fin === true) cover.add(mapping.dsn + mapping.bytes, mapping.dsn + mapping.length);
  if (length === 0) return;
  if (ssn === undefined || event.flow.stray) {
    cover.lost = true;
    return;
  }
  let at = ssn;
  const end = ssn + length;
  while (at < end) {
    const inOwn = mapping !== undefined && at >= mapping.ssn && at < mapping.ssn + mapping.bytes;
    const one = inOwn ? mapping : mappingAt(sender, at);
    if (one === undefined) {
      // Bytes may come before the mapping that covers them.
      cover.lost = true;
      return;
    }
    const to = Math.min(end, one.ssn + one.bytes);
    cover.add(one.dsn + at - one.ssn, one.dsn + to - one.ssn);
    at = to;
  }
}

function checkDataAck(judge: Judge, event: PacketEvent, dataAck: number, cover: Cover): void {
  const { connection, side } = event;
  const peer = connection.parties[other(side)].stream;
  if (!connection.whole || !peer.known || connection.elsewhere || cover.lost || dataAck <= 1) return;
  if (dataAck <= cover.edge) {
    judge.pass(noHole, side);
    return;
  }
  if (dataAck > peer.edge || !cover.holed) return;
  const rule = peer.fin !== undefined && dataAck > peer.fin ? finAfterAll : noHole;
  judge.broken(rule, event, {
    message: 'the Data ACK covers numbers that have not arrived',
    expected: `at most ${cover.edge}`,
    actual: `${dataAck}`,
  });
}

/** With one subflow, what follows on it without a gap follows in the data sequence space too. */
function checkGap(judge: Judge, event: PacketEvent): void {
  const { connection, mapping, sender, side, packet, ssn } = event;
  const { stream } = connection.parties[side];
  if (mapping === undefined || mapping.infinite || event.length === 0 || connection.flows.length > 1 || !stream.known)
    return;
  if (connection.elsewhere || ssn !== mapping.ssn || packet.tcp.seq !== sender.next || !stream.mapped) return;
  judge.check(noGap, event, mapping.dsn <= stream.edge, () => ({
    message: 'data sequence numbers are left out',
    expected: `${stream.edge}`,
    actual: `${mapping.dsn}`,
  }));
}

/** Data numbers that a side refused by MP_FAIL; they are free again when the peer has sent them once more. */
type Failed = [number | undefined, number | undefined];

function checkAckOfRefusedData(judge: Judge, event: PacketEvent, dataAck: number, failed: Failed): void {
  const number = failed[event.side];
  if (number === undefined) return;
  judge.check(notFailed, event, dataAck <= number, () => ({
    message: 'data that failed its checksum gets a Data ACK',
    expected: `at most ${number}`,
    actual: `${dataAck}`,
  }));
}

/** Judges which data a Data ACK may cover. */
export const cumulativeAcks: Monitor = {
  name: 'cumulative-acks',
  title: 'Data ACKs cover data without a hole, none that failed, and end with an infinite mapping',
  rules: [noHole, finAfterAll, notFailed, noGap, notAfterInfinite],
  create: (connection, judge) => {
    const covers = [new Cover(), new Cover()] as const;
    const failed: Failed = [undefined, undefined];
    return {
      packet: (event) => {
        const { dataAck, mapping, side, sender, receiver } = event;
        const infinite = receiver.infiniteAt !== undefined && receiver.ssnBase !== undefined;
        if (infinite && event.ack && !event.rst && event.optionsKnown) {
          const beyond = seqDiff(event.packet.tcp.ack, (receiver.ssnBase ?? 0) + (receiver.infiniteAt ?? 0)) >= 0;
          if (beyond)
            judge.check(notAfterInfinite, event, dataAck === undefined, () => ({
              message: 'a Data ACK comes after an infinite mapping was received',
            }));
        }
        if (!connection.complete) return;
        if (mapping !== undefined && mapping.dsn <= (failed[other(side)] ?? -1)) failed[other(side)] = undefined;
        if (dataAck !== undefined && !event.rst) checkAckOfRefusedData(judge, event, dataAck, failed);
        if (connection.fallback !== undefined) return;
        checkGap(judge, event);
        if (dataAck !== undefined && !event.rst) checkDataAck(judge, event, dataAck, covers[other(side)]);
        if (mapping?.infinite !== true && !event.syn && !event.rst && (event.length > 0 || mapping !== undefined))
          addData(event, covers[side]);
        if (sender.forgotten) covers[side].lost = true;
      },
      options: {
        mp_fail: (option, event) => {
          const stream = connection.parties[other(event.side)].stream;
          const answers = connection.fallback === 'MP_FAIL';
          // On a RST it may belong to a mapping that is sent again on another subflow.
          if (!stream.known || event.rst || answers) return;
          const number = stream.relative(option.dsn, true, stream.edge);
          if (number >= (stream.acked ?? 1)) failed[event.side] ??= number;
        },
      },
    };
  },
};
