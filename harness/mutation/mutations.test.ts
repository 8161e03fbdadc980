/** Every alteration of a packet or value is one that a step which was met notices. */
import { describe, expect, test } from 'vitest';
import { idsn, joinHmac } from '../mptcp/index.ts';
import { FLAG, type OptionDss, type Packet } from '../packet/types.ts';
import { parseMatcher } from '../notation/expression.ts';
import { parsePacketLine, parsePacketTail } from '../notation/packet-line.ts';
import type { Step } from '../scenario/suite.ts';
import { parseSutLine } from '../scenario/sut-line.ts';
import { fillBytes } from '../sut/fill.ts';
import { matchPacket } from '../engine/match.ts';
import { mutationsOf } from './mutations.ts';
import {
  arrive,
  establishedSubflow,
  fromStack,
  LOCAL_ISN,
  LOCAL_KEY,
  NOTHING,
  REMOTE_KEY,
} from '../engine/testing/subflows.ts';

const base = { place: { file: 'x', line: 1, column: 1 }, text: '', clauses: ['c'] };
const expecting = (line: string): Step => ({ ...base, kind: 'expect', line: parsePacketLine(line) });
const titles = (step: Step): string[] => mutationsOf(step).map(({ title }) => title);

const dss: OptionDss = {
  kind: 'dss',
  reserved: 0,
  dataFin: false,
  dsn8: true,
  hasMap: true,
  dataAck8: true,
  hasDataAck: true,
  ssn: 1,
  dataLength: 10,
  dataAck: BigInt.asUintN(64, idsn(LOCAL_KEY) + 1n),
  dsn: BigInt.asUintN(64, idsn(REMOTE_KEY) + 1n),
  checksum: 5,
};
const data = fromStack({ flags: FLAG.PSH | FLAG.ACK, payload: fillBytes(0, 10), options: [dss] });
const short = fromStack({
  payload: fillBytes(0, 10),
  options: [
    {
      ...dss,
      dsn8: false,
      dsn: BigInt.asUintN(32, dss.dsn ?? 0n),
      dataAck8: false,
      dataAck: BigInt.asUintN(32, dss.dataAck ?? 0n),
    },
  ],
});
const join = fromStack({
  flags: FLAG.SYN | FLAG.ACK,
  seq: 0,
  options: [
    {
      kind: 'mp_join',
      form: 'synack',
      reserved: 0,
      backup: false,
      addressId: 3,
      nonce: 77,
      hmac: joinHmac(REMOTE_KEY, LOCAL_KEY, 77, LOCAL_ISN).slice(0, 8),
    },
  ],
});
const announcement = fromStack({
  options: [{ kind: 'add_addr', reserved: 0, echo: false, addressId: 4, address: '198.51.100.1', port: 80 }],
});
const reset = fromStack({
  flags: FLAG.RST,
  options: [{ kind: 'mp_tcprst', reserved: 0, transient: false, reason: 1 }],
});
const capable = fromStack({
  flags: FLAG.SYN | FLAG.ACK,
  seq: 0,
  options: [{ kind: 'mp_capable', version: 1, flags: 1, senderKey: REMOTE_KEY }],
});

/** Alterations of a packet that fits a line, with whether the line notices. */
function verdicts(line: string, packet: Packet): [string, boolean][] {
  const subflow = establishedSubflow();
  const arrival = arrive(packet, subflow);
  const pattern = parsePacketLine(line);
  expect(matchPacket(pattern, arrival, subflow, NOTHING).differences, line).toEqual([]);
  return mutationsOf(expecting(line)).map(({ title, alter }) => {
    const altered = alter?.(packet, NOTHING);
    const isNoticed =
      altered === undefined ||
      matchPacket(pattern, { ...arrival, packet: altered }, subflow, NOTHING).differences.length > 0;
    return [title, isNoticed];
  });
}

describe('an altered packet', () => {
  test.each<[string, Packet]>([
    [
      'a PSH/ACK seq=auto ack=auto win=502 len=10 data=auto urg=absent sport=5001 dport=!9 from=192.0.2.2 to=!192.0.2.9',
      data,
    ],
    ['a ACK <dss dsn=auto ssn=auto dlen=auto dack=auto csum=5 F=0 map=1 dsn_size=8 dack_size=8 rsv=0 len=28>', data],
    ['a ACK <dss dsn=1..1, !mp_prio, !mp_fail, ...>', data],
    ['a SYN/ACK <mp_join B=0 id=3 nonce=77 hmac=auto rsv=0 len=16>', join],
    ['a ACK <add_addr E=0 id=4 addr=198.51.100.1 port=80 hmac=absent rsv=0 len=10>', announcement],
    ['a ACK <dss dsn=auto dsn_size=4 dack_size=4>', short],
    [
      'a ACK <remove_addr=1+2 rsv=0>',
      fromStack({ options: [{ kind: 'remove_addr', reserved: 0, addressIds: [1, 2] }] }),
    ],
    ['a RST <mp_tcprst T=0 reason=mptcp-specific rsv=0 len=4>', reset],
    ['a SYN/ACK <mp_capable version=1 flags=H A=0 B=0 crypto=1 key=!5 rkey=absent dlen=absent len=12>', capable],
    ['a any <mp_capable>', capable],
  ])('is noticed by "%s"', (line, packet) => {
    const missed = verdicts(line, packet).filter(([, isNoticed]) => !isNoticed);
    expect(missed).toEqual([]);
  });

  test('there is for all that a line says', () => {
    expect(titles(expecting('a ACK seq=1 win=?w <dss dsn=1 ssn=any, !mp_prio>'))).toEqual([
      'packet missing',
      'TCP flags changed',
      'seq changed',
      'dss missing',
      'dss.dsn changed',
      'mp_prio added',
      'another MPTCP option added',
    ]);
    expect(titles(expecting('a any <dss, ...>'))).toEqual(['packet missing', 'dss missing']);
    expect(titles({ ...base, kind: 'and', tail: parsePacketTail('<dss dack=1, ...>') })).toEqual([
      'dss missing',
      'dss.dack changed',
    ]);
  });

  test('is beyond every value that a choice or range takes', () => {
    const reset = fromStack({
      flags: FLAG.RST,
      options: [{ kind: 'mp_tcprst', reserved: 0, transient: false, reason: 3 }],
    });
    const reasonOf = (text: string): unknown => {
      const mutation = mutationsOf(expecting(text)).find(({ title }) => title === 'mp_tcprst.reason changed');
      return mutation?.alter?.(reset, NOTHING)?.tcp.options;
    };
    expect(reasonOf('a RST <mp_tcprst reason=lack-of-resources|prohibited>')).toMatchObject([{ reason: 4 }]);
    expect(reasonOf('a RST <mp_tcprst reason=0..6>')).toMatchObject([{ reason: 7 }]);
  });

  test('changes nothing of the packet itself', () => {
    const before = structuredClone(data);
    verdicts('a ACK len=10 data=auto <dss dsn=auto>', data);
    expect(data).toEqual(before);
  });
});

