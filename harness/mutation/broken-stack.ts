/** A stack that breaks one clause in one way, by the statement of a {@link Break}: it errs before the harness sees anything. */
import type { Packet } from '../packet/types.ts';
import { headerField } from '../notation/header-fields.ts';
import { optionField } from '../notation/option-fields.ts';
import type { Subflow } from '../engine/endpoint.ts';
import type { Interposer, OnSubflow } from '../engine/interposer.ts';
import { asSentByStack } from '../engine/number-base.ts';
import type { Arrival } from '../engine/packet-view.ts';
import type { AgentAnswer } from '../sut/types.ts';
import { evaluate, type Scope } from '../notation/evaluate.ts';
import { addOption, alterField, blankOption, flagBits, removeOption, withFlags } from './alter-packet.ts';
import type { Break, Change } from './breaks.ts';
import { fitsLine } from './fits-line.ts';
import { forgeMatch, withNumbers } from './forge.ts';

/** A stack that errs in one way. Of one run of a scenario: what it adds, it adds once. */
export class BrokenStack implements Interposer {
  readonly #break: Break;
  /** It errs from now on. */
  #active: boolean;
  #added = false;
  /** Whether it has erred: a packet or an answer is other than the stack's. */
  #hasErred = false;
  /** How many that fit are still spared. */
  #spared: number;

  constructor(one: Break) {
    this.#break = one;
    this.#active = one.from === 'start';
    this.#spared = one.skip;
  }

  /** Whether the run met anything that the break alters. */
  get hasErred(): boolean {
    return this.#hasErred;
  }

  bodyBegins(): void {
    this.#active = true;
  }

  received(arrival: Arrival, subflow: Subflow | undefined, scope: Scope): Packet[] {
    const { packet } = arrival;
    if (!this.#active) return [packet];
    const { drop, change, add } = this.#break;
    const line = drop ?? change?.line ?? add?.after;
    if (line === undefined || !fitsLine(line, arrival, subflow, scope) || this.#spared-- > 0) return [packet];
    if (add === undefined) this.#hasErred = true;
    if (drop !== undefined) return [];
    if (change !== undefined) return [changed(packet, change.to, subflow, scope)];
    return [packet, ...this.#addedTo(packet, subflow, scope)];
  }

  unprompted(lastOn: (subflow: string) => OnSubflow | undefined, scope: Scope): OnSubflow | undefined {
    const { add } = this.#break;
    if (!this.#active || this.#added || add === undefined || add.after !== undefined) return undefined;
    const last = lastOn(add.line.subflow);
    if (last === undefined) return undefined;
    const { arrival, subflow } = last;
    const [packet] = this.#addedTo(arrival.packet, subflow, scope);
    return packet === undefined ? undefined : { arrival: { ...arrival, packet }, subflow };
  }

  #addedTo(sample: Packet, subflow: Subflow | undefined, scope: Scope): Packet[] {
    const { add } = this.#break;
    if (add === undefined || this.#added) return [];
    if (add.line.subflow !== 'any' && subflow?.name !== add.line.subflow) return [];
    this.#added = true;
    this.#hasErred = true;
    const blank = forgeMatch(add.line, sample);
    return [subflow === undefined ? blank : withNumbers(blank, add.line, subflow, scope)];
  }

  answered(command: string, told: AgentAnswer): AgentAnswer {
    const { answer } = this.#break;
    if (!this.#active || answer === undefined || answer.command !== command) return told;
    this.#hasErred = true;
    const { error, text, ...rest } = told;
    // An answer is an error or has fields.
    const keepsError = error !== undefined && 'error' in answer.fields;
    return { ...rest, ...(keepsError ? { error, text: text ?? '' } : {}), ...answer.fields };
  }
}

/** The packet with what a change sets; a value of `any` becomes another one than it was. */
function changed(
  packet: Packet,
  { flags, fields, options }: Change,
  subflow: Subflow | undefined,
  scope: Scope,
): Packet {
  let result = flags === 'any' ? packet : withFlags(packet, flagBits(flags));
  for (const { name, matcher } of fields) {
    const field = headerField(name);
    const value = matcher.type === 'equal' && matcher.expr.type !== 'auto' ? evaluate(matcher.expr, scope) : undefined;
    if (matcher.type === 'absent') result = field.write(result, undefined);
    else result = value === undefined ? field.alter(result) : field.write(result, asSentByStack(field, value, subflow));
  }
  for (const item of options?.items ?? []) {
    if (item.negated) {
      result = removeOption(result, item.name);
      continue;
    }
    if (!result.tcp.options.some((option) => option.kind === item.name))
      result = addOption(result, blankOption(item.name));
    for (const { name, matcher } of item.fields) {
      const value = matcher.type === 'equal' ? evaluate(matcher.expr, { ...scope, style: 'reason' }) : undefined;
      result =
        matcher.type === 'absent'
          ? alterField(result, item.name, name, null)
          : alterField(
              result,
              item.name,
              name,
              value === undefined ? undefined : asSentByStack(optionField(item.name, name), value, subflow),
            );
    }
  }
  return result;
}
