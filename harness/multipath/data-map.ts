/** Part of the connection's stream in each segment, by the mappings on the wire (RFC 8684 section 3.3.1). Pure. */
import { lowHalf, seqDiff, seqOffset } from '../mptcp/index.ts';
import { FLAG } from '../packet/types.ts';
import type { Side } from './hosts.ts';
import type { Sent } from './trace.ts';

/** A segment with data whose place in the stream is known. */
export interface Carried {
  at: number;
  path: string;
  /** The conversation, for telling subflows on one path apart. */
  flow: string;
  /** Relative subflow sequence number of its first byte. */
  ssn: number;
  /** Place of its first byte, from the first data sequence number that was seen. */
  dsn: number;
  length: number;
}

interface Mapping {
  ssn: number;
  length: number;
  dsn: number;
}

interface Flow {
  isn: number | undefined;
  /** Latest last. */
  mappings: Mapping[];
}

/** Mappings that may still be needed: as many as a window holds, and some. */
const MAPPINGS_KEPT = 4096;

/** Segments of one side with data of the connection that began in the trace, oldest first. */
export function carriedBy(sent: readonly Sent[], from: Side): Carried[] {
  const flows = new Map<string, Flow>();
  const found: Carried[] = [];
  let base: number | undefined;
  const way = from === 'client' ? 'up' : 'down';
  for (const { record, packet } of sent) {
    if (record.way !== way) continue;
    const { ip, tcp } = packet;
    const name = `${ip.src} ${tcp.srcPort} ${ip.dst} ${tcp.dstPort}`;
    const flow = flows.get(name) ?? { isn: undefined, mappings: [] };
    flows.set(name, flow);
    if ((tcp.flags & FLAG.SYN) !== 0) {
      flow.isn = tcp.seq;
      flow.mappings = [];
    }
    for (const option of tcp.options) {
      if (
        option.kind !== 'dss' ||
        option.dsn === undefined ||
        option.ssn === undefined ||
        (option.dataLength ?? 0) === 0
      )
        continue;
      const low = lowHalf(option.dsn);
      base ??= low;
      const mapping: Mapping = { ssn: option.ssn, length: option.dataLength ?? 0, dsn: seqDiff(low, base) };
      flow.mappings.push(mapping);
      if (flow.mappings.length > MAPPINGS_KEPT) flow.mappings.shift();
    }
    if (tcp.payload.length === 0 || flow.isn === undefined) continue;
    const ssn = seqOffset(tcp.seq, flow.isn);
    const mapping = flow.mappings.findLast((one) => ssn >= one.ssn && ssn < one.ssn + one.length);
    if (mapping === undefined) continue;
    found.push({
      at: record.at,
      path: record.path,
      flow: name,
      ssn,
      dsn: mapping.dsn + ssn - mapping.ssn,
      length: tcp.payload.length,
    });
  }
  return found;
}

/** Data that was sent first on one path and later on another. */
export interface Reinjection {
  first: Carried;
  again: Carried;
}

/** Data of a path that was sent again on one of others, from a time on. */
export function reinjections(
  carried: readonly Carried[],
  from: string,
  to: readonly string[],
  since: number,
): Reinjection[] {
  const firsts = carried.filter((one) => one.path === from);
  return carried
    .filter((one) => to.includes(one.path) && one.at >= since)
    .flatMap((again) => {
      const first = firsts.find((one) => one.at < again.at && overlap(one, again));
      if (first === undefined) return [];
      // Data that the same path carried before is a retransmission, not a reinjection.
      const isOwn = carried.some((one) => one.path === again.path && one.at < again.at && overlap(one, again));
      return isOwn ? [] : [{ first, again }];
    });
}

/** Segments that a path carried before a time, and whose data none of the others had by then. */
export function onlyOn(carried: readonly Carried[], path: string, others: readonly string[], by: number): Carried[] {
  const before = carried.filter((one) => one.at < by);
  return before.filter(
    (one) => one.path === path && !before.some((other) => others.includes(other.path) && overlap(one, other)),
  );
}

/** Segments that went again on their own path, same subflow and data numbers, after their data was repeated on another. */
export function retransmittedAfter(
  carried: readonly Carried[],
  path: string,
  found: readonly Reinjection[],
): Carried[] {
  const before = new Set<string>();
  return carried.filter((one) => {
    if (one.path !== path) return false;
    const name = `${one.flow} ${one.ssn} ${one.dsn}`;
    const isAgain = before.has(name);
    before.add(name);
    return isAgain && found.some(({ again }) => again.at < one.at && overlap(again, one));
  });
}

function overlap(a: Carried, b: Carried): boolean {
  return a.dsn < b.dsn + b.length && b.dsn < a.dsn + a.length;
}