describe('the forbidden packet', () => {
  test('has the fields that the line forbids', () => {
    const forged = (text: string): unknown => {
      const step: Step = { ...base, kind: 'never', from: 'here', line: parsePacketLine(text) };
      return mutationsOf(step)[0]?.forge?.(capable).tcp.options;
    };
    expect(forged('a any <dss csum=any, ...>')).toMatchObject([{ kind: 'dss', checksum: 1 }]);
    expect(forged('a any <dss map=1 csum=absent, ...>')).toMatchObject([{ kind: 'dss', hasMap: true }]);
    expect(forged('a any <mp_join id=4, ...>')).toMatchObject([{ kind: 'mp_join', addressId: 4 }]);
  });
});

describe('an altered step of another kind', () => {
  test('one-of: no alternative fits', () => {
    const alternatives = ['a RST', 'a ACK <dss>'].map((line) => ({ label: line, line: parsePacketLine(line) }));
    const mutations = mutationsOf({ ...base, kind: 'one-of', alternatives });
    expect(mutations.map(({ title }) => title)).toContain('packet missing');
    const subflow = establishedSubflow();
    for (const { title, alter } of mutations) {
      const packet = alter?.(data, NOTHING);
      if (packet === undefined) continue;
      const arrival = { ...arrive(data, subflow), packet };
      const fits = alternatives.filter(
        ({ line }) => matchPacket(line, arrival, subflow, NOTHING).differences.length === 0,
      );
      expect(fits, title).toEqual([]);
    }
  });

  test.each(['any RST', 'a ACK len=1..5 <mp_prio, ...>', 'a SYN/ACK <>'])('never %s: the packet comes', (line) => {
    const [mutation] = mutationsOf({ ...base, kind: 'never', line: parsePacketLine(line), from: 'here' });
    const subflow = establishedSubflow();
    const packet = mutation?.forge?.(data);
    if (packet === undefined) throw new Error('nothing was forged');
    const pattern = parsePacketLine(line);
    expect(matchPacket(pattern, { ...arrive(data, subflow), packet }, subflow, NOTHING).differences).toEqual([]);
  });

  test('quiet: something comes', () => {
    const [mutation] = mutationsOf({ ...base, kind: 'quiet', subflows: 'all', allow: [] });
    expect(mutation?.forge?.(data).tcp.flags).toBe(FLAG.FIN | FLAG.ACK);
  });

  test('sut: each part of the answer', () => {
    const mutations = mutationsOf({ ...base, kind: 'sut', line: parseSutLine('recv bytes=5 -> pattern=ok eof=0') });
    expect(mutations.map(({ title }) => title)).toEqual(['answer pattern changed', 'answer eof changed']);
    expect([
      mutations[0]?.answer?.('pattern', 'ok'),
      mutations[0]?.answer?.('eof', '0'),
      mutations[1]?.answer?.('eof', undefined),
    ]).toEqual(['xok', '0', 'x']);
  });

  test('sut: an answer that is anything but a number becomes that number', () => {
    const [mutation] = mutationsOf({ ...base, kind: 'sut', line: parseSutLine('queued -> out=!0') });
    expect(mutation?.answer?.('out', '100')).toBe('0');
  });

  test('distinct, scattered and check: the values', () => {
    const collected = (kind: 'distinct' | 'scattered') =>
      mutationsOf({ ...base, kind, name: 'k' })[0]?.values?.([1n, 2n, 4n]);
    expect(collected('distinct')).toEqual([2n, 2n, 4n]);
    expect(collected('scattered')).toEqual([1n, 3n, 5n]);
    const [check] = mutationsOf({ ...base, kind: 'check', left: '1', comparison: parseMatcher('1', 0) });
    expect(check?.values?.([1n, 'a', Uint8Array.of(1)])).toEqual([0n, 'ax', Uint8Array.of(0x81)]);
  });

  test.each<Step>([
    { ...base, kind: 'send', line: parsePacketLine('a ACK') },
    { ...base, kind: 'fence' },
    { ...base, kind: 'forget' },
    { ...base, kind: 'repeat', times: 1, steps: [] },
    // It accepts any value.
    { ...base, kind: 'check', left: '$tester.key', comparison: parseMatcher('?kept', 0) },
  ])('$kind: none', (step) => expect(mutationsOf(step)).toEqual([]));
});
