/** Types of the tester's forwarding between links. */

/** Way of a packet over a path: `up` is from the client's link to the server, `down` is back. */
export type Way = 'up' | 'down';

/** Treatment of packets in one direction of a path. Absent fields have no effect. */
export interface WayShape {
  /** Bits a second, counted over IP packets. */
  rate?: number;
  /** One-way delay, milliseconds. */
  delay?: number;
  /** Loss probability, 0..1; each packet for itself. */
  loss?: number;
  /** Room of the queue before the bottleneck, bytes of waiting packets; only with a rate. */
  queue?: number;
  /** Largest IP packet, bytes. */
  mtu?: number;
  /** Treatment of larger packets: ICMP to the sender, or a silent drop. */
  tooBig?: 'told' | 'silent';
}

/** Both ways of a path. */
export interface PathShape {
  up: WayShape;
  down: WayShape;
  /** Name of the path whose bottleneck and queue this one leads through, both ways. */
  shares?: string;
}

/** Fate of a packet that entered a path. */
export type Fate =
  | 'passed' /* left the path, or is on its way */
  | 'lost' /* by chance */
  | 'dropped' /* because the tester chose it */
  | 'queue' /* no room in the queue */
  | 'silent' /* the path carries nothing */
  | 'too-big'
  | 'middlebox'; /* a middlebox kept it */

/** A packet that came from a host into a path. */
export interface Entered {
  /** Milliseconds, monotonic clock. */
  at: number;
  path: string;
  way: Way;
  /** The whole IP packet; the record's own. */
  bytes: Uint8Array;
  fate: Fate;
}

/** A packet that left a path towards a host. */
export interface Left {
  at: number;
  path: string;
  way: Way;
  bytes: Uint8Array;
}

/** Other end of a way. */
export function back(way: Way): Way {
  return way === 'up' ? 'down' : 'up';
}
