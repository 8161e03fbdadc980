/** Damages inputs at random, the same way for the same seed. Pure. */
import { seededRandom } from '../clock/random.ts';

/** Largest input that a mutator makes, in bytes. */
const LARGEST = 65_536;
/** Most changes to one input. */
const MOST_CHANGES = 6;
/** Numbers at which lengths and counters go wrong. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 20, 30, 31, 40, 60, 63, 64, 127, 128, 254, 255];

/** Makes damaged inputs from good ones. */
export class Mutator {
  readonly #random: () => number;
  readonly #tokens: readonly Uint8Array[];

  /**
   * @param seed the same seed gives the same inputs in the same order
   * @param tokens pieces of the input's language that are inserted whole
   */
  constructor(seed: string, tokens: readonly string[] = []) {
    this.#random = seededRandom(seed);
    this.#tokens = tokens.map((token) => Buffer.from(token));
  }

  /** The next input: one of the corpus with one to six changes. @param corpus not empty */
  next(corpus: readonly Uint8Array[]): Uint8Array {
    let bytes = this.#pick(corpus);
    const changes = 1 + this.#below(MOST_CHANGES);
    for (let i = 0; i < changes; i++) bytes = this.#change(bytes, corpus);
    return bytes.subarray(0, LARGEST);
  }

  #change(bytes: Uint8Array, corpus: readonly Uint8Array[]): Uint8Array {
    switch (this.#below(this.#tokens.length > 0 ? 8 : 7)) {
      case 0:
        return this.#set(bytes, (byte) => byte ^ (1 << this.#below(8)));
      case 1:
        return this.#set(bytes, () => this.#pick(EDGES));
      case 2:
        return this.#set(bytes, () => this.#below(256));
      case 3:
        return this.#splice(bytes, this.#length(bytes), new Uint8Array(0));
      case 4:
        return this.#splice(bytes, 0, this.#piece(bytes));
      case 5:
        return bytes.subarray(0, this.#below(bytes.length + 1));
      case 6:
        return this.#splice(bytes, this.#length(bytes), this.#piece(this.#pick(corpus)));
      default:
        return this.#splice(bytes, this.#length(bytes) & 7, this.#pick(this.#tokens));
    }
  }

  #set(bytes: Uint8Array, value: (byte: number) => number): Uint8Array {
    if (bytes.length === 0) return bytes;
    const copy = bytes.slice();
    const at = this.#below(copy.length);
    copy[at] = value(copy[at] ?? 0);
    return copy;
  }

  #splice(bytes: Uint8Array, drop: number, insert: Uint8Array): Uint8Array {
    const at = this.#below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(Math.min(bytes.length, at + drop))]);
  }

  #piece(bytes: Uint8Array): Uint8Array {
    const at = this.#below(bytes.length + 1);
    return bytes.subarray(at, at + this.#length(bytes));
  }

  #length(bytes: Uint8Array): number {
    return 1 + this.#below(Math.max(1, Math.min(64, bytes.length)));
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(list: readonly T[]): T {
    const one = list[this.#below(list.length)];
    if (one === undefined) throw new RangeError('nothing to pick from: the list is empty');
    return one;
  }
}
