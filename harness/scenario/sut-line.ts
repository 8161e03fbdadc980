/**
 * An action of the SUT in one line: `recv bytes=100 -> pattern=ok eof=0`.
 *
 * The words are the agent's own commands (`docs/agent-protocol.md`); what stands after `->` is held against its answer.
 */
import { SUT_ACTIONS } from '../sut/commands/actions.ts';
import { problemWith, wordsOf, type ValueKind } from '../sut/commands/kinds.ts';
import { suggestion } from '../document/diagnostic.ts';
import { NotationError, parseMatcher, type Matcher } from '../notation/expression.ts';

/** `name=value`, and the offset of the name in the text. */
interface Pair {
  name: string;
  matcher: Matcher;
  at: number;
  /** Characters of the value. */
  length: number;
}

/** A parsed action. */
export interface SutLine {
  text: string;
  command: string;
  args: Pair[];
  returns: Pair[];
}

/** Reads an action and holds it against the agent's table of commands. @throws NotationError */
export function parseSutLine(text: string): SutLine {
  const arrow = text.indexOf(' -> ');
  const words = [...text.slice(0, arrow < 0 ? text.length : arrow).matchAll(/\S+/g)];
  const [first, ...rest] = words;
  if (first === undefined) throw new NotationError('an action of the SUT is missing', 0);
  const command = first[0];
  const action = SUT_ACTIONS[command];
  if (action === undefined) {
    const message = `unknown action of the SUT "${command}"${suggestion(command, Object.keys(SUT_ACTIONS))}`;
    throw new NotationError(message, first.index, command.length, 'UNKNOWN_COMMAND');
  }
  const args = rest.map((word) => parsePair(word[0], word.index, true));
  for (const arg of args) checkPair(arg, action.args, `${command} takes no`);
  const missing = Object.entries(action.args).find(
    ([name, { needed }]) => needed === true && !args.some((arg) => arg.name === name),
  );
  if (missing !== undefined) throw new NotationError(`${command} needs ${missing[0]}=`, first.index, command.length);
  const returns =
    arrow < 0
      ? []
      : [...text.slice(arrow + 4).matchAll(/\S+/g)].map((word) => parsePair(word[0], arrow + 4 + word.index));
  for (const one of returns) checkPair(one, { ...action.answers, error: { type: 'text' } }, `${command} answers no`);
  return { text: text.trim(), command, args, returns };
}

/** Checks a name, and the values that are written out: what an expression comes to is known only later. @throws NotationError */
function checkPair({ name, matcher, at, length }: Pair, known: Readonly<Record<string, ValueKind>>, no: string): void {
  const kind = known[name];
  if (kind === undefined) {
    const names = Object.keys(known);
    throw new NotationError(`${no} ${name}=${suggestion(name, names)}`, at, name.length, 'UNKNOWN_FIELD');
  }
  for (const value of literalsOf(matcher)) {
    const problem = name === 'error' ? errnoProblem(value) : problemWith(value, kind);
    if (problem === undefined) continue;
    const nearest = suggestion(value, wordsOf(kind));
    // The problem has named what there is.
    const hint = nearest.includes('did you mean') ? nearest : '';
    throw new NotationError(`${name}=${value}: ${problem}${hint}`, at + name.length + 1, length, 'BAD_VALUE');
  }
}

/** The values of a matcher that are written out: words and numbers. */
function literalsOf(matcher: Matcher): string[] {
  switch (matcher.type) {
    case 'equal':
      return matcher.expr.type === 'word' || matcher.expr.type === 'int' ? [String(matcher.expr.value)] : [];
    case 'not':
      return literalsOf(matcher.matcher);
    case 'oneOf':
      return matcher.options.flatMap(literalsOf);
    case 'range':
    case 'bind':
    case 'any':
    case 'absent':
      return [];
  }
}

function errnoProblem(value: string): string | undefined {
  return /^E[A-Z0-9]+$/.test(value) ? undefined : 'expected the name of an error, such as ECONNREFUSED';
}

function parsePair(text: string, at: number, isArgument = false): Pair {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new NotationError(`"${text}" is not name=value`, at, text.length);
  const value = text.slice(equals + 1);
  // The agent's lists: flags=subflow,backup or value=1,0.
  if (isArgument && /^\w+(,\w+)+$/.test(value)) {
    return {
      name: text.slice(0, equals),
      matcher: { type: 'equal', expr: { type: 'word', value } },
      at,
      length: value.length,
    };
  }
  return { name: text.slice(0, equals), matcher: parseMatcher(value, at + equals + 1), at, length: value.length };
}
