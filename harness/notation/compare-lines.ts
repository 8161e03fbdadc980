/** Whether the packets that two lines describe can be the same. Pure; says nothing where it depends on values of a run. */
import type { Expr, Matcher } from './expression.ts';
import type { FieldItem, OptionItem, PacketLine } from './packet-line.ts';

/** Flags that say nothing about MPTCP (see `engine/tolerance.ts`). */
const UNJUDGED = new Set(['PSH', 'ECE', 'CWR']);

/** Whether no packet fits both lines, whatever the values of a run. */
export function areDisjoint(a: PacketLine, b: PacketLine): boolean {
  if (a.subflow !== b.subflow && a.subflow !== 'any' && b.subflow !== 'any') return true;
  if (a.flags !== 'any' && b.flags !== 'any' && flagsOf(a.flags) !== flagsOf(b.flags)) return true;
  return fieldsExclude(a.fields, b.fields) || optionsExclude(a, b) || optionsExclude(b, a);
}

/** Whether every packet that fits `narrow` fits `wide`, whatever the values of a run. */
export function isCovered(narrow: PacketLine, wide: PacketLine): boolean {
  if (wide.subflow !== 'any' && narrow.subflow !== wide.subflow) return false;
  if (wide.flags !== 'any' && (narrow.flags === 'any' || flagsOf(narrow.flags) !== flagsOf(wide.flags))) return false;
  return fieldsCover(narrow.fields, wide.fields) && optionsCover(narrow, wide);
}

function flagsOf(names: readonly string[]): string {
  const judged = names.filter((name) => !UNJUDGED.has(name));
  // A reset may carry ACK or not.
  return (judged.includes('RST') ? judged.filter((name) => name !== 'ACK') : judged).toSorted().join('/');
}

function fieldsExclude(a: readonly FieldItem[], b: readonly FieldItem[]): boolean {
  return a.some((one) => b.some((other) => one.name === other.name && exclude(one.matcher, other.matcher)));
}

function fieldsCover(narrow: readonly FieldItem[], wide: readonly FieldItem[]): boolean {
  return wide.every((one) => narrow.some((other) => other.name === one.name && covers(one.matcher, other.matcher)));
}

/** Whether an option that one line requires is one that the other rules out, or requires with other fields. */
function optionsExclude({ options: a }: PacketLine, { options: b }: PacketLine): boolean {
  if (a === undefined || b === undefined) return false;
  return a.items.filter(isRequired).some((item) => {
    const same = b.items.filter(({ name }) => name === item.name);
    if (same.length === 0) return !b.open && isMptcp(item);
    return same.every((other) => other.negated || fieldsExclude(item.fields, other.fields));
  });
}

function optionsCover({ options: narrow }: PacketLine, { options: wide }: PacketLine): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  const all = wide.items.every((item) => {
    const same = narrow.items.filter(({ name }) => name === item.name);
    if (item.negated) return same.length === 0 ? !narrow.open : same.every((one) => one.negated);
    if (item.optional) return false;
    return same.some((one) => isRequired(one) && fieldsCover(one.fields, item.fields));
  });
  if (!all || wide.open) return all;
  return (
    !narrow.open && narrow.items.every((item) => item.negated || wide.items.some(({ name }) => name === item.name))
  );
}

function isRequired(item: OptionItem): boolean {
  return !item.negated && !item.optional;
}

/** A list without "..." is complete as to MPTCP's options only. */
function isMptcp({ name }: OptionItem): boolean {
  return name.startsWith('mp_') || ['dss', 'add_addr', 'remove_addr'].includes(name);
}

/** Whether no value meets both. */
function exclude(a: Matcher, b: Matcher): boolean {
  if (a.type === 'oneOf') return a.options.every((one) => exclude(one, b));
  if (b.type === 'oneOf') return b.options.every((one) => exclude(a, one));
  if (a.type === 'absent' || b.type === 'absent') return a.type !== b.type && a.type !== 'not' && b.type !== 'not';
  if (a.type === 'not') return b.type === 'equal' && a.matcher.type === 'equal' && isSame(a.matcher.expr, b.expr);
  if (b.type === 'not') return exclude(b, a);
  const [one, other] = [spanOf(a), spanOf(b)];
  if (one !== undefined && other !== undefined) return one.high < other.low || other.high < one.low;
  return a.type === 'equal' && b.type === 'equal' && a.expr.type === 'word' && b.expr.type === 'word'
    ? a.expr.value !== b.expr.value
    : false;
}

/** Whether every value that meets `narrow` meets `wide`. */
function covers(wide: Matcher, narrow: Matcher): boolean {
  if (narrow.type === 'oneOf') return narrow.options.every((one) => covers(wide, one));
  if (wide.type === 'oneOf') return wide.options.some((one) => covers(one, narrow));
  if (wide.type === 'absent' || narrow.type === 'absent') return wide.type === narrow.type;
  if (wide.type === 'any' || wide.type === 'bind') return narrow.type !== 'not';
  if (wide.type === 'not') return exclude(wide.matcher, narrow);
  const [outer, inner] = [spanOf(wide), spanOf(narrow)];
  if (outer !== undefined && inner !== undefined) return outer.low <= inner.low && inner.high <= outer.high;
  return wide.type === 'equal' && narrow.type === 'equal' && isSame(wide.expr, narrow.expr);
}

function spanOf(matcher: Matcher): { low: bigint; high: bigint } | undefined {
  if (matcher.type === 'equal' && matcher.expr.type === 'int')
    return { low: matcher.expr.value, high: matcher.expr.value };
  if (matcher.type === 'range' && matcher.low.type === 'int' && matcher.high.type === 'int')
    return { low: matcher.low.value, high: matcher.high.value };
  return undefined;
}

function isSame(a: Expr, b: Expr): boolean {
  return textOf(a) === textOf(b);
}

/** An expression without its place in the line. */
function textOf(expr: Expr): string {
  return JSON.stringify(expr, (key, value: unknown) =>
    key === 'at' ? undefined : typeof value === 'bigint' ? String(value) : value,
  );
}
