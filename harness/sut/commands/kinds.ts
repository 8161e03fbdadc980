/** Types for the commands of the agent's protocol: kinds of values, and the row that describes a command. Pure. */

/** Kinds of values. */
export type ValueKind =
  /** Any text: a name, an address, bytes as hexadecimal. */
  | { type: 'text' }
  /** A whole number, from and to inclusive. */
  | { type: 'number'; from: number; to: number }
  /** A whole number, or one of these words. */
  | { type: 'number-or'; words: readonly string[] }
  /** `0` or `1`. */
  | { type: 'flag' }
  | { type: 'one-of'; words: readonly string[] }
  /** Some of these words, joined by commas; may be empty. */
  | { type: 'list-of'; words: readonly string[] };

/** An argument of a command. */
export type Argument = ValueKind & { needed?: true };

/** Parts of the protocol's page. */
export type CommandGroup = 'agent' | 'sockets' | 'octets' | 'network' | 'path-manager' | 'kernel-state';

/** A command: everything that the loader, the engine, the protocol's page and the agent's test need to know of it. */
export interface CommandRow {
  group: CommandGroup;
  /** By key, in the order of the page. */
  args: Readonly<Record<string, Argument>>;
  /** Fields of the answer by key; `open` where the keys are not known beforehand. */
  answers: Readonly<Record<string, ValueKind>> | 'open';
  /** The word of the greeting without which an agent need not have it. */
  feature?: string;
  /** It may wait: the agent serves other requests meanwhile. */
  waits?: true;
  /** Suites may use it. `socket`: what `fd=` is where a suite leaves it out. */
  suites?: { socket?: 'conn' | 'lsn' };
  /** Its effect and answer, Markdown, for the page. */
  does: string;
}

/** Any text. */
export const text: ValueKind = { type: 'text' };
/** A word without a value. */
export const flag: ValueKind = { type: 'flag' };
/** Milliseconds that a command may wait. */
export const TIMEOUT: ValueKind = { type: 'number', from: 0, to: 3_600_000 };
/** A port, 0 for any. */
export const PORT: ValueKind = { type: 'number', from: 0, to: 65_535 };
/** A number of 32 bits. */
export const UINT32: ValueKind = { type: 'number', from: 0, to: 2 ** 32 - 1 };
/** A number of an answer. */
export const COUNT: ValueKind = { type: 'number', from: 0, to: Number.MAX_SAFE_INTEGER };
/** An address family. */
export const FAMILY: ValueKind = { type: 'one-of', words: ['ipv4', 'ipv6'] };
/** The socket's own address, of an answer. */
export const OWN_ADDRESS = { addr: text, port: PORT };
/** The socket's own address and the peer's, of an answer. */
export const ADDRESSES = { ...OWN_ADDRESS, 'peer-addr': text, 'peer-port': PORT };

/** A whole number in these limits. */
export function number(from: number, to: number): ValueKind {
  return { type: 'number', from, to };
}

/** One of these words. */
export function oneOf(...words: string[]): ValueKind {
  return { type: 'one-of', words };
}

/** Some of these words. */
export function listOf(...words: string[]): ValueKind {
  return { type: 'list-of', words };
}

/** A number, or one of these words. */
export function numberOr(...words: string[]): ValueKind {
  return { type: 'number-or', words };
}

/** An argument that must be there. */
export function needed(kind: ValueKind): Argument {
  return { ...kind, needed: true };
}

/** The words that a kind knows; empty where any will do. */
export function wordsOf(kind: ValueKind): readonly string[] {
  switch (kind.type) {
    case 'flag':
      return ['0', '1'];
    case 'number-or':
    case 'one-of':
    case 'list-of':
      return kind.words;
    case 'text':
    case 'number':
      return [];
  }
}

/** The defect of a literal value: `expected ok or a number`; undefined when it is valid. */
export function problemWith(value: string, kind: ValueKind): string | undefined {
  const isNumber = /^(?:\d+|0x[0-9a-f]+)$/i.test(value);
  switch (kind.type) {
    case 'text':
      return undefined;
    case 'number':
      return isNumber && Number(value) >= kind.from && Number(value) <= kind.to
        ? undefined
        : `expected a number from ${kind.from} to ${kind.to}`;
    case 'number-or':
      return isNumber || kind.words.includes(value) ? undefined : `expected a number or ${kind.words.join(' or ')}`;
    case 'flag':
      return value === '0' || value === '1' ? undefined : 'expected 0 or 1';
    case 'one-of':
      return kind.words.includes(value) ? undefined : `expected ${kind.words.join(' or ')}`;
    case 'list-of':
      return value === '' || value.split(',').every((word) => kind.words.includes(word))
        ? undefined
        : `expected some of ${kind.words.join(', ')}, joined by commas`;
  }
}
