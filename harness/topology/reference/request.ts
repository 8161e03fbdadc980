/** The arguments of one request to the agent in memory, checked as the agent in C checks them. */
import type { AgentArgs } from '../../sut/agent-line.ts';
import { AgentProtocolError, type AgentAnswer } from '../../sut/types.ts';

/** One request. Every accessor throws AgentProtocolError for a value that the protocol does not allow. */
export class Request {
  readonly command: string;
  readonly timeoutMs: number;
  readonly #args: ReadonlyMap<string, string>;

  /** @param keys arguments that the command takes; others are refused */
  constructor(command: string, args: AgentArgs, keys: readonly string[]) {
    this.command = command;
    this.#args = new Map(Object.entries(args).map(([key, value]) => [key, String(value)]));
    for (const key of this.#args.keys()) {
      if (!keys.includes(key)) throw this.invalid(`${command} takes no ${key}=`);
    }
    this.timeoutMs = this.number('timeout', 0, 3_600_000) ?? 8000;
  }

  /** The error for a request that does not follow the protocol. */
  invalid(detail: string): AgentProtocolError {
    return new AgentProtocolError(this.command, detail);
  }

  /** The text of an argument; undefined if absent. */
  text(key: string): string | undefined {
    return this.#args.get(key);
  }

  /** The text of a required argument. @throws AgentProtocolError */
  need(key: string): string {
    const text = this.#args.get(key);
    if (text === undefined) throw this.invalid(`${this.command} needs ${key}=`);
    return text;
  }

  /** The number of an argument; undefined if absent. @throws AgentProtocolError */
  number(key: string, least: number, most: number): number | undefined {
    const text = this.#args.get(key);
    if (text === undefined) return undefined;
    const value = /^(0x[0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) throw this.invalid(`${key}=${text}: expected ${least} to ${most}`);
    return value;
  }

  /** The number of a required argument. @throws AgentProtocolError */
  needNumber(key: string, least: number, most: number): number {
    this.need(key);
    return this.number(key, least, most) ?? least;
  }

  /** The value of a flag, 0 or 1; undefined if absent. @throws AgentProtocolError */
  flag(key: string): boolean | undefined {
    const value = this.number(key, 0, 1);
    return value === undefined ? undefined : value === 1;
  }

  /** Words joined by commas, each of `words`. */
  list<Word extends string>(key: string, words: readonly Word[]): ReadonlySet<Word> {
    const given = (this.#args.get(key) ?? '').split(',').filter((word) => word !== '');
    const known = given.map((word) => words.find((one) => one === word) ?? word);
    const unknown = known.find((word): boolean => !(words as readonly string[]).includes(word));
    if (unknown !== undefined)
      throw this.invalid(`${key}=: unknown value ${unknown}, expected one of ${words.join(', ')}`);
    return new Set(known as Word[]);
  }

  /** One of some words; undefined if absent. @throws AgentProtocolError */
  oneOf<Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    const text = this.#args.get(key);
    if (text === undefined) return undefined;
    const word = words.find((one) => one === text);
    if (word === undefined) throw this.invalid(`${key}=${text}: expected ${words.join(', ')}`);
    return word;
  }

  /** The bytes of an argument in hexadecimal; undefined if absent. @throws AgentProtocolError */
  bytes(key: string): Uint8Array | undefined {
    const text = this.#args.get(key);
    if (text === undefined) return undefined;
    if (!/^([0-9a-fA-F]{2})*$/.test(text)) throw this.invalid(`${key}=: expected pairs of hexadecimal digits`);
    return new Uint8Array(Buffer.from(text, 'hex'));
  }
}

/** Numbers and flags as the lines of the protocol carry them. */
export function answer(fields: Readonly<Record<string, string | number | bigint | boolean | undefined>>): AgentAnswer {
  const words: Record<string, string> = {};
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (value !== undefined) words[key] = typeof value === 'boolean' ? String(Number(value)) : String(value);
  }
  return words;
}
