/** Alterations of the evidence that one step reads, so that tests can see the step fail. Pure. */
import { FLAG, type Packet } from '../packet/types.ts';
import { evaluate, toInt, type Scope } from '../notation/evaluate.ts';
import type { Matcher, Value } from '../notation/expression.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import { anotherValue } from '../notation/styles.ts';
import type { Step } from '../scenario/suite.ts';
import { addOption, alterField, alterHeader, blankOption, removeOption, withFlags } from './alter-packet.ts';
import { forgeMatch } from './forge.ts';

/** One alteration of the packet (or answer, or value) that a step would accept. */
export interface Mutation {
  /** In words, for the test's name: `mp_capable.key changed`. */
  title: string;
  /** The altered packet; undefined when it never comes. `scope` knows the names of the line. */
  alter?: (packet: Packet, scope: Scope) => Packet | undefined;
  /** The altered field of an answer of the agent. */
  answer?: (name: string, value: string | undefined) => string | undefined;
  /** The altered values of `check`, `distinct`, `scattered`. */
  values?: (values: readonly Value[]) => Value[];
  /** A packet that `quiet` or `never` must notice, made from any packet that came. */
  forge?: (sample: Packet) => Packet;
}

/** The alterations that a step must notice: one for each thing it says. */
export function mutationsOf(step: Step): Mutation[] {
  switch (step.kind) {
    case 'expect':
      return mutationsOfLine(step.line, true);
    case 'and':
      return mutationsOfLine(step.tail, false);
    case 'one-of':
      return [silence, ...mutationsOfOneOf(step.alternatives.map((one) => one.line)), allOptionsOff];
    case 'quiet':
      return [{ title: 'an unexpected packet added', forge: (sample) => withFlags(sample, FLAG.FIN | FLAG.ACK) }];
    case 'never':
      return [{ title: 'the forbidden packet added', forge: (sample) => forgeMatch(step.line, sample) }];
    case 'sut':
      return step.line.returns.map(({ name, matcher }) => ({
        title: `answer ${name} changed`,
        answer: (field, value) => (field === name ? (excluded(matcher) ?? `x${value ?? ''}`) : value),
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
function mutationsOfOneOf(lines: readonly PacketLine[]): Mutation[] {
  const takesReset = lines.some((line) => line.flags === 'any' || line.flags.includes('RST'));
  return takesReset ? [] : mutationsOfLine({ flags: ['SYN', 'FIN'], fields: [] }, false);
}

/** The number that an answer must not be; undefined where any other answer than the stack's is wrong. */
function excluded(matcher: Matcher): string | undefined {
  if (matcher.type !== 'not' || matcher.matcher.type !== 'equal') return undefined;
  const { expr } = matcher.matcher;
  return expr.type === 'int' ? String(expr.value) : undefined;
}

type Pattern = Pick<PacketLine, 'flags' | 'fields' | 'options'>;

const silence: Mutation = { title: 'packet missing', alter: () => undefined };
const allOptionsOff: Mutation = {
  title: 'another kind of packet',
  alter: (packet) =>
    withFlags({ ...packet, tcp: { ...packet.tcp, options: [], payload: new Uint8Array(3) } }, FLAG.FIN | FLAG.URG),
};

function mutationsOfLine(pattern: Pattern, withSilence: boolean): Mutation[] {
  const mutations: Mutation[] = withSilence ? [silence] : [];
  if (pattern.flags !== 'any') {
    const other = pattern.flags.includes('RST') ? FLAG.ACK | FLAG.FIN : FLAG.RST;
    mutations.push({ title: 'TCP flags changed', alter: (packet) => withFlags(packet, other) });
  }
  for (const { name, matcher } of pattern.fields) {
    if (matcher.type === 'bind' || matcher.type === 'any') continue;
    mutations.push({
      title: `${name} changed`,
      alter: (packet, scope) => alterHeader(packet, name, forbidden(matcher, scope)),
    });
  }
  for (const item of pattern.options?.items ?? []) {
    if (item.negated) {
      mutations.push({ title: `${item.name} added`, alter: (packet) => addOption(packet, blankOption(item.name)) });
      continue;
    }
    if (!item.optional)
      mutations.push({ title: `${item.name} missing`, alter: (packet) => removeOption(packet, item.name) });
    for (const { name, matcher } of item.fields) {
      if (matcher.type === 'bind' || matcher.type === 'any') continue;
      mutations.push({
        title: `${item.name}.${name} changed`,
        alter: (packet, scope) => alterField(packet, item.name, name, forbidden(matcher, scope)),
      });
    }
  }
  if (pattern.options?.open === false) {
    mutations.push({
      title: 'another MPTCP option added',
      alter: (packet) => addOption(packet, blankOption('mptcp_unknown')),
    });
  }
  return mutations;
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

/** A number that lies in no range that a scenario writes. */
function farValue(value: Value): Value {
  return typeof value === 'bigint' ? value + (1n << 40n) : anotherValue(value);
}
