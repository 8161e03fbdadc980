/** DATA_FIN: its shape, its number, and that nothing comes after it. */
import { seqAdd, seqDiff } from '../../mptcp/index.ts';
import { endOf, other, type DataMapping } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { blaming, conduct, form } from './rule.ts';

const alone = form('data-fin-alone', '3.3.3-5.s1', '3.3.3-4.s1');
const withData = form('data-fin-with-data', '3.3.3-4.s3.1');
const number = form('data-fin-number', '3.3.3-4.s2', '4-2.2.s3.2');
const last = form('data-fin-is-last', '3.3-7.s2', '3.3.3-3.s1');
const acknowledged = conduct('data-fin-acknowledged', '4-2.2.s4', '3.3.3-4.s3.2');
const fins = blaming(conduct('fin-and-not-rst', '3.3.3-7.s1', '3.3.3-7.s2'), '3.3.3-7.s1');
const together = conduct('fin-with-data-fin', '3.3.3-6.s4');
const outstanding = conduct('no-fin-with-data-outstanding', '3.3.3-6.s6');

function checkMappingLength(judge: Judge, event: PacketEvent): void {
  const { mapping, length, ssn } = event;
  if (mapping?.fin !== true || mapping.infinite) return;
  if (length === 0) {
    judge.check(alone, event, mapping.ssn === 0 && mapping.length === 1, () => ({
      message: 'a DATA_FIN on a segment without payload has another mapping than its own',
      expected: 'ssn=0, length 1',
      actual: `ssn=${mapping.ssn}, length ${mapping.length}`,
    }));
  } else if (mapping.bytes > 0 && ssn !== undefined && !event.flow.stray) {
    const short = seqDiff(seqAdd(ssn, length), seqAdd(mapping.ssn, mapping.bytes));
    judge.check(withData, event, short <= 0, () => ({
      message: 'a mapping with DATA_FIN ends before the payload of its segment does',
      expected: `length ${mapping.length + short}`,
      actual: `length ${mapping.length}`,
    }));
  }
}

function checkDataFinNumber(judge: Judge, event: PacketEvent): void {
  const { mapping, connection, side } = event;
  if (mapping === undefined || mapping.infinite) return;
  const { stream } = connection.parties[side];
  const end = mapping.dsn + mapping.length;
  if (!mapping.fin) {
    if (stream.fin === undefined) return;
    judge.check(last, event, end <= stream.fin, () => ({
      message: 'data is mapped after the DATA_FIN',
      expected: `numbers below ${stream.fin ?? 0}`,
      actual: `numbers up to ${end - 1}`,
    }));
    return;
  }
  const fin = end - 1;
  if (stream.fin !== undefined) {
    judge.check(number, event, fin === stream.fin, () => ({
      message: 'a repeated DATA_FIN has another number',
      expected: `${stream.fin ?? 0}`,
      actual: `${fin}`,
    }));
  } else if ((stream.known || stream.mapped) && fin < stream.edge && !sameData(event, mapping)) {
    judge.broken(number, event, {
      message: 'the DATA_FIN has the number of a byte of data',
      expected: `${stream.edge}`,
      actual: `${fin}`,
    });
  } else judge.pass(number, side);
}

/** Data that was mapped before without the DATA_FIN may be mapped again with it. */
function sameData({ connection, side }: PacketEvent, mapping: DataMapping): boolean {
  return mapping.bytes > 0 && mapping.dsn + mapping.bytes === connection.parties[side].stream.edge;
}

