/**
 * Alters what the stack sent on its way to one step's matcher, so that tests can see the step fail.
 *
 * Only the step that is named is lied to; the endpoint and the capture keep what really came.
 */
import type { Packet, TcpOption } from '../packet/types.ts';
import { hasMptcpCode } from '../packet/index.ts';
import type { OptionField } from '../packet/options/field.ts';
import { OPTIONS, type OptionKind } from '../packet/options/registry.ts';
import { FLAG } from '../packet/types.ts';
import type { Matcher, Value } from '../notation/expression.ts';
import { headerField, type HeaderFieldName } from '../notation/header-fields.ts';
import { optionField } from '../notation/option-fields.ts';
import { anotherOfStyle, anotherValue } from '../notation/styles.ts';
import type { OptionItem, PacketLine } from '../notation/packet-line.ts';
import type { Step } from '../scenario/suite.ts';
import { narrowDss } from './compliant-option.ts';
import { evaluate, toInt, type Scope } from '../notation/evaluate.ts';

/** A lie about the packet (or answer, or value) that a step would accept. */
export interface Tamper {
  /** In words, for the test's name: `mp_capable.key changed`. */
  title: string;
  /** The altered packet; undefined is silence. Not used for steps that judge no packet. `scope` knows the names of the line. */
  alter?: (packet: Packet, scope: Scope) => Packet | undefined;
  /** The altered field of an answer of the agent. */
  answer?: (name: string, value: string | undefined) => string | undefined;
  /** The altered value of `check`, `distinct`, `scattered`. */
  values?: (values: readonly Value[]) => Value[];
  /** A packet that `quiet` or `never` must trip over, made of any packet that came. */
  forge?: (sample: Packet) => Packet;
}

/** The lies that a step must catch: one for everything it says. */
export function tampersFor(step: Step): Tamper[] {
  switch (step.kind) {
    case 'expect':
      return tampersForLine(step.line, true);
    case 'and':
      return tampersForLine(step.tail, false);
    case 'one-of':
      return [silence, ...tampersForOneOf(step.alternatives.map((one) => one.line)), allOptionsOff];
    case 'quiet':
      return [{ title: 'an unexpected packet added', forge: (sample) => withFlags(sample, FLAG.FIN | FLAG.ACK) }];
    case 'never':
      return [{ title: 'the forbidden packet added', forge: (sample) => forgeMatch(step.line, sample) }];
    case 'sut':
      return step.line.returns.map(({ name }) => ({
        title: `answer ${name} changed`,
        answer: (field, value) => (field === name ? `x${value ?? ''}` : value),
      }));
    case 'distinct':
      return [
        {
          title: 'a value repeated',
          values: (values) => values.map((value, i) => (i === 0 ? (values[1] ?? value) : value)),
        },
      ];
    case 'scattered':
      return [
        {
          title: 'a bit constant',
          values: (values) => values.map((value) => (typeof value === 'bigint' ? value | 1n : value)),
        },
      ];
    case 'check':
      // A check that only keeps a value accepts any.
      if (step.comparison.type === 'bind') return [];
      return [
        {
          title: 'the value changed',
          values: (values) => values.map(step.comparison.type === 'range' ? farValue : anotherValue),
        },
      ];
    // They judge nothing by themselves.
    case 'send':
    case 'repeat':
    case 'given':
    case 'fence':
    case 'forget':
      return [];
  }
}

/** Other flags, unless they would make one alternative of another. */
function tampersForOneOf(lines: readonly PacketLine[]): Tamper[] {
  const takesReset = lines.some((line) => line.flags === 'any' || line.flags.includes('RST'));
  return takesReset ? [] : tampersForLine({ flags: ['SYN', 'FIN'], fields: [] }, false);
}

type Pattern = Pick<PacketLine, 'flags' | 'fields' | 'options'>;

const silence: Tamper = { title: 'packet missing', alter: () => undefined };
const allOptionsOff: Tamper = {
  title: 'another kind of packet',
  alter: (packet) =>
    withFlags({ ...packet, tcp: { ...packet.tcp, options: [], payload: new Uint8Array(3) } }, FLAG.FIN | FLAG.URG),
};

function tampersForLine(pattern: Pattern, withSilence: boolean): Tamper[] {
  const tampers: Tamper[] = withSilence ? [silence] : [];
  if (pattern.flags !== 'any') {
    const other = pattern.flags.includes('RST') ? FLAG.ACK | FLAG.FIN : FLAG.RST;
    tampers.push({ title: 'TCP flags changed', alter: (packet) => withFlags(packet, other) });
  }
  for (const { name, matcher } of pattern.fields) {
    if (matcher.type === 'bind' || matcher.type === 'any') continue;
    tampers.push({
      title: `${name} changed`,
      alter: (packet, scope) => alterHeader(packet, name, forbidden(matcher, scope)),
    });
  }
  for (const item of pattern.options?.items ?? []) {
    if (item.negated) {
      tampers.push({ title: `${item.name} added`, alter: (packet) => addOption(packet, blankOption(item.name)) });
      continue;
    }
    if (!item.optional)
      tampers.push({ title: `${item.name} missing`, alter: (packet) => removeOption(packet, item.name) });
    for (const { name, matcher } of item.fields) {
      if (matcher.type === 'bind' || matcher.type === 'any') continue;
      tampers.push({
        title: `${item.name}.${name} changed`,
        alter: (packet, scope) => alterField(packet, item.name, name, forbidden(matcher, scope)),
      });
    }
  }
  if (pattern.options?.open === false) {
    tampers.push({
      title: 'another MPTCP option added',
      alter: (packet) => addOption(packet, blankOption('mptcp_unknown')),
    });
  }
  return tampers;
}

