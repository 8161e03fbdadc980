/** Data sequence mappings: what they cover, and that they stay as they are. */
import { seqAdd, seqDiff, seqGt, seqInWindow } from '../../mptcp/index.ts';
import type { DataMapping } from '../connection.ts';
import { mappingAt } from '../data-level.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { blaming, conduct, form } from './rule.ts';

const unchanged = form('mapping-unchanged', '3.3.1-3.s2.1');
const onPacket = blaming(form('mapping-on-packet', '3.3.1-14.s1', '3.3.1-4.s1.2', '6-11.4.s2'), '3.3.1-14.s1');
const mapped = blaming(conduct('data-mapped', '3.3.1-1.s1', '4-2.2.s5', '3.3.1-2.s2'), '3.3.1-1.s1', '4-2.2.s5');
const mappedAtFirst = conduct('data-mapped-at-first', '3.7-4.1.s1');
const capableAtFirst = conduct('first-data-by-capable', '3.1-15.s5', '3.1-16.s2');
const notAfterFin = form('no-data-after-fin', '1.3-2.4.s2', '1.1-5.2.s1');

function checkRemapping(judge: Judge, event: PacketEvent, mapping: DataMapping): void {
  const { sender } = event;
  if (mapping.bytes === 0 || sender.mappings.at(-1) === mapping) return;
  if (sender.mapEdge === undefined || seqDiff(mapping.ssn, sender.mapEdge) >= 0) {
    judge.pass(unchanged, event.side);
    return;
  }
  const end = mapping.ssn + mapping.bytes;
  const clash = sender.mappings.find(
    (one) =>
      one.ssn < end &&
      mapping.ssn < one.ssn + one.bytes &&
      seqDiff(one.dsn, one.ssn + (mapping.dsn - mapping.ssn)) !== 0,
  );
  judge.check(unchanged, event, clash === undefined, () => ({
    message: 'bytes of the subflow that were mapped before get another data sequence number',
    expected: `subflow byte ${clash?.ssn ?? 0} at ${clash?.dsn ?? 0}, ${clash?.bytes ?? 0} bytes`,
    actual: `subflow byte ${mapping.ssn} at ${mapping.dsn}, ${mapping.bytes} bytes`,
  }));
}

function checkMappedNumbers(judge: Judge, event: PacketEvent, mapping: DataMapping): void {
  const { ssn, length, flow } = event;
  if (mapping.infinite || mapping.bytes === 0) return;
  if (ssn === undefined || flow.stray) {
    judge.unknown(onPacket, event.side, 'the start of the subflow is not in the capture');
    return;
  }
  const inside = seqInWindow(ssn, mapping.ssn, mapping.bytes) || seqInWindow(mapping.ssn, ssn, length);
  judge.check(onPacket, event, length > 0 && inside, () => ({
    message:
      length === 0
        ? 'a mapping of data stands on a segment without payload'
        : 'a mapping covers nothing of the segment that it stands on',
    expected: length === 0 ? 'payload' : `some of subflow bytes ${ssn} to ${ssn + length - 1}`,
    actual: `subflow bytes ${mapping.ssn} to ${mapping.ssn + mapping.bytes - 1}`,
  }));
}

/** Whether a byte of this packet is mapped, by the packet itself or by one before it. */
function isMapped(event: PacketEvent, ssn: number): boolean {
  const { mapping, sender } = event;
  if (mapping !== undefined && (mapping.infinite || seqInWindow(ssn, mapping.ssn, mapping.bytes))) return true;
  return mappingAt(sender, ssn) !== undefined;
}

function checkPayloadMapped(judge: Judge, event: PacketEvent, plainAnswer: boolean): void {
  const { ssn, length, sender, connection, flow, side, syn, rst } = event;
  if (length === 0 || syn || rst || connection.fallback !== undefined || sender.infiniteAt !== undefined) return;
  const rule = sender.confirmed ? mapped : mappedAtFirst;
  const gap = sender.next !== undefined && seqGt(event.packet.tcp.seq, sender.next);
  const seen =
    sender.fromStart &&
    event.optionsKnown &&
    !flow.stray &&
    (connection.complete || (!gap && !sender.lost && !sender.forgotten));
  if (ssn === undefined || !seen) {
    judge.unknown(rule, side, 'not all segments of the subflow are in the capture');
    return;
  }
  const last = seqAdd(ssn, length - 1);
  if (isMapped(event, ssn) && isMapped(event, last)) {
    judge.pass(rule, side);
    return;
  }
  // A host that was answered without MPTCP may be on its way to plain TCP.
  if (!sender.confirmed && plainAnswer) judge.unknown(rule, side, 'the peer answered without MPTCP options');
  else
    judge.broken(rule, event, {
      message: 'payload has no mapping',
      expected: `a mapping of subflow bytes ${ssn} to ${last}`,
      actual: event.mapping === undefined ? 'none' : 'a mapping of a part',
    });
}

/** The initiator's first data, while nothing says that its third packet has arrived. */
function checkInitiatorsFirstData(judge: Judge, event: PacketEvent, heard: boolean): void {
  const { connection, flow, sender, ssn, length, mapping } = event;
  if (length === 0 || ssn !== 1 || event.syn || flow !== connection.flows[0] || sender !== flow.ends[0]) return;
  // After a SYN with data the figures of appendix B.3 have a DSS there.
  if (!connection.whole || connection.fallback !== undefined || mapping === undefined || sender.synBytes > 0) return;
  if (mapping.from === 'mp_capable') judge.pass(capableAtFirst, event.side);
  else if (heard || !connection.complete)
    judge.unknown(capableAtFirst, event.side, 'a packet of the responder may have confirmed the keys');
  else {
    judge.broken(capableAtFirst, event, {
      message: 'the first data is mapped by DSS though nothing has come from the responder since its SYN/ACK',
      expected: 'MP_CAPABLE with both keys and Data-Level Length',
    });
  }
}

/** Judges the extent of mappings, and whether all payload is mapped. */
export const mappings: Monitor = {
  name: 'mappings',
  title: 'mappings are never changed, cover their own packet, and all payload is mapped',
  rules: [unchanged, onPacket, mapped, mappedAtFirst, capableAtFirst, notAfterFin],
  create: (_connection, judge) => {
    const plainAnswer = new Set<object>();
    const heard = [false, false];
    return {
      packet: (event) => {
        const { mapping, sender, length, packet } = event;
        if (mapping !== undefined) {
          checkRemapping(judge, event, mapping);
          checkMappedNumbers(judge, event, mapping);
        }
        if (length > 0) {
          checkInitiatorsFirstData(judge, event, heard[1 - event.side] ?? false);
          checkPayloadMapped(judge, event, plainAnswer.has(event.receiver));
          if (sender.fin !== undefined) {
            judge.check(notAfterFin, event, seqDiff(packet.tcp.seq + length, sender.fin - 1) <= 0, () => ({
              message: 'payload comes after the FIN of its subflow',
            }));
          }
        }
        if (event.syn || event.rst) return;
        heard[event.side] = true;
        if (
          event.dataAck === undefined &&
          mapping === undefined &&
          !packet.tcp.options.some((one) => one.kind === 'mp_capable' || one.kind === 'mp_join')
        ) {
          plainAnswer.add(sender);
        }
      },
    };
  },
};
