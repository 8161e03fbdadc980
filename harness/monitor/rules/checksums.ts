/** DSS checksums: present exactly when agreed, and right. */
import { dssChecksum, seqAdd, seqDiff } from '../../mptcp/index.ts';
import { foldSum, onesSum } from '../../packet/index.ts';
import type { DataMapping } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { blaming, conduct, form, hex } from './rule.ts';

const wanted = conduct('checksum-where-agreed', '3.1-23.s2', '3.1-23.s6', '3.3-8.s1', 'C.1.1-1.10.s2', '7.3-1.s2.1');
const capable = conduct('capable-checksum', '3.1-15.s6.2');
const unwanted = conduct('no-checksum-unless-agreed', '3.1-23.s3', 'C.1.1-1.10.s1');
const right = blaming(
  form('checksum-right', '3.3.1-5.s1', '3.3.1-6.s1', '3.3.1-7.1.s1', '3.3.1-8.s1', '3.7-6.s2'),
  '3.3.1-5.s1',
  '3.3.1-6.s1',
);
const rightNarrow = blaming(
  form('checksum-right-short-number', '3.3.1-5.s1', '3.3.1-8.s1', '3.3.1-11.s1'),
  '3.3.1-5.s1',
);
const finRight = form('checksum-of-data-fin', '3.3.3-5.s2');
const infinite = form('checksum-of-infinite-mapping', '3.3.1-15.s3');

/** The data seen of one mapping. */
interface Gathered {
  /** Ranges seen, from and to (exclusive), apart from each other. */
  ranges: [number, number][];
  bytes: number;
  sum: number;
  index: number;
  /** The one byte that all data consists of; undefined when there are several. */
  only: number | undefined;
}

/** Adds what is new of a packet's payload; sums of ones' complement do not mind the order. */
function gather(gathered: Gathered, payload: Uint8Array, from: number): void {
  let at = from;
  const end = from + payload.length;
  const missing: [number, number][] = [];
  for (const [left, right_] of gathered.ranges.toSorted((a, b) => a[0] - b[0])) {
    if (right_ <= at) continue;
    if (left >= end) break;
    if (left > at) missing.push([at, left]);
    at = Math.max(at, right_);
  }
  if (at < end) missing.push([at, end]);
  for (const [left, right_] of missing) {
    const part = payload.subarray(left - from, right_ - from);
    const sum = onesSum(part);
    if (!consistsOf(part, gathered.only)) gathered.only = undefined;
    gathered.sum = foldSum(gathered.sum + (left % 2 === 0 ? sum : ((sum & 0xff) << 8) | (sum >> 8)));
    gathered.bytes += right_ - left;
    gathered.ranges.push([left, right_]);
  }
  mergeTail(gathered.ranges);
}

/** Whether all bytes are this one; mostly the second one already tells. */
function consistsOf(bytes: Uint8Array, one: number | undefined): boolean {
  return one !== undefined && bytes.every((byte) => byte === one);
}

/** Data mostly comes in order: one range is enough then. */
function mergeTail(ranges: [number, number][]): void {
  while (ranges.length > 1) {
    const last = ranges.at(-1);
    const before = ranges.at(-2);
    if (last === undefined || before === undefined || before[1] !== last[0]) return;
    before[1] = last[1];
    ranges.pop();
  }
}

interface PseudoHeader {
  dsn: bigint;
  ssn: number;
  dataLength: number;
}

/** The checksum over a pseudo-header and data of that sum. */
function checksumOver(header: PseudoHeader, sum: number): number {
  const pseudo = dssChecksum({ ...header, data: new Uint8Array(0) });
  return ~foldSum((~pseudo & 0xffff) + sum) & 0xffff;
}

/** Both forms of zero are the same sum. */
function sameChecksum(a: number, b: number): boolean {
  return a === b || (a % 0xffff === 0 && b % 0xffff === 0);
}

/** Common mistakes that give just this checksum: what was done, and the clause that says otherwise. */
function mistakeOf(found: number, header: PseudoHeader, sum: number): { text: string; clause: string } | undefined {
  const right_ = checksumOver(header, sum);
  const swapped = ((right_ & 0xff) << 8) | (right_ >> 8);
  const mistakes: [number, string, string][] = [
    [checksumOver({ ...header, ssn: 0 }, sum), '3.3.1-7.1.s1', 'without the subflow sequence number'],
    [checksumOver({ ...header, dataLength: 0 }, sum), '3.3.1-7.1.s1', 'without the Data-Level Length'],
    [checksumOver({ ...header, dsn: 0n }, sum), '3.3.1-7.1.s1', 'without the data sequence number'],
    [checksumOver({ ...header, dsn: BigInt.asUintN(32, header.dsn) }, sum), '3.3.1-8.s1', 'over 32 bits of the number'],
    [checksumOver(header, 0), '3.3.1-6.s1', 'over the pseudo-header alone'],
    [~right_ & 0xffff, '3.3.1-6.s1', 'without the complement'],
    [swapped, '3.3.1-6.s1', 'in the other order of bytes'],
  ];
  const [, clause, text] = mistakes.find(([value]) => sameChecksum(value, found)) ?? [];
  return clause === undefined || text === undefined ? undefined : { text, clause };
}

