/** Events on each path over time, as numbers to draw. Pure. */
import { seqAdd, seqDiff } from '../mptcp/index.ts';
import { FLAG } from '../packet/types.ts';
import { carriedBy } from './data-map.ts';
import type { Side } from './hosts.ts';
import type { RunState } from './state.ts';
import type { Point, RunSeries } from '../verdict/series.ts';

/** Width of an interval of the rate, milliseconds: some ten packets at the rates in use. */
const INTERVAL_MS = 100;
/** Points drawn for a curve; more say nothing to the eye. */
const MOST_POINTS = 1500;

/** The curves of a run. @param events what to mark, milliseconds of the monotonic clock */
export function seriesOf(state: RunState, events: readonly { at: number; text: string }[]): RunSeries {
  const { sent, left } = state.trace;
  const from: Side = payloadOf(state, 'client') >= payloadOf(state, 'server') ? 'client' : 'server';
  const way = from === 'client' ? 'up' : 'down';
  const start = state.startedAt;
  const end = Math.max(start + 1, sent.at(-1)?.record.at ?? start, left.at(-1)?.at ?? start);
  const carried = carriedBy(sent, from);
  const { paths } = state.scenario;
  return {
    title: `${state.scenario.id}: ${state.scenario.title}`,
    seconds: (end - start) / 1000,
    limit: [...paths.values()].reduce((sum, { shape }) => sum + (shape[way].rate ?? 0), 0) / 1e6,
    events: events.map(({ at, text }) => ({ t: (at - start) / 1000, text })),
    paths: [...paths.keys()].map((path) => ({
      path,
      sequence: thin(
        carried.filter((one) => one.path === path).map((one) => ({ t: (one.at - start) / 1000, value: one.dsn })),
      ),
      rate: rates(
        left.filter((one) => one.path === path && one.way === way),
        start,
        end,
      ),
      rtt: thin(roundTrips(state, path, way, start)),
    })),
  };
}

function payloadOf(state: RunState, side: Side): number {
  return state.trace.of(side, {}).reduce((sum, { packet }) => sum + packet.tcp.payload.length, 0);
}

function rates(left: readonly { at: number; bytes: Uint8Array }[], start: number, end: number): Point[] {
  const perInterval = new Array<number>(Math.ceil((end - start) / INTERVAL_MS)).fill(0);
  for (const { at, bytes } of left) {
    const index = Math.min(perInterval.length - 1, Math.floor((at - start) / INTERVAL_MS));
    perInterval[index] = (perInterval[index] ?? 0) + bytes.length;
  }
  return perInterval.map((sum, i) => ({ t: ((i + 0.5) * INTERVAL_MS) / 1000, value: (sum * 8) / INTERVAL_MS / 1000 }));
}

interface Waiting {
  end: number;
  at: number;
}

/** By sequence numbers; a segment that was sent twice is not counted, since its acknowledgment may be for either. */
function roundTrips(state: RunState, path: string, way: 'up' | 'down', start: number): Point[] {
  const flows = new Map<string, Waiting[]>();
  const highest = new Map<string, number>();
  const found: Point[] = [];
  const arrived = new Map(
    state.trace.left.filter((one) => one.path === path && one.way !== way).map((one) => [one.bytes, one.at]),
  );
  for (const { record, packet } of state.trace.sent) {
    if (record.path !== path) continue;
    const { ip, tcp } = packet;
    if (record.way === way) {
      if (tcp.payload.length === 0) continue;
      const flow = `${ip.src} ${tcp.srcPort} ${ip.dst} ${tcp.dstPort}`;
      const end = seqAdd(tcp.seq, tcp.payload.length);
      const before = highest.get(flow);
      if (before !== undefined && seqDiff(end, before) <= 0) continue;
      highest.set(flow, end);
      flows.set(flow, [...(flows.get(flow) ?? []), { end, at: record.at }].slice(-2048));
      continue;
    }
    // When the acknowledgment came back to the sender; one that never did says nothing.
    const at = arrived.get(record.bytes);
    const waiting = flows.get(`${ip.dst} ${tcp.dstPort} ${ip.src} ${tcp.srcPort}`);
    if (at === undefined || waiting === undefined || (tcp.flags & FLAG.ACK) === 0) continue;
    let last: Waiting | undefined;
    while (waiting[0] !== undefined && seqDiff(tcp.ack, waiting[0].end) >= 0) last = waiting.shift();
    if (last !== undefined) found.push({ t: (at - start) / 1000, value: at - last.at });
  }
  return found;
}

function thin(points: readonly Point[]): Point[] {
  const step = Math.ceil(points.length / MOST_POINTS);
  return step <= 1 ? [...points] : points.filter((_, i) => i % step === 0);
}
