/** Reassembly queues: of a subflow (RFC 9293 §3.10.7.4) and of a connection (RFC 8684 §3.3.4). */
import { dsnAdd, dsnDiff, seqAdd, seqDiff } from '../mptcp/index.ts';

/** Bytes that came before those that precede them; `before(a, b)` is the distance between two numbers. */
class Pieces<N> {
  #pieces: { start: N; data: Uint8Array }[] = [];
  readonly #distance: (a: N, b: N) => number;
  readonly #add: (n: N, count: number) => N;

  constructor(distance: (a: N, b: N) => number, add: (n: N, count: number) => N) {
    this.#distance = distance;
    this.#add = add;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.data.length, 0);
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Keeps bytes from `start` on; where some are held already, the first that came stay (RFC 8684 §3.3.1). */
  add(start: N, data: Uint8Array): void {
    let from = start;
    let rest = data;
    const kept: { start: N; data: Uint8Array }[] = [];
    for (const piece of this.#pieces) {
      const lead = this.#distance(piece.start, from);
      if (rest.length > 0 && lead > 0) {
        const part = rest.subarray(0, Math.min(lead, rest.length));
        kept.push({ start: from, data: part });
        from = this.#add(from, part.length);
        rest = rest.subarray(part.length);
      }
      kept.push(piece);
      const covered = this.#distance(this.#add(piece.start, piece.data.length), from);
      if (covered > 0 && rest.length > 0) {
        const skip = Math.min(covered, rest.length);
        from = this.#add(from, skip);
        rest = rest.subarray(skip);
      }
    }
    if (rest.length > 0) kept.push({ start: from, data: rest });
    this.#pieces = kept;
  }

  /** Takes what follows `next` without a hole. */
  take(next: N): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let at = next;
    for (;;) {
      const [first] = this.#pieces;
      if (first === undefined) return taken;
      const lead = this.#distance(first.start, at);
      if (lead > 0) return taken;
      this.#pieces.shift();
      const fresh = first.data.subarray(Math.min(-lead, first.data.length));
      if (fresh.length === 0) continue;
      taken.push(fresh);
      at = this.#add(at, fresh.length);
    }
  }

  /** Forgets what lies at `from` or after it. */
  cut(from: N): void {
    this.#pieces = this.#pieces.flatMap((piece) => {
      const keep = this.#distance(from, piece.start);
      if (keep <= 0) return [];
      return [{ start: piece.start, data: piece.data.subarray(0, keep) }];
    });
  }

  /** The runs without a hole, lowest first. */
  runs(): { start: N; end: N }[] {
    const runs: { start: N; end: N }[] = [];
    for (const piece of this.#pieces) {
      const end = this.#add(piece.start, piece.data.length);
      const last = runs.at(-1);
      if (last !== undefined && this.#distance(piece.start, last.end) === 0) last.end = end;
      else runs.push({ start: piece.start, end });
    }
    return runs;
  }
}

/** Out-of-order bytes of a subflow, by sequence number. */
export class SubflowReassembly extends Pieces<number> {
  constructor() {
    super(seqDiff, seqAdd);
  }
}

/** Out-of-order bytes of a connection, by data sequence number. */
export class Reassembly extends Pieces<bigint> {
  constructor() {
    super((a, b) => Number(dsnDiff(a, b)), dsnAdd);
  }
}
