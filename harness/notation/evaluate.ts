/** Works out expressions, and holds values against matchers. Pure. */
import { addAddrHmac, idsn, joinHmac, low32, token, wrap } from '../mptcp/index.ts';
import type { FieldStyle } from '../packet/options/field.ts';
import type { Expr, Matcher, Value } from './expression.ts';
import type { FunctionName } from './names.ts';
import { wordValue } from './styles.ts';

/** Names that an expression may refer to. */
export interface Scope {
  /** Value of `$name`; undefined when it is not known (yet). */
  lookup(name: string): Value | undefined;
  /** The value of `auto`; undefined where it has none. */
  auto?: () => Value | undefined;
  /** A compliant peer would leave this field out, so an expected `auto` means that it is absent. */
  autoIsAbsent?: boolean;
  /** Style of the field, which gives its words their values. */
  style?: FieldStyle;
}

/** A value that cannot be worked out now: a name not bound, `auto` where there is none. A precondition failed. */
export class NotKnownYet extends Error {
  override readonly name = 'NotKnownYet';
}

/** The parser has counted the arguments; those that may be left out are undefined here. */
const FUNCTIONS: Readonly<Record<FunctionName, (...args: (Value | undefined)[]) => Value>> = {
  token: (key) => BigInt(token(toInt(key))),
  idsn: (key) => idsn(toInt(key)),
  hmac: (keyA, keyB, nonceA, nonceB) =>
    joinHmac(toInt(keyA), toInt(keyB), Number(toInt(nonceA)), Number(toInt(nonceB))),
  hmac_addr: (keyA, keyB, id, address, port) =>
    addAddrHmac(
      toInt(keyA),
      toInt(keyB),
      Number(toInt(id)),
      toText(address),
      port === undefined ? 0 : Number(toInt(port)),
    ),
  flip: (value, at) => flip(required(value), at === undefined ? 0 : Number(toInt(at))),
  low32: (value) => low32(toInt(value)),
  left: (value, count) => toBytes(value).slice(0, Number(toInt(count))),
  right: (value, count) => right(toBytes(value), Number(toInt(count))),
  fill: (count, byte) => new Uint8Array(Number(toInt(count))).fill(byte === undefined ? 0 : Number(toInt(byte))),
  swap32: (value) => (toInt(value) >> 32n) | wrap(toInt(value) << 32n, 64),
  reverse64: (value) =>
    BigInt(`0x${toInt(value).toString(16).padStart(16, '0').match(/../g)?.reverse().join('') ?? '0'}`),
};

/** Works out an expression. @throws NotKnownYet */
export function evaluate(expr: Expr, scope: Scope): Value {
  switch (expr.type) {
    case 'int':
    case 'bytes':
      return expr.value;
    case 'word':
      return wordValue(expr.value, scope.style);
    case 'name': {
      const value = scope.lookup(expr.name);
      if (value === undefined) throw new NotKnownYet(`$${expr.name} has no value yet`);
      return value;
    }
    case 'auto': {
      const value = scope.auto?.();
      if (value === undefined) throw new NotKnownYet('"auto" has no meaning here');
      return value;
    }
    case 'sum': {
      const left = toInt(evaluate(expr.left, scope));
      const right = toInt(evaluate(expr.right, scope));
      return expr.op === '+' ? left + right : left - right;
    }
    case 'call':
      return FUNCTIONS[expr.name](...expr.args.map((arg) => evaluate(arg, scope)));
  }
}

