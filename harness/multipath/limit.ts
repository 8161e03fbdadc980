/** The theoretical capacity of paths: their rates, less the headers. */
import type { Way } from '../wire/forward/types.ts';
import type { RunState } from './state.ts';

/** Bytes of headers on a full segment: IP, TCP, timestamps, and DSS with 64-bit mapping and Data ACK. */
const HEADERS = { ipv4: 20, ipv6: 40, tcp: 20, timestamps: 12, dss: 28 } as const;

/** Share of a full packet that is payload. */
function payloadShare(state: RunState, mtu: number, isMptcp: boolean): number {
  const headers = HEADERS[state.family] + HEADERS.tcp + HEADERS.timestamps + (isMptcp ? HEADERS.dss : 0);
  return (mtu - headers) / mtu;
}

/** The way that most data went. */
function mainWay(state: RunState): Way {
  const bytes = (way: Way): number =>
    state.trace.left.reduce((sum, one) => sum + (one.way === way ? one.bytes.length : 0), 0);
  return bytes('up') >= bytes('down') ? 'up' : 'down';
}

function limitOf(state: RunState, path: string, isMptcp: boolean): number {
  const { paths } = state.scenario;
  const shape = paths.get(path)?.shape;
  const way = mainWay(state);
  const { mtu = 1500 } = shape?.[way] ?? {};
  const { rate = Number.NaN } = paths.get(shape?.shares ?? path)?.shape[way] ?? {};
  return rate * payloadShare(state, mtu, isMptcp);
}

/** Bits a second of payload of MPTCP that a path allows, as it was when the scenario began. */
export function pathLimit(state: RunState, path: string): number {
  return limitOf(state, path, true);
}

/** Bits a second of payload that all paths together allow, as they were when the scenario began. */
export function pathsLimit(state: RunState): number {
  // A bottleneck that several paths share counts once.
  const own = [...state.scenario.paths].filter(([, { shape }]) => shape.shares === undefined);
  const all = own.map(([path]) => limitOf(state, path, true));
  return all.reduce((sum, one) => sum + one, 0);
}

/** The same for a transfer by plain TCP, of the one path that it went over; undefined for others. */
export function aloneLimit(state: RunState, transfer: string): number | undefined {
  const connection = state.connections.get(`tcp-${transfer}`);
  if (connection === undefined) return undefined;
  const limit = limitOf(state, connection.path, false);
  return Number.isNaN(limit) ? undefined : limit;
}