function verify(judge: Judge, event: PacketEvent, mapping: DataMapping, sum: number, isBlank = false): void {
  const rule = mapping.bytes === 0 ? finRight : mapping.wide ? right : rightNarrow;
  if (mapping.dsn64 === undefined) {
    judge.unknown(rule, event.side, 'the upper half of the data sequence number is not known');
    return;
  }
  const header = { dsn: mapping.dsn64, ssn: mapping.ssn, dataLength: mapping.length };
  const expected = checksumOver(header, sum);
  const found = mapping.checksum ?? 1;
  const same = sameChecksum(expected, found);
  if (!same && isBlank) {
    judge.unknown(rule, event.side, 'the data of mappings is one repeated byte, which may have been written over it');
    return;
  }
  if (!same && mapping.bytes > 0) event.sender.damaged ??= mapping;
  judge.check(rule, event, same, () => {
    const mistake = mistakeOf(found, header, sum);
    const isAmongThem = mistake !== undefined && rule.clauses.includes(mistake.clause);
    return {
      message: `the checksum of a mapping is wrong${mistake === undefined ? '' : `: it is the one ${mistake.text}`}`,
      expected: hex(expected, 4),
      actual: hex(found, 4),
      field: mapping.from === 'mp_capable' ? 'mp_capable.csum' : 'dss.csum',
      ...(isAmongThem ? { blames: [mistake.clause] } : {}),
    };
  });
}

function checkChecksumPresence(judge: Judge, event: PacketEvent, mapping: DataMapping): void {
  const { connection, side } = event;
  if (connection.checksums === undefined) {
    judge.unknown(wanted, side, 'the handshake is not in the capture');
    return;
  }
  if (mapping.from === 'mp_capable') {
    const agreed = connection.checksums;
    judge.check(capable, event, (mapping.checksum !== undefined) === agreed, () => ({
      message: `MP_CAPABLE with data ${agreed ? 'lacks the checksum that was agreed' : 'has a checksum that was not agreed'}`,
    }));
  }
  if (connection.checksums) {
    judge.check(wanted, event, mapping.checksum !== undefined, () => ({
      message: 'a mapping has no checksum though checksums were agreed',
    }));
  } else {
    judge.check(unwanted, event, mapping.checksum === undefined, () => ({
      message: 'a mapping has a checksum though none was agreed',
    }));
  }
}

/** A packet's payload may belong to several mappings, and a mapping to several packets. */
function gatherPayload(judge: Judge, event: PacketEvent, store: Map<DataMapping, Gathered>): void {
  const { ssn, length, packet } = event;
  if (ssn === undefined) return;
  for (const one of concerned(event)) {
    if (one.checksum === undefined || one.infinite) continue;
    const offset = seqDiff(ssn, one.ssn);
    const from = Math.max(0, offset);
    const to = Math.min(one.bytes, offset + length);
    if (from >= to) continue;
    const gathered = store.get(one) ?? {
      ranges: [],
      bytes: 0,
      sum: 0,
      index: event.index,
      only: packet.tcp.payload[from - offset],
    };
    store.set(one, gathered);
    if (gathered.bytes >= one.bytes) continue;
    gather(gathered, packet.tcp.payload.subarray(from - offset, to - offset), from);
    if (gathered.bytes !== one.bytes) continue;
    // The payload of a capture that is handed on is often overwritten; that is not the sender's doing.
    const isBlank = one.bytes > 1 && gathered.only !== undefined && !event.connection.complete;
    verify(judge, event, one, gathered.sum, isBlank);
  }
  if (store.size > 2048) for (const one of [...store.keys()].slice(0, 1024)) store.delete(one);
}

function concerned({ mapping, sender, ssn, length }: PacketEvent): DataMapping[] {
  const end = seqAdd(ssn ?? 0, length);
  if (mapping !== undefined && ssn !== undefined) {
    const offset = seqDiff(ssn, mapping.ssn);
    // By far the most segments lie within the one mapping that they carry.
    if (offset >= 0 && offset + length <= mapping.bytes) return [mapping];
  }
  const found = sender.mappings.filter(
    (one) => seqDiff(end, one.ssn) > 0 && seqDiff(one.ssn + one.bytes, ssn ?? 0) > 0,
  );
  if (mapping !== undefined && !found.includes(mapping)) found.push(mapping);
  return found;
}

/** Presence and value of DSS checksums. */
export const checksums: Monitor = {
  name: 'checksums',
  title: 'mappings have a checksum exactly when that was agreed, and it is right',
  rules: [wanted, unwanted, capable, right, rightNarrow, finRight, infinite],
  create: (_connection, judge) => {
    const store = new Map<DataMapping, Gathered>();
    return {
      packet: (event) => {
        const { mapping, connection, length } = event;
        if (mapping?.infinite === true) {
          if (mapping.checksum !== undefined) {
            judge.check(infinite, event, mapping.checksum === 0, () => ({
              message: 'the checksum of an infinite mapping is not 0',
              expected: '0',
              actual: hex(mapping.checksum ?? 0, 4),
            }));
          }
          return;
        }
        if (mapping !== undefined) {
          checkChecksumPresence(judge, event, mapping);
          if (mapping.bytes === 0 && mapping.checksum !== undefined && mapping.fin) verify(judge, event, mapping, 0);
        }
        if (length === 0 || connection.checksums === false || !event.payloadKnown || event.syn || event.flow.stray)
          return;
        gatherPayload(judge, event, store);
      },
    };
  },
};
