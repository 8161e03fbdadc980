/** Two packet lines one under the other, columns aligned, what differs marked. */
import { clean, displayWidth, pad } from './text-layout.ts';

/** Three lines of one width: expected, actual, and carets under what differs. */
export interface PacketDiff {
  expected: string;
  actual: string;
  /** Empty when the two have nothing in common to align by. */
  marks: string;
}

interface Token {
  /** Key by which tokens are aligned: the name before `=`, without brackets. */
  key: string;
  /** `mp_capable.len` for a field inside an option, as {@link ExpectationResult} names them. */
  field: string;
  text: string;
}

/**
 * Lines up an expected and an actual packet.
 *
 * @param fields names of the fields that differ (`mp_capable.len`); without them every pair of unlike tokens is
 *   marked, though a pattern such as `key=?k` is not like what it matches
 */
export function alignPackets(expected: string, actual: string, fields: readonly string[] = []): PacketDiff {
  const right = tokens(clean(actual));
  // Of several packets that would do, the likest is lined up; the others follow it.
  const alternatives = clean(expected)
    .split(' | ')
    .map((text) => ({ text, pairs: pairUp(tokens(text), right) }))
    .sort((a, b) => likeness(b.pairs) - likeness(a.pairs));
  const pairs = alternatives[0]?.pairs ?? [];
  const others = alternatives
    .slice(1)
    .map(({ text }) => `  | ${text}`)
    .join('');
  if (!pairs.some(([a, b]) => a !== undefined && b !== undefined)) {
    return { expected: clean(expected), actual: clean(actual), marks: '' };
  }
  const named = fields.length > 0 && pairs.some(([a, b]) => isNamed(fields, a ?? b));
  const rows = pairs.map(([a, b]) => {
    const width = Math.max(displayWidth(a?.text ?? ''), displayWidth(b?.text ?? ''));
    const differs = named ? isNamed(fields, a ?? b) : a?.text !== b?.text;
    return [pad(a?.text ?? '', width), pad(b?.text ?? '', width), (differs ? '^' : ' ').repeat(width)] as const;
  });
  const line = (index: 0 | 1 | 2): string =>
    rows
      .map((row) => row[index])
      .join(' ')
      .trimEnd();
  return { expected: `${line(0)}${others}`, actual: line(1), marks: line(2) };
}

/** One column of two packets: the token of each for the same field. */
export interface DiffColumn {
  /** `mp_capable.len`, or the token itself. */
  field: string;
  expected: string;
  actual: string;
  differs: boolean;
}

/** Two packets token by token; the first of several alternatives that is likest. @param fields as in {@link alignPackets} */
export function diffColumns(expected: string, actual: string, fields: readonly string[] = []): DiffColumn[] {
  const right = tokens(clean(actual));
  const [pairs = []] = clean(expected)
    .split(' | ')
    .map((text) => pairUp(tokens(text), right))
    .sort((a, b) => likeness(b) - likeness(a));
  const named = fields.length > 0 && pairs.some(([a, b]) => isNamed(fields, a ?? b));
  return pairs.map(([a, b]) => ({
    field: (a ?? b)?.field ?? '',
    expected: a?.text ?? '',
    actual: b?.text ?? '',
    differs: named ? isNamed(fields, a ?? b) : a?.text !== b?.text,
  }));
}

/** How much of two packets is the same: equal tokens count for more than tokens of the same field. */
function likeness(pairs: readonly [Token | undefined, Token | undefined][]): number {
  return pairs.reduce(
    (sum, [a, b]) => (a === undefined || b === undefined ? sum : sum + (a.text === b.text ? 2 : 1)),
    0,
  );
}

function tokens(line: string): Token[] {
  let option = '';
  // Options stand in brackets of their own, or in one pair with commas between them.
  let opens = false;
  return line
    .split(/\s+/)
    .filter((text) => text !== '')
    .map((text, index) => {
      // After the subflow stand the flags: one column, whatever they are.
      if (index === 1 && /^(?:[A-Z]{3}(?:\/[A-Z]{3})*|any|none)$/.test(text))
        return { key: '@flags', field: 'flags', text };
      const starts = /^<!?[a-z_0-9]/i.test(text) || opens;
      const name =
        text
          .replace(/^<(?=.)/, '')
          .replace(/(?<=.)[>,]+$/, '')
          .split('=', 1)[0] ?? text;
      if (starts) option = name;
      const field = option === '' || starts ? name : `${option}.${name}`;
      opens = option !== '' && text.endsWith(',');
      if (/.>$/.test(text)) option = '';
      return { key: starts ? `<${name}` : field, field, text };
    });
}

/** Whether a list of differing fields names a token. A list may name a field without its option, or the option alone. */
function isNamed(fields: readonly string[], token: Token | undefined): boolean {
  if (token === undefined) return false;
  return fields.some((field) => field === token.field || field === (token.field.split('.').at(-1) ?? ''));
}

/** The longest common subsequence of keys decides which tokens stand in one column. */
function pairUp(left: readonly Token[], right: readonly Token[]): [Token | undefined, Token | undefined][] {
  const best = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  const at = (i: number, j: number): number => best[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const same = left[i]?.key === right[j]?.key;
      (best[i] as number[])[j] = same ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: [Token | undefined, Token | undefined][] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i]?.key === right[j]?.key) pairs.push([left[i++], right[j++]]);
    else if (j >= right.length || (i < left.length && at(i + 1, j) >= at(i, j + 1))) pairs.push([left[i++], undefined]);
    else pairs.push([undefined, right[j++]]);
  }
  return pairs;
}