/** RST in place of FIN once both DATA_FINs are acknowledged. */
function checkRstAfterDataFins(judge: Judge, event: PacketEvent): void {
  const { connection, flow, sender, receiver, side } = event;
  const finished = connection.parties.every(
    ({ stream }) => stream.fin !== undefined && (stream.acked ?? 0) > stream.fin,
  );
  if (!finished || flow.closedAt !== undefined || connection.aborted !== undefined || connection.fallback !== undefined)
    return;
  if (sender.fin !== undefined) {
    judge.pass(fins, side);
    return;
  }
  // With bytes under way either way on the subflow there may be good reason.
  const idle = sender.next === sender.acked && receiver.next === receiver.acked && sender.synSeen && flow.fourthSeen;
  if (idle && connection.complete)
    judge.broken(fins, event, {
      message: 'a subflow is reset after the DATA_FINs were acknowledged',
      expected: 'FIN',
      actual: 'RST',
    });
  else judge.unknown(fins, side, 'why the subflow was reset is not known');
}

/** A FIN on the last subflow while data has no Data ACK. */
function checkFin(judge: Judge, event: PacketEvent, finStart: number | undefined): void {
  const { connection, flow, sender, side } = event;
  if (sender.fin !== undefined || connection.fallback !== undefined || connection.aborted !== undefined || event.rst)
    return;
  const working = connection.flows.some((one) => {
    if (one === flow || one.closedAt !== undefined) return false;
    const mine = one.ends[one.openedBy === side ? 0 : 1];
    return mine.fin === undefined && !one.ends.some((end) => end.rst);
  });
  if (working) return;
  const { stream } = connection.parties[side];
  const needed = finStart ?? stream.edge;
  const acked = stream.acked ?? 1;
  if (acked >= needed) judge.pass(outstanding, side);
  else if (connection.complete) {
    judge.broken(outstanding, event, {
      message: 'the last subflow is closed while data has no Data ACK',
      expected: `Data ACK ${needed}`,
      actual: `Data ACK ${acked}`,
    });
  } else judge.unknown(outstanding, side, 'a Data ACK or another subflow may be missing in the capture');
}

/** FIN and DATA_FIN on one packet: nothing may be outstanding on other subflows. */
function checkFinWithDataFin(judge: Judge, event: PacketEvent): void {
  const { connection, flow, mapping, side } = event;
  const acked = connection.parties[side].stream.acked ?? 1;
  if (mapping?.fin !== true || !event.fin || !connection.complete) return;
  const elsewhere = connection.flows.some(
    (one) => one !== flow && endOf(one, side).mappings.some((held) => held.dsn + held.bytes > acked),
  );
  judge.check(together, event, !elsewhere, () => ({
    message: 'FIN and DATA_FIN come together while data on another subflow has no Data ACK',
  }));
}

/** Shape, number and consequences of DATA_FIN. */
export const dataFin: Monitor = {
  name: 'data-fin',
  title: 'DATA_FIN has its shape and number, nothing follows it, and subflows close as they should',
  rules: [alone, withData, number, last, acknowledged, fins, together, outstanding],
  create: (_connection, judge) => {
    const starts: [number | undefined, number | undefined] = [undefined, undefined];
    return {
      packet: (event) => {
        const { mapping, side, connection } = event;
        if (event.rst) checkRstAfterDataFins(judge, event);
        if (event.fin) {
          if (event.sender.fin === undefined && !event.rst) judge.pass(fins, side);
          checkFinWithDataFin(judge, event);
          checkFin(judge, event, starts[side]);
        }
        if (mapping?.fin === true) starts[side] ??= mapping.dsn;
        if (mapping !== undefined) {
          checkMappingLength(judge, event);
          checkDataFinNumber(judge, event);
        }
        const peer = connection.parties[other(side)].stream;
        if (
          event.dataAck !== undefined &&
          peer.fin !== undefined &&
          event.dataAck === peer.fin + 1 &&
          (peer.acked ?? 0) <= peer.fin
        ) {
          judge.pass(acknowledged, side);
        }
      },
      options: {
        dss: (option, event) => {
          if (option.dataFin && !option.hasMap)
            judge.broken(alone, event, { message: 'a DATA_FIN has no mapping', expected: 'M=1', actual: 'M=0' });
        },
      },
    };
  },
};
