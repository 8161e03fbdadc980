/** Makes the stack under test err: what it sends is altered before anything of the harness sees it. Pure but for `add`, which is once. */
import type { Packet } from '../packet/types.ts';
import { FLAG } from '../packet/types.ts';
import type { Break, Change } from '../scenario/breaks.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import { headerField } from '../notation/header-fields.ts';
import { optionField } from '../notation/option-fields.ts';
import type { Subflow } from './endpoint.ts';
import { asSentByStack } from './number-base.ts';
import { evaluate, NotKnownYet, type Scope } from '../notation/evaluate.ts';
import { withNumbers } from './forge.ts';
import { matchPacket } from './match.ts';
import type { Arrival } from './packet-view.ts';
import { addOption, alterField, blankOption, forgeMatch, removeOption } from './tamper.ts';

/** A stack that errs in one way. */
export class BrokenStack {
  readonly #break: Break;
  /** It errs from now on. */
  active: boolean;
  #added = false;
  /** How many that fit are still spared. */
  #spared: number;

  constructor(one: Break) {
    this.#break = one;
    this.active = one.from === 'start';
    this.#spared = one.skip;
  }

  /** What comes in place of a packet: nothing, another one, or one more. */
  alter(arrival: Arrival, subflow: Subflow | undefined, scope: Scope): Packet[] {
    const { packet } = arrival;
    if (!this.active) return [packet];
    const { drop, change, add } = this.#break;
    const line = drop ?? change?.line ?? add?.after;
    if (line !== undefined && (!fits(line, arrival, subflow, scope) || this.#spared-- > 0)) return [packet];
    if (drop !== undefined) return [];
    if (change !== undefined) return [changed(packet, change.to, subflow, scope)];
    return line === undefined ? [packet] : [packet, ...this.#addedTo(packet, subflow, scope)];
  }

  /** Name of the subflow on which the erring stack sends of its own accord once the tester has sent; `any` is the tester's. */
  get addsOn(): string | undefined {
    const { add } = this.#break;
    return !this.active || this.#added || add === undefined || add.after !== undefined ? undefined : add.line.subflow;
  }

  /** What it sends there, made of the last packet that it sent. */
  afterSent(last: Packet, subflow: Subflow, scope: Scope): Packet[] {
    return this.#addedTo(last, subflow, scope);
  }

  #addedTo(sample: Packet, subflow: Subflow | undefined, scope: Scope): Packet[] {
    const { add } = this.#break;
    if (add === undefined || this.#added) return [];
    if (add.line.subflow !== 'any' && subflow?.name !== add.line.subflow) return [];
    this.#added = true;
    const blank = forgeMatch(add.line, sample);
    return [subflow === undefined ? blank : withNumbers(blank, add.line, subflow, scope)];
  }

  /** The agent's answer as the erring stack would have given it. */
  answer(command: string, told: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const { answer } = this.#break;
    if (!this.active || answer === undefined || answer.command !== command) return told;
    const { error, text, ...rest } = told;
    // An answer is an error or has fields.
    const keepsError = error !== undefined && 'error' in answer.fields;
    return { ...rest, ...(keepsError ? { error, text: text ?? '' } : {}), ...answer.fields };
  }
}

function fits(line: PacketLine, arrival: Arrival, subflow: Subflow | undefined, scope: Scope): boolean {
  if (line.subflow !== 'any' && subflow?.name !== line.subflow) return false;
  try {
    return matchPacket(line, arrival, subflow, scope).differences.length === 0;
  } catch (error) {
    if (error instanceof NotKnownYet) return false;
    throw error;
  }
}

/** The packet with what a change sets; a value of `any` becomes another one than it was. */
function changed(
  packet: Packet,
  { flags, fields, options }: Change,
  subflow: Subflow | undefined,
  scope: Scope,
): Packet {
  let result = packet;
  if (flags !== 'any') {
    const bits = flags.reduce((sum, name) => sum | FLAG[name as keyof typeof FLAG], 0);
    result = { ...result, tcp: { ...result.tcp, flags: bits } };
  }
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
