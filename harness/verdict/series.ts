/** Events on each path of a run over time, as numbers to draw. */

/** Seconds since the start, and a value. */
export interface Point {
  t: number;
  value: number;
}

/** Curves of one path. */
interface PathSeries {
  path: string;
  /** Data sequence numbers as sent, bytes from the first. */
  sequence: Point[];
  /** Mbit/s of IP packets that left the path towards the receiver, by interval. */
  rate: Point[];
  /** Milliseconds from a segment to the acknowledgment that covers it, at the sender's end of the path. */
  rtt: Point[];
}

/** A vertical line. */
interface Event {
  t: number;
  text: string;
}

/** Everything that a plot shows. */
export interface RunSeries {
  title: string;
  seconds: number;
  paths: PathSeries[];
  /** Sum of the paths' rates, Mbit/s of IP packets. */
  limit: number;
  events: Event[];
}
