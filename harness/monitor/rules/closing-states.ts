/** The closing of a connection, transition by transition of appendix D. */
import { other, type Connection, type DataStream, type Side } from '../connection.ts';
import type { Judge, Monitor, PacketEvent, Rule } from '../types.ts';
import { conduct, form } from './rule.ts';

const finFirst = form('data-fin-from-established', 'D-2.1.s1.1');
const finSecond = form('data-fin-from-close-wait', 'D-2.1.s1.7');
const ackFirst = conduct('data-fin-acknowledged-in-established', 'D-2.1.s1.2');
const ackCrossing = conduct('data-fin-acknowledged-while-closing', 'D-2.1.s1.4');
const ackSecond = conduct('data-fin-acknowledged-after-own', 'D-2.1.s1.5');
const finsHalf = form('subflows-close-after-own-data-fin', 'D-2.1.s1.3');
const finsCrossing = form('subflows-close-after-crossing', 'D-2.1.s1.6');
const finsLast = form('subflows-close-at-last', 'D-2.1.s1.8', 'D-1.s2.1');
const closed = conduct('closed-by-both-data-fins', '3.3.3-8.s1');

/** A DATA_FIN that came so often, over so long, and got no Data ACK, gets none. */
const ENOUGH = { times: 3, milliseconds: 1000 };

function isAcked({ fin, acked }: DataStream): boolean {
  return fin !== undefined && (acked ?? 0) > fin;
}

/** Progress of one side's close. */
interface Progress {
  /** Its DATA_FIN came after it had acknowledged that of the peer. */
  second: boolean;
  /** DATA_FINs seen, and when the first was. */
  times: number;
  since: number;
}

/** The rule for the Data ACK of the peer's DATA_FIN, by how far this side has closed itself. */
function ackRule({ parties }: Connection, side: Side): Rule {
  const own = parties[side].stream;
  if (own.fin === undefined) return ackFirst;
  return isAcked(own) ? ackSecond : ackCrossing;
}

function checkRepeatedDataFin(judge: Judge, event: PacketEvent, progress: Progress): void {
  const { connection, side, at } = event;
  const { stream } = connection.parties[side];
  progress.times++;
  if (progress.times === 1) progress.since = at;
  // All data before it was acknowledged: nothing but the DATA_FIN itself is missing.
  if (!connection.complete || connection.elsewhere || stream.fin === undefined || (stream.acked ?? 1) !== stream.fin)
    return;
  if (progress.times < ENOUGH.times || at - progress.since < ENOUGH.milliseconds) return;
  const judged = other(side);
  judge.broken(
    ackRule(connection, judged),
    event,
    {
      message: 'a repeated DATA_FIN gets no Data ACK',
      expected: `Data ACK ${stream.fin + 1}`,
      actual: `Data ACK ${stream.acked ?? 1}`,
    },
    judged,
  );
}

function checkFin(judge: Judge, event: PacketEvent, progress: Progress): void {
  const { connection, side, sender } = event;
  const own = connection.parties[side].stream;
  const peer = connection.parties[other(side)].stream;
  if (sender.fin !== undefined || !isAcked(own)) return;
  if (!isAcked(peer)) judge.pass(finsHalf, side);
  else judge.pass(progress.second ? finsLast : finsCrossing, side);
}

/** The states of a connection that closes. */
export const closingStates: Monitor = {
  name: 'closing-states',
  title: 'DATA_FINs and their Data ACKs take a connection through the states of appendix D, and FINs follow',
  rules: [finFirst, finSecond, ackFirst, ackCrossing, ackSecond, finsHalf, finsCrossing, finsLast, closed],
  create: (connection, judge) => {
    const progress: readonly [Progress, Progress] = [
      { second: false, times: 0, since: 0 },
      { second: false, times: 0, since: 0 },
    ];
    return {
      packet: (event) => {
        const { mapping, side, dataAck, rst } = event;
        if (rst || connection.fallback !== undefined || connection.aborted !== undefined) return;
        const own = connection.parties[side].stream;
        const peer = connection.parties[other(side)].stream;
        if (dataAck !== undefined && peer.fin !== undefined && dataAck === peer.fin + 1 && !isAcked(peer)) {
          judge.pass(ackRule(connection, side), side);
          if (isAcked(own)) judge.pass(closed, side);
        }
        if (mapping?.fin === true) {
          if (own.fin === undefined) {
            progress[side].second = isAcked(peer);
            judge.pass(progress[side].second ? finSecond : finFirst, side);
          }
          if (!isAcked(own)) checkRepeatedDataFin(judge, event, progress[side]);
        }
        if (event.fin) checkFin(judge, event, progress[side]);
      },
    };
  },
};
