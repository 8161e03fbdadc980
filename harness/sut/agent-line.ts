/** Lines of the agent protocol (`docs/agent-protocol.md`): requests written, answers read. Pure. */
import type { AgentAnswer } from './types.ts';

/** Protocol version that this suite speaks. */
export const PROTOCOL = 2;

/** Bytes that a request line may have, its newline not counted. */
export const REQUEST_LIMIT = 65_536;

/** Arguments of a request, by key. */
export type AgentArgs = Readonly<Record<string, string | number>>;

/** One line from an agent. */
export type AgentLine =
  | { kind: 'greeting'; fields: AgentAnswer }
  | { kind: 'ok'; id: string; fields: AgentAnswer }
  | { kind: 'err'; id: string; errno: number; code: string; detail: string }
  | { kind: 'bad'; id: string; detail: string }
  | { kind: 'nonsense'; problem: string };

const word = /^[A-Za-z0-9._:-]+$/;

/** Writes space, `%`, `=` and control characters as `%XX`. */
export function encodeValue(value: string): string {
  return value.replace(/[\x00-\x20\x7f%=]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** Undoes {@link encodeValue}; any UTF-8 byte may stand as `%XX`. Undefined when a `%` lacks its two digits. */
export function decodeValue(text: string): string | undefined {
  if (!text.includes('%')) return text;
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}

/**
 * A request line without its newline.
 *
 * @throws TypeError when an id, a command or a key is not a word of the protocol, or a value holds NUL
 */
export function encodeRequest(id: string, command: string, args: AgentArgs = {}): string {
  for (const name of [id, command, ...Object.keys(args)]) {
    if (!word.test(name)) throw new TypeError(`agent request: '${name}' is not a word of letters, digits and ._:-`);
  }
  const words = Object.entries(args).map(([key, value]) => {
    const text = String(value);
    if (text.includes('\0')) {
      throw new TypeError(`agent request: ${command} ${key}=: a value cannot contain NUL; send bytes as hex`);
    }
    return `${key}=${encodeValue(text)}`;
  });
  return [id, command, ...words].join(' ');
}

/** Reads `key=value` words; text that says what is wrong when they are none. */
function parseFields(words: readonly string[]): AgentAnswer | string {
  const fields = new Map<string, string>();
  for (const item of words) {
    const equals = item.indexOf('=');
    const key = item.slice(0, Math.max(equals, 0));
    if (!word.test(key)) return `'${item}' is not key=value`;
    const value = decodeValue(item.slice(equals + 1));
    if (value === undefined) return `'${item}' has a % without two hexadecimal digits`;
    if (fields.has(key)) return `${key}= is repeated`;
    fields.set(key, value);
  }
  return Object.fromEntries(fields);
}

function parseError(id: string, words: readonly string[]): AgentLine {
  const [number = '', code = '', ...text] = words;
  if (!/^[0-9]{1,5}$/.test(number) || !word.test(code)) {
    return { kind: 'nonsense', problem: 'err is followed by an errno and its name' };
  }
  return { kind: 'err', id, errno: Number(number), code, detail: text.join(' ') };
}

/** Reads one line (without its newline) from an agent. Never throws. */
export function parseAgentLine(line: string): AgentLine {
  const [first = '', second, ...rest] = line.split(' ');
  const greets = first === 'agent' && second !== 'ok' && second !== 'err' && second !== 'bad';
  if (greets) {
    const fields = parseFields(line.split(' ').slice(1));
    return typeof fields === 'string' ? { kind: 'nonsense', problem: fields } : { kind: 'greeting', fields };
  }
  if (!word.test(first)) return { kind: 'nonsense', problem: `'${first}' is not the id of a request` };
  if (second === 'err') return parseError(first, rest);
  if (second === 'bad') return { kind: 'bad', id: first, detail: rest.join(' ') };
  if (second !== 'ok') return { kind: 'nonsense', problem: 'an id is followed by ok, err or bad' };
  const fields = parseFields(rest);
  return typeof fields === 'string' ? { kind: 'nonsense', problem: fields } : { kind: 'ok', id: first, fields };
}