/** Whether a value meets a matcher. `bind` keeps the value. Integers are compared modulo 2^`bits` when given. */
export function matches(
  matcher: Matcher,
  actual: Value | undefined,
  scope: Scope,
  bind: (name: string, value: Value) => void,
  bits?: 32 | 64,
): boolean {
  switch (matcher.type) {
    case 'any':
      return actual !== undefined;
    case 'absent':
      return actual === undefined;
    case 'bind':
      if (actual === undefined) return false;
      bind(matcher.name, actual);
      return true;
    case 'not':
      return actual !== undefined && !matches(matcher.matcher, actual, scope, bind, bits);
    case 'oneOf':
      return matcher.options.some((option) => matches(option, actual, scope, bind, bits));
    case 'range': {
      if (typeof actual !== 'bigint') return false;
      return actual >= toInt(evaluate(matcher.low, scope)) && actual <= toInt(evaluate(matcher.high, scope));
    }
    case 'equal':
      if (meansAbsent(matcher, scope)) return actual === undefined;
      return actual !== undefined && sameValue(evaluate(matcher.expr, scope), actual, bits);
  }
}

/** A matcher in words, with what its expressions come to. */
export function describeMatcher(matcher: Matcher, scope: Scope, show: (value: Value) => string): string {
  switch (matcher.type) {
    case 'any':
      return 'any value';
    case 'absent':
      return 'absent';
    case 'bind':
      return `any value (bound to ${matcher.name})`;
    case 'not':
      return `not ${describeMatcher(matcher.matcher, scope, show)}`;
    case 'oneOf':
      return matcher.options.map((option) => describeMatcher(option, scope, show)).join(' or ');
    case 'range':
      return `${show(evaluate(matcher.low, scope))} to ${show(evaluate(matcher.high, scope))}`;
    case 'equal':
      return meansAbsent(matcher, scope) ? 'absent' : show(evaluate(matcher.expr, scope));
  }
}

/** Whether a matcher is an `auto` that means an absent field. */
export function meansAbsent(matcher: Matcher, scope: Scope): boolean {
  return matcher.type === 'equal' && matcher.expr.type === 'auto' && scope.autoIsAbsent === true;
}

/** Equality of values; integers modulo 2^`bits` when given. */
export function sameValue(expected: Value, actual: Value, bits?: 32 | 64): boolean {
  if (expected instanceof Uint8Array || actual instanceof Uint8Array) {
    if (!(expected instanceof Uint8Array && actual instanceof Uint8Array)) return false;
    return expected.length === actual.length && expected.every((byte, i) => byte === actual[i]);
  }
  if (typeof expected === 'bigint' && typeof actual === 'bigint' && bits !== undefined) {
    return wrap(expected, bits) === wrap(actual, bits);
  }
  if (typeof expected === typeof actual) return expected === actual;
  return String(expected) === String(actual);
}

/** A value as an integer; bytes are read big-endian. @throws RangeError on a word */
export function toInt(value: Value | undefined): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint8Array) return BigInt(`0x${Buffer.from(value).toString('hex') || '0'}`);
  throw new RangeError(value === undefined ? 'an argument is missing' : `"${value}" is not a number`);
}

function required(value: Value | undefined): Value {
  if (value === undefined) throw new RangeError('an argument is missing');
  return value;
}

function toText(value: Value | undefined): string {
  const text = required(value);
  if (typeof text === 'string') return text;
  throw new RangeError('expected an address, got a number or bytes');
}

function toBytes(value: Value | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new RangeError(`${value === undefined ? 'a missing argument' : `"${String(value)}"`} is not a string of bytes`);
}

/** The last `count` bytes; slice(-0) would give them all. */
function right(bytes: Uint8Array, count: number): Uint8Array {
  return bytes.slice(Math.max(0, bytes.length - count));
}

/** The same value with one bit the other way: bit 0 is the lowest of a number, the highest of the first byte of bytes. */
function flip(value: Value, at: number): Value {
  if (value instanceof Uint8Array) {
    const copy = value.slice();
    const byte = copy[Math.floor(at / 8)];
    if (byte === undefined) throw new RangeError(`bit ${at} is out of range: the value has ${value.length} bytes`);
    copy[Math.floor(at / 8)] = byte ^ (0x80 >> (at % 8));
    return copy;
  }
  return toInt(value) ^ (1n << BigInt(at));
}
