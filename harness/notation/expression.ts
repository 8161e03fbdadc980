/** Values in packet and command lines: `0x1f`, `$sut.key`, `token($sut.key)+1`, `4..24`, `12|20`, `!0`, `?name`. */
import { suggestion, type DiagnosticCode } from '../document/diagnostic.ts';
import type { FieldValue } from '../packet/options/field.ts';
import { FUNCTION_ARGUMENTS, type FunctionName } from './names.ts';

/** Value of an expression. */
export type Value = FieldValue;

/** Something that comes to one value. */
export type Expr =
  | { type: 'int'; value: bigint }
  | { type: 'bytes'; value: Uint8Array }
  | { type: 'word'; value: string }
  | { type: 'name'; name: string; at: number }
  | { type: 'call'; name: FunctionName; args: Expr[]; at: number }
  | { type: 'sum'; op: '+' | '-'; left: Expr; right: Expr }
  /** The value that a compliant peer would have here. */
  | { type: 'auto' };

/** The condition on a field. In a packet to send only `equal` and `absent` make sense. */
export type Matcher =
  | { type: 'equal'; expr: Expr }
  | { type: 'not'; matcher: Matcher }
  | { type: 'range'; low: Expr; high: Expr }
  | { type: 'oneOf'; options: Matcher[] }
  /** Any value, kept under a name. */
  | { type: 'bind'; name: string }
  /** The field is there, whatever its value. */
  | { type: 'any' }
  | { type: 'absent' };

/** Codes of what can be wrong within a line. */
export type NotationCode = Extract<
  DiagnosticCode,
  | 'NOTATION'
  | 'UNKNOWN_FUNCTION'
  | 'UNKNOWN_OPTION'
  | 'UNKNOWN_FIELD'
  | 'UNKNOWN_COMMAND'
  | 'BAD_VALUE'
  | 'BAD_DIRECTION'
>;

/** A value that cannot be read; `at` is an offset into the text given to the parser. */
export class NotationError extends Error {
  override readonly name = 'NotationError';
  readonly at: number;
  readonly span: number;
  readonly code: NotationCode;
  constructor(message: string, at: number, span = 1, code: NotationCode = 'NOTATION') {
    super(message);
    this.at = at;
    this.span = span;
    this.code = code;
  }
}

/** Reads a matcher. `at` is where `text` begins in the line, for error places. @throws NotationError */
export function parseMatcher(text: string, at: number): Matcher {
  if (text === '') throw new NotationError('a value is missing after "="', at);
  const alternatives = splitTop(text, '|');
  if (alternatives.length > 1) {
    let offset = at;
    return {
      type: 'oneOf',
      options: alternatives.map((part) => {
        const matcher = parseMatcher(part, offset);
        offset += part.length + 1;
        return matcher;
      }),
    };
  }
  if (text.startsWith('!')) return { type: 'not', matcher: parseMatcher(text.slice(1), at + 1) };
  if (text === 'any') return { type: 'any' };
  if (text === 'absent') return { type: 'absent' };
  if (text.startsWith('?')) {
    if (!/^\?[a-z]\w*$/i.test(text))
      throw new NotationError(`"${text}" is not a name that can be bound; write ?name`, at, text.length);
    return { type: 'bind', name: text.slice(1) };
  }
  const range = /^(.+?)\.\.(.+)$/.exec(text);
  if (range !== null) {
    const [, low = '', high = ''] = range;
    return { type: 'range', low: parseExpr(low, at), high: parseExpr(high, at + low.length + 2) };
  }
  return { type: 'equal', expr: parseExpr(text, at) };
}

/** Reads an expression. @throws NotationError */
export function parseExpr(text: string, at: number): Expr {
  const reader = new ExprReader(text, at);
  const expr = reader.sum();
  reader.end();
  return expr;
}

/** Names that an expression or matcher reads. */
export function namesIn(node: Expr | Matcher): { name: string; at: number }[] {
  return partsOf(node).flatMap((part) =>
    part.type === 'name' ? [part] : part.type === 'call' ? part.args.flatMap(namesIn) : [],
  );
}

/** Words that an expression or matcher has for values; those within a function's parentheses are the function's business. */
export function wordsIn(node: Expr | Matcher): string[] {
  return partsOf(node).flatMap((part) => (part.type === 'word' ? [part.value] : []));
}

