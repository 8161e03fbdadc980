/** Holds a packet against a packet line. Pure. */
import { hasMptcpCode } from '../packet/index.ts';
import type { TcpOption } from '../packet/types.ts';
import type { Matcher, Value } from '../notation/expression.ts';
import { showValue } from '../notation/styles.ts';
import { flagText, headerField, type HeaderFieldName } from '../notation/header-fields.ts';
import { optionField } from '../notation/option-fields.ts';
import type { FieldItem, OptionItem, PacketLine } from '../notation/packet-line.ts';
import { describeMatcher, matches, meansAbsent, NotKnownYet, type Scope } from '../notation/evaluate.ts';
import { autoField, autoHeader, readField, readHeader, viewOf, type Arrival } from './packet-view.ts';
import type { Subflow } from './endpoint.ts';
import { flagsMatch } from './tolerance.ts';

/** One way in which a packet is not what a line says. */
export interface Difference {
  field: string;
  expected: string;
  actual: string;
}

/** The result of matching a packet against a line; `bound` has the values of `?name`. */
export interface MatchResult {
  differences: Difference[];
  bound: Map<string, Value>;
}

type Pattern = Pick<PacketLine, 'flags' | 'fields' | 'options'>;

/** Compares a packet with a line. `subflow` is the one that the line names. @throws NotKnownYet */
export function matchPacket(
  pattern: Pattern,
  arrival: Arrival,
  subflow: Subflow | undefined,
  scope: Scope,
): MatchResult {
  const differences: Difference[] = [];
  const bound = new Map<string, Value>();
  const { tcp } = arrival.packet;
  if (!flagsMatch(pattern.flags, tcp.flags)) {
    const expected = pattern.flags === 'any' ? 'any' : pattern.flags.join('/');
    differences.push({ field: 'flags', expected, actual: flagText(tcp) });
  }
  const inner = withBound(scope, bound);
  for (const item of pattern.fields) compareHeader(item, arrival, subflow, inner, bound, differences);
  try {
    if (pattern.options !== undefined) compareOptions(pattern.options, arrival, subflow, inner, bound, differences);
  } catch (error) {
    // On a packet of another kind `auto` may mean nothing; that it is of another kind is then all there is to say.
    if (!(error instanceof NotKnownYet) || differences.length === 0) throw error;
  }
  return { differences, bound };
}

function withBound(scope: Scope, bound: ReadonlyMap<string, Value>): Scope {
  return { ...scope, lookup: (name) => bound.get(name) ?? scope.lookup(name) };
}

function compareHeader(
  item: FieldItem<HeaderFieldName>,
  arrival: Arrival,
  subflow: Subflow | undefined,
  scope: Scope,
  bound: Map<string, Value>,
  differences: Difference[],
): void {
  const actual = readHeader(item.name, arrival, subflow);
  const own: Scope = {
    ...scope,
    auto: () => (subflow === undefined ? undefined : autoHeader(item.name, arrival, subflow)),
  };
  const bits = headerField(item.name).base === undefined ? undefined : 32;
  compare({ field: item.name, item, actual, scope: own, bound, differences, ...(bits === undefined ? {} : { bits }) });
}

interface Comparison {
  field: string;
  item: FieldItem;
  actual: Value | undefined;
  scope: Scope;
  bound: Map<string, Value>;
  differences: Difference[];
  bits?: 32 | 64;
}

function compare({ field, item, actual, scope, bound, differences, bits }: Comparison): void {
  if (matches(item.matcher, actual, scope, (name, value) => bound.set(name, value), bits)) return;
  const style = scope.style ?? 'dec';
  const show = (value: Value): string => showValue(value, style);
  // A field that is not there differs, also where nothing can be said of the value that it would have.
  const expected =
    actual === undefined && !isKnown(item.matcher, scope) ? 'present' : describeMatcher(item.matcher, scope, show);
  differences.push({ field, expected, actual: actual === undefined ? 'absent' : show(actual) });
}

function isKnown(matcher: Matcher, scope: Scope): boolean {
  if (meansAbsent(matcher, scope)) return true;
  return matcher.type !== 'equal' || matcher.expr.type !== 'auto' || scope.auto?.() !== undefined;
}

function compareOptions(
  wanted: NonNullable<Pattern['options']>,
  arrival: Arrival,
  subflow: Subflow | undefined,
  scope: Scope,
  bound: Map<string, Value>,
  differences: Difference[],
): void {
  const remaining = [...arrival.packet.tcp.options];
  for (const item of wanted.items) {
    const index = bestOption(item, remaining);
    const option = remaining[index];
    if (item.negated) {
      if (option !== undefined) differences.push({ field: item.name, expected: 'absent', actual: 'present' });
      continue;
    }
    if (option === undefined) {
      if (item.optional) continue;
      const malformed = remaining.find((one) => one.kind === 'malformed');
      const actual = malformed === undefined ? 'absent' : malformed.message;
      differences.push({ field: item.name, expected: 'present', actual });
      continue;
    }
    remaining.splice(index, 1);
    compareFields(item, option, arrival, subflow, scope, bound, differences);
  }
  if (wanted.open) return;
  for (const option of remaining) {
    if (hasMptcpCode(option) && !wanted.items.some((item) => item.negated && item.name === option.kind)) {
      differences.push({ field: option.kind, expected: 'absent', actual: 'present' });
    }
  }
}

/** Index of the option that an item is about: the first of its kind. */
function bestOption(item: OptionItem, options: readonly TcpOption[]): number {
  return options.findIndex((option) => option.kind === item.name);
}

function compareFields(
  item: OptionItem,
  option: TcpOption,
  arrival: Arrival,
  subflow: Subflow | undefined,
  scope: Scope,
  bound: Map<string, Value>,
  differences: Difference[],
): void {
  if (item.fields.length === 0) return;
  if (subflow === undefined) throw new NotKnownYet(`fields of ${item.name} can only be judged on a named subflow`);
  const view = viewOf(arrival, subflow);
  for (const field of item.fields) {
    const row = optionField(item.name, field.name);
    // Without an agreement on checksums (§3.1) a compliant peer sends none.
    const autoIsAbsent = field.name === 'csum' && !subflow.connection.checksum;
    const auto = (): Value | undefined => autoField(option, field.name, view);
    const own: Scope = { ...scope, style: row?.style ?? 'dec', autoIsAbsent, auto };
    compare({
      field: `${item.name}.${field.name}`,
      item: field,
      actual: readField(option, field.name, view),
      scope: own,
      bound,
      differences,
      ...(row?.base === undefined ? {} : { bits: row.bits?.(option) ?? 64 }),
    });
  }
}
