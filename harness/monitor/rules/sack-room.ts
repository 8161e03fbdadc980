/** SACK blocks leave room for a Data ACK that has something to say. */
import { seqOffset } from '../../mptcp/index.ts';
import { mappingAt } from '../data-level.ts';
import { other, type FlowEnd } from '../connection.ts';
import type { Monitor, PacketEvent } from '../types.ts';
import { conduct } from './rule.ts';

const room = conduct('sack-leaves-room-for-data-ack', 'A-8.s5');

/** Acknowledgements in a row, over as much time, that lack what they had to say: a single one may leave it out. */
const ENOUGH = { times: 3, milliseconds: 200 };
/** Bytes of options, and those of a DSS with a Data ACK of 8 bytes. */
const MOST = 40;
const DATA_ACK = 12;

/** Bytes of options in the header. */
function optionBytes({ packet }: PacketEvent): number {
  return ((packet.tcp.dataOffset ?? 5) - 5) * 4;
}

/** Whether the only subflow has received, in order, more than the Data ACKs so far tell. */
function hasNews({ connection, side, receiver, packet }: PacketEvent): boolean {
  if (connection.flows.length > 1 || receiver.ssnBase === undefined) return false;
  const last = seqOffset(packet.tcp.ack, receiver.ssnBase + 1);
  const one = mappingAt(receiver, last);
  const { stream } = connection.parties[other(side)];
  return one !== undefined && stream.known && stream.acked !== undefined && one.dsn + last - one.ssn >= stream.acked;
}

/** Data ACKs beside SACK. */
export const sackRoom: Monitor = {
  name: 'sack-room',
  title: 'SACK blocks leave room for the Data ACK',
  rules: [room],
  create: (connection, judge) => {
    const lacking = new Map<FlowEnd, { times: number; since: number; last: number }>();
    return {
      options: {
        sack: (_option, event) => {
          const { side, sender, at } = event;
          if (
            !connection.complete ||
            connection.fallback !== undefined ||
            connection.elsewhere ||
            event.rst ||
            !event.optionsKnown
          )
            return;
          if (event.dataAck !== undefined) {
            judge.pass(room, side);
            return;
          }
          // With room left it is not SACK that keeps the Data ACK away.
          if (optionBytes(event) + DATA_ACK <= MOST || !sender.confirmed || !hasNews(event)) return;
          const known = lacking.get(sender);
          if (known === undefined || known.last !== sender.packets - 1) {
            lacking.set(sender, { times: 1, since: at, last: sender.packets });
            return;
          }
          known.times++;
          known.last = sender.packets;
          if (known.times < ENOUGH.times || at - known.since < ENOUGH.milliseconds) return;
          judge.broken(room, event, {
            message: 'SACK blocks fill the options, and the Data ACK lags behind received data',
            expected: 'a DSS with a Data ACK',
          });
        },
      },
    };
  },
};
