/** Steps that send packets, expect them, and judge those that came. */
import { gather, type NodePath } from '../document/diagnostic.ts';
import { parsePacketTail, parseSentLine, type PacketLine } from '../notation/packet-line.ts';
import { packetAt, readAt, say, type TextContext } from './step-text.ts';
import { matchersIn, type StepBase, type VerbTable } from './step-verb.ts';

/** Sends one packet, compliant but for what the line says. */
interface SendStep extends StepBase {
  kind: 'send';
  line: PacketLine;
}

/**
 * Waits for a packet. `within` is milliseconds before scaling. With `resend`, what was sent last is sent again when it gets
 * no answer, as a peer does whose data is not acknowledged. With `since`, what came before the last stimulus does not count.
 */
export interface ExpectStep extends StepBase {
  kind: 'expect';
  line: PacketLine;
  within?: number;
  resend?: true;
  since?: 'stimulus';
}

/** Judges the packet that the last `expect` matched. */
export interface AndStep extends StepBase {
  kind: 'and';
  tail: Omit<PacketLine, 'subflow' | 'text'>;
}

/** Waits for any of several packets; which one came is recorded. */
export interface OneOfStep extends StepBase {
  kind: 'one-of';
  alternatives: { label: string; line: PacketLine }[];
  within?: number;
}

/** Nothing comes on these subflows but what is allowed, up to an answered fence. */
export interface QuietStep extends StepBase {
  kind: 'quiet';
  subflows: readonly string[] | 'all';
  allow: PacketLine[];
}

/**
 * No packet like this has come, up to an answered fence: since the last stimulus, or since the scenario's start. With
 * `unless`, data may come that another subflow had to retransmit before: what it is sent on then is up to the stack.
 */
export interface NeverStep extends StepBase {
  kind: 'never';
  line: PacketLine;
  from: 'here' | 'start';
  unless?: 'retransmitted';
}

/** A step about packets. */
export type PacketStep = SendStep | ExpectStep | AndStep | OneOfStep | QuietStep | NeverStep;

/** Such a step as YAML has it. */
export interface RawPacketStep {
  send?: string;
  expect?: string;
  resend?: true;
  since?: 'stimulus';
  and?: string;
  'one-of'?: Record<string, string>;
  quiet?: string;
  allow?: string[];
  never?: string;
  from?: 'here' | 'start';
  unless?: 'retransmitted';
}

const packets = (lines: Readonly<Record<string, string>>, at: NodePath, context: TextContext): [string, PacketLine][] =>
  Object.entries(lines).flatMap(
    ([key, line]) =>
      gather(context.diagnostics, (): [string, PacketLine][] => [[key, packetAt(line, [...at, key], context)]]) ?? [],
  );

/** The verbs about packets. */
export const PACKET_VERBS: VerbTable<PacketStep, RawPacketStep> = {
  send: {
    manual: ['`send: LINE`', 'sends one packet'],
    schema: { type: 'string', description: 'A packet from the tester: "a SYN <mp_capable>".' },
    companions: [],
    judges: 'never',
    build: ({ raw, at, base, context }) => ({
      ...base,
      kind: 'send',
      line: readAt(raw.send ?? '', at, context, parseSentLine),
      clauses: [],
    }),
    lines: ({ line }) => [line],
  },
  expect: {
    manual: [
      '`expect: LINE`',
      'waits for a packet (2 s, or `within: 5s`; scaled by the measured round trip). It skips pure acknowledgments and retransmissions of matched packets; any other packet of that subflow that does not match fails the step at once. `resend: true` sends the last packet again after a second without an answer, as a peer does whose data is not acknowledged. `since: stimulus` ignores packets from before the last stimulus',
    ],
    schema: { type: 'string', description: 'A packet from the stack: "a SYN/ACK <mp_capable len=12>".' },
    companions: ['within', 'resend', 'since'],
    judges: 'may',
    build: ({ raw, at, base, within, context }) => ({
      ...base,
      kind: 'expect',
      line: packetAt(raw.expect ?? '', at, context),
      ...within,
      ...(raw.resend === true ? { resend: true } : {}),
      ...(raw.since === undefined ? {} : { since: raw.since }),
    }),
    lines: ({ line }) => [line],
  },
  and: {
    manual: [
      '`and: REST`',
      'judges the packet that was matched last under another clause: `and: <mp_tcprst reason=mptcp-specific>`',
    ],
    schema: { type: 'string', description: 'Judges the packet that was matched last under another clause.' },
    companions: [],
    judges: 'always',
    build: ({ raw, at, base, context }) => ({
      ...base,
      kind: 'and',
      tail: readAt(raw.and ?? '', at, context, parsePacketTail),
    }),
    matchers: ({ tail }) => matchersIn(tail),
  },
  'one-of': {
    manual: ['`one-of: {label: LINE, ...}`', 'matches any of several packets and records the label; use it for a MAY'],
    schema: {
      type: 'object',
      description: 'Alternatives by label; the result records which one came.',
      minProperties: 2,
      additionalProperties: { type: 'string' },
    },
    companions: ['within'],
    judges: 'may',
    build: ({ raw, at, base, within, context }) => {
      const alternatives = packets(raw['one-of'] ?? {}, at, context).map(([label, line]) => ({ label, line }));
      const text = `one-of: ${alternatives.map((one) => one.line.text).join(' | ')}`;
      return { ...base, text, kind: 'one-of', alternatives, ...within };
    },
    lines: ({ alternatives }) => alternatives.map(({ line }) => line),
  },
  quiet: {
    manual: [
      '`quiet: a` (or `all`), `allow: [LINE, ...]`',
      'after a fence: only the allowed packets have arrived since the last stimulus',
    ],
    schema: { type: 'string', description: 'A subflow, or all: only the allowed packets come.' },
    companions: ['allow'],
    judges: 'always',
    build: ({ raw, path, at, base, context }) => {
      const names = say(raw.quiet ?? '', at, context).trim();
      const allow = (raw.allow ?? []).flatMap(
        (line, index) => gather(context.diagnostics, () => packetAt(line, [...path, 'allow', index], context)) ?? [],
      );
      return { ...base, kind: 'quiet', subflows: names === 'all' ? 'all' : names.split(/[\s,]+/), allow };
    },
    lines: ({ allow }) => allow,
  },
  never: {
    manual: [
      '`never: LINE`, `from: start`, `unless: retransmitted`',
      'after a fence: no such packet has arrived since the last stimulus, or since the start. With `unless: retransmitted`, data may come that another subflow had to retransmit before, because the tester was slow',
    ],
    schema: { type: 'string', description: 'A packet that must not have come.' },
    companions: ['from', 'unless'],
    judges: 'always',
    build: ({ raw, at, base, context }) => ({
      ...base,
      kind: 'never',
      line: packetAt(raw.never ?? '', at, context),
      from: raw.from ?? 'here',
      ...(raw.unless === undefined ? {} : { unless: raw.unless }),
    }),
    lines: ({ line }) => [line],
  },
};
