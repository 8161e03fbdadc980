/**
 * An action of the SUT in one line: `recv bytes=100 -> pattern=ok eof=0`.
 *
 * The words are the agent's own commands (`docs/agent-protocol.md`); what stands after `->` is held against its answer.
 */
import { suggestion } from '../document/diagnostic.ts';
import { NotationError, parseMatcher, type Matcher } from '../notation/expression.ts';

/** A parsed action. */
export interface SutLine {
  text: string;
  command: string;
  args: { name: string; matcher: Matcher; at: number }[];
  returns: { name: string; matcher: Matcher; at: number }[];
}

/** Commands that suites may use; the engine fills in what they leave out. */
export const SUT_COMMANDS: readonly string[] = [
  'listen',
  'accept',
  'connect',
  'connected',
  'send',
  'recv',
  'shutdown',
  'close',
  'abort',
  'setsockopt',
  'getsockopt',
  'info',
  'poll',
  'queued',
  'endpoint-add',
  'endpoint-del',
  'endpoint-flush',
  'endpoint-set',
  'limits-set',
  'sysctl-set',
  'sysctl-get',
  'counter',
  'addr-add',
  'addr-del',
  'link-up',
  'sync',
  'socket',
  'bind',
];

/** Reads an action. @throws NotationError */
export function parseSutLine(text: string): SutLine {
  const arrow = text.indexOf(' -> ');
  const words = [...text.slice(0, arrow < 0 ? text.length : arrow).matchAll(/\S+/g)];
  const [first, ...rest] = words;
  if (first === undefined) throw new NotationError('an action of the SUT is missing', 0);
  const command = first[0];
  if (!SUT_COMMANDS.includes(command)) {
    const message = `"${command}" is no action of the SUT${suggestion(command, SUT_COMMANDS)}`;
    throw new NotationError(message, first.index, command.length, 'UNKNOWN_COMMAND');
  }
  const args = rest.map((word) => parsePair(word[0], word.index, true));
  const returns =
    arrow < 0
      ? []
      : [...text.slice(arrow + 4).matchAll(/\S+/g)].map((word) => parsePair(word[0], arrow + 4 + word.index));
  return { text: text.trim(), command, args, returns };
}

function parsePair(text: string, at: number, isArgument = false): { name: string; matcher: Matcher; at: number } {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new NotationError(`"${text}" is no name=value`, at, text.length);
  const value = text.slice(equals + 1);
  // The agent's lists: flags=subflow,backup or value=1,0.
  if (isArgument && /^\w+(,\w+)+$/.test(value)) {
    return { name: text.slice(0, equals), matcher: { type: 'equal', expr: { type: 'word', value } }, at };
  }
  return { name: text.slice(0, equals), matcher: parseMatcher(text.slice(equals + 1), at + equals + 1), at };
}