function withFlags(packet: Packet, flags: number): Packet {
  return { ...packet, tcp: { ...packet.tcp, flags } };
}

/** A value that a field must not have, where another one than the true could still be good; undefined where it could not. */
function forbidden(matcher: Matcher, scope: Scope): Value | undefined {
  if (matcher.type === 'not' && matcher.matcher.type === 'equal') return evaluate(matcher.matcher.expr, scope);
  const upper = highest(matcher, scope);
  return upper === undefined ? undefined : upper + 1n;
}

/** The highest number of a range or of a choice of numbers. */
function highest(matcher: Matcher, scope: Scope): bigint | undefined {
  if (matcher.type === 'range') return toInt(evaluate(matcher.high, scope));
  if (matcher.type !== 'oneOf') return undefined;
  // Reasons of MP_TCPRST go by name; no other number does.
  const named: Scope = { ...scope, style: 'reason' };
  const values = matcher.options.map((option) =>
    option.type === 'equal' && option.expr.type !== 'auto' ? evaluate(option.expr, named) : undefined,
  );
  const numbers = values.filter((value) => typeof value === 'bigint');
  return numbers.length < values.length ? undefined : numbers.reduce((most, value) => (value > most ? value : most));
}

/** The packet with another value in a header field, or with the one given where it may be any. */
function alterHeader(packet: Packet, name: HeaderFieldName, instead?: Value): Packet {
  const field = headerField(name);
  return instead === undefined || field.base !== undefined ? field.alter(packet) : field.write(packet, instead);
}

/** The packet without the options of a kind. */
export function removeOption(packet: Packet, kind: OptionKind): Packet {
  return { ...packet, tcp: { ...packet.tcp, options: packet.tcp.options.filter((option) => option.kind !== kind) } };
}

/** The packet with one more option. */
export function addOption(packet: Packet, option: TcpOption): Packet {
  return { ...packet, tcp: { ...packet.tcp, options: [...packet.tcp.options, option] } };
}

/** The packet with another value in an option's field, or with the one given; null takes the field out. */
export function alterField(packet: Packet, kind: OptionKind, name: string, instead?: Value | null): Packet {
  const field = optionField(kind, name);
  const options = packet.tcp.options.map((option) => {
    if (option.kind !== kind || field === undefined) return option;
    const copy = structuredClone(option);
    field.write(copy, instead === null ? undefined : (instead ?? anotherFieldValue(field, field.read(copy))));
    return narrowDss(copy);
  });
  return { ...packet, tcp: { ...packet.tcp, options } };
}

function anotherFieldValue(field: OptionField<TcpOption>, value: Value | undefined): Value {
  return typeof value === 'bigint' && field.alter !== undefined
    ? field.alter(value)
    : anotherOfStyle(value, field.style);
}

/** A number that lies in no range that a scenario writes. */
function farValue(value: Value): Value {
  return typeof value === 'bigint' ? value + (1n << 40n) : anotherValue(value);
}

/** Some option of a kind, good enough to be noticed. */
export function blankOption(kind: OptionKind): TcpOption {
  return OPTIONS[kind].blank();
}

/** A packet that has the flags and options of a line. */
export function forgeMatch(line: PacketLine, sample: Packet): Packet {
  const flags =
    line.flags === 'any' ? FLAG.ACK : line.flags.reduce((sum, name) => sum | FLAG[name as keyof typeof FLAG], 0);
  const wanted = line.options?.items.filter((item) => !item.negated).map(forgeOption) ?? [];
  const plain = sample.tcp.options.filter(
    (option) => !hasMptcpCode(option) && !wanted.some((one) => one.kind === option.kind),
  );
  const needsData = line.fields.some((field) => field.name === 'len' || field.name === 'data');
  return {
    ...sample,
    tcp: {
      ...sample.tcp,
      flags,
      options: [...plain, ...wanted],
      payload: needsData ? Uint8Array.of(1) : new Uint8Array(0),
    },
  };
}

/** An option with the fields that an item asks for, as far as they can be told without a conversation. */
function forgeOption(item: OptionItem): TcpOption {
  const option = blankOption(item.name);
  for (const { name, matcher } of item.fields) {
    const field = optionField(item.name, name);
    if (matcher.type === 'absent') field?.write(option, undefined);
    else if (matcher.type === 'any') field?.write(option, field.read(option) ?? 1n);
    else if (matcher.type === 'equal' && matcher.expr.type === 'int') field?.write(option, matcher.expr.value);
  }
  return option;
}
