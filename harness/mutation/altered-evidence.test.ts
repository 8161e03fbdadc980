import { describe, expect, test } from 'vitest';
import { parsePacketLine } from '../notation/packet-line.ts';
import { FLAG, type Packet } from '../packet/types.ts';
import { parseSutLine } from '../scenario/sut-line.ts';
import type { Step } from '../scenario/suite.ts';
import { TRANSPARENT } from '../engine/interposer.ts';
import type { Arrival } from '../engine/packet-view.ts';
import type { Session } from '../engine/session.ts';
import { arrive, establishedSubflow, fromStack, NOTHING } from '../engine/testing/subflows.ts';
import { alteredEvidence } from './altered-evidence.ts';
import { mutationsOf, type Mutation } from './mutations.ts';

const base = { place: { file: 'x', line: 1, column: 1 }, text: '', clauses: ['c'] };
const expecting = (line: string): Step => ({ ...base, kind: 'expect', line: parsePacketLine(line) });
const subflow = establishedSubflow();
const ack = arrive(fromStack({}), subflow);
const reset = { ...arrive(fromStack({ flags: FLAG.RST }), subflow), index: 1 };

function session(arrivals: readonly Arrival[], change: object = {}): Session {
  return {
    arrivals,
    windowStart: 0,
    subflows: new Map([['a', subflow]]),
    collected: new Map([['k', [1n, 2n]]]),
    lastMatch: { arrival: arrivals[0], subflow },
    interposer: TRANSPARENT,
    scope: () => NOTHING,
    ...change,
  } as unknown as Session;
}

function mutation(step: Step, title: string): Mutation {
  const found = mutationsOf(step).find((one) => one.title === title);
  if (found === undefined) throw new Error(`no mutation "${title}"`);
  return found;
}

function packets(step: Step, title: string, seen: Session): Packet[] {
  return alteredEvidence(mutation(step, title), step, seen)
    .arrivals()
    .map(({ packet }) => packet);
}

describe('altered evidence', () => {
  test('alters only packets that the step would accept, and keeps what came', () => {
    const step = expecting('a RST <>');
    const [first, second] = packets(step, 'TCP flags changed', session([ack, reset]));
    expect(first).toBe(ack.packet);
    expect(second?.tcp.flags).toBe(FLAG.ACK | FLAG.FIN);
    expect(reset.packet.tcp.flags).toBe(FLAG.RST);
    expect(packets(step, 'packet missing', session([ack, reset]))).toEqual([ack.packet]);
  });

  test('leaves what no step looks at any more', () => {
    const step = expecting('a ACK <>');
    expect(packets(step, 'packet missing', session([{ ...ack, consumed: true }]))).toHaveLength(1);
    expect(packets(step, 'packet missing', session([ack], { windowStart: 1 }))).toHaveLength(1);
    expect(packets(step, 'packet missing', session([ack]))).toEqual([]);
  });

  test('adds a packet on each subflow and on an unknown one', () => {
    const step: Step = { ...base, kind: 'quiet', subflows: 'all', allow: [] };
    const evidence = alteredEvidence(mutation(step, 'an unexpected packet added'), step, session([ack]));
    const [, known, unknown] = evidence.arrivals();
    expect([known?.subflow, known?.index, unknown?.subflow]).toEqual([subflow, 1, undefined]);
    expect(known?.packet.tcp.flags).toBe(FLAG.FIN | FLAG.ACK);
  });

  test('alters the matched packet, answers and values', async () => {
    const and: Step = { ...base, kind: 'and', tail: parsePacketLine('a RST') };
    const matched = alteredEvidence(mutation(and, 'TCP flags changed'), and, session([reset])).lastMatch();
    expect(matched?.arrival.packet.tcp.flags).toBe(FLAG.ACK | FLAG.FIN);

    const line = parseSutLine('sysctl-get name=key -> value=5');
    const sut: Step = { ...base, kind: 'sut', line };
    const agent = { request: () => Promise.resolve({ value: '5', other: '1' }) };
    const cell = { agents: new Map([['sut', agent]]), topology: { hosts: ['sut'] } };
    const answers = alteredEvidence(mutation(sut, 'answer value changed'), sut, session([], { cell }));
    expect(await answers.answer(line, 10)).toEqual({ value: 'x5', other: '1' });

    const distinct: Step = { ...base, kind: 'distinct', name: 'k' };
    const values = alteredEvidence(mutation(distinct, 'a value repeated'), distinct, session([]));
    expect(values.collected('k')).toEqual([2n, 2n]);
    const silent = alteredEvidence({ title: 'nothing' }, distinct, session([]));
    expect([silent.collected('k'), silent.value('1')]).toEqual([[1n, 2n], 1n]);
  });
});
