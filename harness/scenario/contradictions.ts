/**
 * Scenarios that contradict each other: after the same steps one requires a packet that another one forbids, or another
 * packet in its place. No stack passes both, so one of them is wrong about what RFC 8684 allows.
 */
import type { Diagnostic } from '../document/diagnostic.ts';
import { diagnoseAt } from '../document/yaml-file.ts';
import { areDisjoint, isCovered } from '../notation/compare-lines.ts';
import type { Matcher } from '../notation/expression.ts';
import type { PacketLine } from '../notation/packet-line.ts';
import type { NeverStep, QuietStep } from './packet-steps.ts';
import type { Scenario, Step } from './suite.ts';

/** A packet that a scenario waits for: one of these. */
interface Wait {
  scenario: Scenario;
  step: Step;
  lines: readonly PacketLine[];
}

/** A scenario's expectations after certain steps, until the next stimulus of the stack. */
interface Moment {
  waits: Wait[];
  forbids: { scenario: Scenario; step: NeverStep }[];
  quiets: { scenario: Scenario; step: QuietStep }[];
}

/** Every contradiction between two scenarios, each pair of steps once. */
export function findContradictions(scenarios: readonly Scenario[]): Diagnostic[] {
  const moments = new Map<string, Map<Scenario, Moment>>();
  for (const scenario of scenarios) if (scenario.family === 'ipv4') recordMoments(scenario, moments);
  const found = new Map<string, Diagnostic>();
  for (const sides of moments.values()) {
    const all = [...sides.values()];
    for (const [index, one] of all.entries()) {
      for (const other of all.slice(index + 1)) {
        for (const { step, against, scenario, why } of [...compare(one, other), ...compare(other, one)]) {
          if (step.clauses.length + against.clauses.length === 0) continue;
          const key = [step, against]
            .map(({ place }) => `${place.file}:${place.line}`)
            .toSorted()
            .join(' ');
          const by = `${scenario.suite}/${scenario.name} (line ${against.place.line}) ${why}`;
          const message = `after the same steps, ${by}: ${against.text}; correct the one that the RFC does not bear out`;
          if (!found.has(key)) found.set(key, diagnoseAt(step.place, 'CONTRADICTION', message));
        }
      }
    }
  }
  return [...found.values()];
}

interface Contradiction {
  step: Step;
  against: Step;
  scenario: Scenario;
  why: string;
}

/** Where what `one` waits for is what `other` rules out. */
function* compare(one: Moment, other: Moment): Generator<Contradiction> {
  for (const { step, lines } of one.waits) {
    for (const { scenario, step: against } of other.forbids) {
      if (lines.every((line) => isCovered(line, against.line)))
        yield { step, against, scenario, why: 'forbids this packet' };
    }
    for (const { scenario, step: against } of other.quiets) {
      const allowed = [...against.allow, ...other.waits.flatMap((wait) => wait.lines)];
      if (lines.every((line) => isBarred(line, against, allowed)))
        yield { step, against, scenario, why: 'allows no such packet' };
    }
  }
  yield* compareInTurn(one.waits, other.waits);
}

/** A packet that neither a pure acknowledgment nor anything allowed can be. */
function isBarred(line: PacketLine, { subflows }: QuietStep, allowed: readonly PacketLine[]): boolean {
  if (line.subflow === 'any' || (subflows !== 'all' && !subflows.includes(line.subflow))) return false;
  return !isPureAck(line) && allowed.every((one) => areDisjoint(line, one));
}

/** The packets of each subflow come in turn: up to the first that differs, those of two scenarios are the same ones. */
function* compareInTurn(ones: readonly Wait[], others: readonly Wait[]): Generator<Contradiction> {
  for (const subflow of new Set(ones.flatMap(subflowOf))) {
    const [left, right] = [ones, others].map((waits) => waits.filter((wait) => subflowOf(wait).includes(subflow)));
    for (const [index, { step, lines }] of (left ?? []).entries()) {
      const against = right?.[index];
      if (against === undefined) break;
      if (step.text === against.step.text) continue;
      if (lines.every((a) => against.lines.every((b) => mustDiffer(a, b)))) {
        yield { step, against: against.step, scenario: against.scenario, why: 'waits for another packet' };
      }
      break;
    }
  }
}

function subflowOf({ lines }: Wait): string[] {
  const names = [...new Set(lines.map((line) => line.subflow))];
  return names.length === 1 && names[0] !== 'any' ? names : [];
}

/** A pure acknowledgment may come beside any other packet; two other packets cannot both be the next one. */
function mustDiffer(a: PacketLine, b: PacketLine): boolean {
  return isPureAck(a) === isPureAck(b) && areDisjoint(a, b);
}

/** An acknowledgment without data, or with the one byte of a keepalive: such packets are passed over. */
function isPureAck({ flags, fields, options }: PacketLine): boolean {
  if (flags === 'any' || flags.join('/') !== 'ACK') return false;
  if (fields.some(({ name, matcher }) => name === 'len' && !isAtMostOne(matcher))) return false;
  return (options?.items ?? []).every(
    (item) =>
      item.negated ||
      (item.name === 'dss' && item.fields.every(({ name, matcher }) => name === 'dack' || matcher.type === 'absent')) ||
      !(item.name.startsWith('mp_') || item.name.endsWith('_addr') || item.name === 'dss'),
  );
}

function isAtMostOne(matcher: Matcher): boolean {
  const high = matcher.type === 'range' ? matcher.high : matcher.type === 'equal' ? matcher.expr : undefined;
  return high?.type === 'int' && high.value <= 1n;
}

function recordMoments(scenario: Scenario, moments: Map<string, Map<Scenario, Moment>>): void {
  const { topology, role, profile, subflows } = scenario;
  const settings = { topology, role, profile, subflows };
  const happened = [JSON.stringify(settings, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))];
  const names = new Map<string, string>();
  const moment = (): Moment => {
    const key = happened.join('\n');
    const sides = moments.get(key) ?? moments.set(key, new Map()).get(key) ?? new Map<Scenario, Moment>();
    const known = sides.get(scenario);
    if (known !== undefined) return known;
    const fresh: Moment = { waits: [], forbids: [], quiets: [] };
    sides.set(scenario, fresh);
    return fresh;
  };
  const walk = (steps: readonly Step[]): void => {
    for (const step of steps) {
      if (step.kind === 'expect') moment().waits.push({ scenario, step, lines: [step.line] });
      else if (step.kind === 'one-of')
        moment().waits.push({ scenario, step, lines: step.alternatives.map(({ line }) => line) });
      else if (step.kind === 'never') moment().forbids.push({ scenario, step });
      else if (step.kind === 'quiet') moment().quiets.push({ scenario, step });
      else if (step.kind === 'repeat' || step.kind === 'given') {
        happened.push(`${step.kind} ${step.kind === 'given' ? step.label : step.times}`);
        walk(step.steps);
        happened.push('end');
      } else if (step.kind === 'send' || step.kind === 'sut' || step.kind === 'forget') {
        happened.push(stimulus(step, names));
      }
    }
  };
  walk([...scenario.preamble, ...scenario.body]);
}

/** The effect of a step on the stack, with the names that scenarios choose numbered in order. */
function stimulus(step: Step, names: Map<string, string>): string {
  const text = step.kind === 'sut' ? (step.text.split(' -> ')[0] ?? '') : step.text;
  return text.replace(/\$([a-z]\w*)(?![\w.])/gi, (_, name: string) => {
    const known = names.get(name) ?? `$${names.size}`;
    names.set(name, known);
    return known;
  });
}