/** The expressions that something is put together from; a function call is one. */
function partsOf(node: Expr | Matcher): Expr[] {
  switch (node.type) {
    case 'sum':
      return [...partsOf(node.left), ...partsOf(node.right)];
    case 'equal':
      return partsOf(node.expr);
    case 'not':
      return partsOf(node.matcher);
    case 'range':
      return [...partsOf(node.low), ...partsOf(node.high)];
    case 'oneOf':
      return node.options.flatMap(partsOf);
    case 'bind':
    case 'any':
    case 'absent':
      return [];
    case 'int':
    case 'bytes':
    case 'word':
    case 'name':
    case 'call':
    case 'auto':
      return [node];
  }
}

/** Splits at a separator outside parentheses. */
export function splitTop(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (text[i] === separator && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** Recursive descent over one value text. */
class ExprReader {
  readonly #text: string;
  readonly #base: number;
  #pos = 0;
  /** Parentheses open. */
  #depth = 0;

  constructor(text: string, base: number) {
    this.#text = text;
    this.#base = base;
  }

  sum(): Expr {
    let left = this.#term();
    for (;;) {
      const op = this.#text[this.#pos];
      if (op !== '+' && op !== '-') return left;
      this.#pos++;
      left = { type: 'sum', op, left, right: this.#term() };
    }
  }

  end(): void {
    if (this.#pos < this.#text.length) {
      const rest = this.#text.slice(this.#pos);
      throw new NotationError(`unexpected "${rest}"`, this.#base + this.#pos, rest.length);
    }
  }

  #term(): Expr {
    const rest = this.#text.slice(this.#pos);
    const at = this.#base + this.#pos;
    const take = (pattern: RegExp): string | undefined => {
      const found = pattern.exec(rest)?.[0];
      if (found !== undefined) this.#pos += found.length;
      return found;
    };
    const hex = take(/^hex:[0-9a-fA-F]*/);
    if (hex !== undefined) {
      const digits = hex.slice(4);
      if (digits.length % 2 !== 0) throw new NotationError('hex: needs an even number of digits', at, hex.length);
      return { type: 'bytes', value: Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16)) };
    }
    // Addresses look like numbers at first, so they come before them.
    const address = take(/^(?:\d+\.\d+\.\d+\.\d+|[0-9a-fA-F]{0,4}:[0-9a-fA-F:]*(?:\.\d+\.\d+\.\d+)?)(?:\/\d{1,3})?/);
    if (address !== undefined) return { type: 'word', value: address };
    const number = take(/^(?:0x[0-9a-fA-F]+|0b[01]+|\d+)(?!\w)/);
    if (number !== undefined) return { type: 'int', value: BigInt(number) };
    const name = take(/^\$[a-zA-Z]\w*(?:\.[a-zA-Z]\w*)*/);
    if (name !== undefined) return { type: 'name', name: name.slice(1), at };
    // Between parentheses a comma ends the argument; elsewhere words may be lists: subflow,backup.
    const word = take(this.#depth > 0 ? /^[a-zA-Z]\w*(?:[-/.][a-zA-Z]\w*)*/ : /^[a-zA-Z]\w*(?:[-/.,][a-zA-Z]\w*)*/);
    if (word === undefined) {
      throw new NotationError(
        rest === '' ? 'a value is missing' : `"${rest}" is not a value`,
        at,
        Math.max(1, rest.length),
      );
    }
    if (this.#text[this.#pos] === '(') return this.#call(functionName(word, at), at);
    return word === 'auto' ? { type: 'auto' } : { type: 'word', value: word };
  }

  #call(name: FunctionName, at: number): Expr {
    this.#pos++;
    this.#depth++;
    const args: Expr[] = [];
    while (this.#text[this.#pos] !== ')') {
      args.push(this.sum());
      if (this.#text[this.#pos] === ',') this.#pos++;
      else if (this.#text[this.#pos] !== ')')
        throw new NotationError(`${name}(: ")" is missing`, this.#base + this.#pos);
    }
    this.#pos++;
    this.#depth--;
    const [least, most] = FUNCTION_ARGUMENTS[name];
    if (args.length < least || args.length > most) {
      const wanted = least === most ? String(least) : `${least} to ${most}`;
      throw new NotationError(
        `${name}() takes ${wanted} arguments, got ${args.length}`,
        at,
        this.#base + this.#pos - at,
      );
    }
    return { type: 'call', name, args, at };
  }
}

function functionName(word: string, at: number): FunctionName {
  if (Object.hasOwn(FUNCTION_ARGUMENTS, word)) return word as FunctionName;
  const message = `unknown function "${word}"${suggestion(word, Object.keys(FUNCTION_ARGUMENTS))}`;
  throw new NotationError(message, at, word.length, 'UNKNOWN_FUNCTION');
}
