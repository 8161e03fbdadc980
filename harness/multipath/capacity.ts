/**
 * Traffic of connections and paths in a period, from the packets: the judges of congestion control. Goodput would not do,
 * since an application gets nothing of one path while bytes of another are missing before it.
 */
import { decodePacket, isNotTcp } from '../packet/index.ts';
import { showRate, showTime } from './amounts.ts';
import { bounds, busyFinding, tooBusy, within, type Finding } from './finding.ts';
import type { Side } from './hosts.ts';
import { pathLimit } from './limit.ts';
import type { Verbs } from './raw-suite.ts';
import type { Connection, RunState } from './state.ts';
import { leastRoom } from './window.ts';
import type { Measure } from '../verdict/result.ts';

interface Period {
  since: number;
  before: number;
}

/** Less room than two segments holds a sender up: it waits rather than cut a segment. */
const NO_ROOM = 3000;

function periodOf(state: RunState, since: string | undefined, before: string | undefined, now = Infinity): Period {
  return { since: state.markOf(since), before: before === undefined ? now : state.markOf(before) };
}

/**
 * Bits a second that packets of a connection with payload took of the network, after the bottlenecks.
 *
 * @param path only on this one
 */
function taken(
  state: RunState,
  connection: Connection,
  from: Side,
  path: string | undefined,
  { since, before }: Period,
): number {
  const way = from === 'client' ? 'up' : 'down';
  let bytes = 0;
  for (const one of state.trace.left) {
    if (one.way !== way || one.at < since || one.at >= before || (path !== undefined && one.path !== path)) continue;
    const packet = decodePacket(one.bytes);
    if (isNotTcp(packet) || packet.tcp.payload.length === 0) continue;
    // Subflows go to the port that the first one went to.
    const port = from === 'client' ? packet.tcp.dstPort : packet.tcp.srcPort;
    if (port === connection.port) bytes += one.bytes.length;
  }
  return (bytes * 8000) / (before - since);
}

/** `judge-capacity`: what one connection takes of the network against what another takes at the same time. */
export function capacity(state: RunState, given: Verbs['judge-capacity']): Finding {
  const { of, against, path, from = 'client', since, before, 'at-least': least, 'at-most': most } = given;
  const period = periodOf(state, since, before);
  const rateOf = (name: string): number => taken(state, state.connection(name), from, path, period);
  const value = rateOf(of);
  const others = [against].flat();
  // The mean of several is closer to what one connection gets than any of them.
  const base = others.reduce((sum, name) => sum + rateOf(name), 0) / others.length;
  // Where one of them stood still everywhere, shares say nothing of congestion. Leaving one path altogether does.
  const ratio =
    base === 0 || (value === 0 && taken(state, state.connection(of), from, undefined, period) === 0)
      ? undefined
      : value / base;
  const what = others.length === 1 ? others.join() : `the average of ${others.join(' and ')}`;
  const where = path === undefined ? '' : ` on path ${path}`;
  const measures: Measure[] =
    ratio === undefined
      ? []
      : [
          { name: `${of}${where}`, value, unit: 'bit/s' },
          { name: `${what}${where}`, value: base, unit: 'bit/s' },
          { name: `${of} / ${what}${where}`, value: ratio, unit: 'ratio' },
        ];
  return {
    isMet: within(ratio, least, most),
    expected: `what ${of} takes${where} / what ${what} takes ${bounds(least?.toFixed(2), most?.toFixed(2))}`,
    actual:
      ratio === undefined
        ? `nothing to compare: ${showRate(value)} and ${showRate(base)}`
        : `${ratio.toFixed(2)} (${showRate(value)} / ${showRate(base)} in ${showTime(period.before - period.since)})`,
    measures,
  };
}

/** Bits a second of payload that a side sent on a path. */
function sentRate(state: RunState, path: string, from: Side, period: Period): number {
  const bytes = state.trace
    .of(from, { path, ...period })
    .reduce((sum, { packet }) => sum + packet.tcp.payload.length, 0);
  return (bytes * 8000) / (period.before - period.since);
}

/** `judge-rate`: what a side sends on a path in one period against another period, or against the path's limit. */
export function rate(state: RunState, given: Verbs['judge-rate']): Finding {
  const {
    path,
    from = 'client',
    since,
    before,
    against,
    'for-want-of': want,
    'at-least': least,
    'at-most': most,
  } = given;
  const period = periodOf(state, since, before);
  const value = sentRate(state, path, from, period);
  const base =
    against === 'limit'
      ? pathLimit(state, path)
      : sentRate(state, path, from, periodOf(state, against.since, against.before));
  const ratio = base > 0 ? value / base : undefined;
  const isMet = within(ratio, least, most);
  const what = against === 'limit' ? 'its limit' : 'the rate before';
  const measures: Measure[] =
    ratio === undefined
      ? []
      : [
          { name: `rate of path ${path}`, value, unit: 'bit/s' },
          { name: `rate of path ${path} / ${what}`, value: ratio, unit: 'ratio' },
        ];
  const expected = `rate of path ${path} / ${what} ${bounds(least?.toFixed(2), most?.toFixed(2))}`;
  const actual =
    ratio === undefined
      ? `nothing was sent on path ${path} before`
      : `${ratio.toFixed(2)} (${showRate(value)} / ${showRate(base)} for ${showTime(period.before - period.since)})`;
  const room = want === undefined ? undefined : leastRoom(state, from, period);
  if (room === undefined)
    return isMet === false && tooBusy(state)
      ? busyFinding(state, ratio, measures)
      : { isMet, expected, actual, measures };
  measures.push({ name: 'smallest room in the receive window', value: room, unit: 'octets' });
  const found = { expected, actual: `${actual}; the receive window always had room for ${room} bytes`, measures };
  // A slow transfer with window left is not limited by the receiver. A stalled one shows nothing.
  if (isMet === false && room >= NO_ROOM) return { ...found, isMet: value > 0 ? true : undefined };
  return isMet === false && tooBusy(state) ? busyFinding(state, ratio, measures) : { ...found, isMet };
}
