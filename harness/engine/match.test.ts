import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idsn } from '../mptcp/index.ts';
import { packet as anyPacket } from '../packet/testing/arbitrary.ts';
import { FLAG, type OptionDss, type Packet, type TcpOption } from '../packet/types.ts';
import type { Value } from '../notation/expression.ts';
import { parsePacketLine } from '../notation/packet-line.ts';
import { fillBytes } from '../sut/fill.ts';
import type { Subflow } from './endpoint.ts';
import { showPacket } from './show-packet.ts';
import { matchPacket } from './match.ts';
import {
  arrive,
  establishedSubflow,
  freshSubflow,
  fromStack,
  LOCAL_KEY,
  NOTHING,
  REMOTE_KEY,
} from './testing/subflows.ts';

const theirs = (dsn: bigint): bigint => BigInt.asUintN(64, idsn(REMOTE_KEY) + dsn);
const ours = (dsn: bigint): bigint => BigInt.asUintN(64, idsn(LOCAL_KEY) + dsn);
const dss: OptionDss = {
  kind: 'dss',
  reserved: 0,
  dataFin: false,
  dsn8: true,
  hasMap: true,
  dataAck8: true,
  hasDataAck: true,
  dataAck: ours(1n),
  dsn: theirs(1n),
  ssn: 1,
  dataLength: 10,
};
const data = fromStack({ flags: FLAG.PSH | FLAG.ACK, payload: fillBytes(0, 10), options: [dss] });

/** Fields in which a packet differs from the expectation, as `field: actual, not expected`. */
function differences(line: string, packet: Packet, subflow: Subflow = establishedSubflow()): string[] {
  return matchPacket(parsePacketLine(line), arrive(packet, subflow), subflow, NOTHING).differences.map(
    ({ field, expected, actual }) => `${field}: ${actual}, not ${expected}`,
  );
}

function bound(line: string, packet: Packet): Record<string, Value> {
  const subflow = establishedSubflow();
  return Object.fromEntries(matchPacket(parsePacketLine(line), arrive(packet, subflow), subflow, NOTHING).bound);
}

describe('a compliant packet', () => {
  test.each([
    'a ACK',
    'a any',
    'a PSH/ACK seq=auto ack=auto len=10 data=auto win=502',
    'a ACK from=192.0.2.2 to=192.0.2.1 sport=5001 dport=40000',
    'a ACK urg=absent',
    'a ACK <dss>',
    'a ACK <...>',
    'a ACK <dss dsn=auto ssn=auto dlen=auto dack=auto>',
    'a ACK <dss dsn=1 ssn=1 dlen=10 dack=1 csum=absent F=0 map=1 dsn_size=8 dack_size=8 rsv=0 len=26>',
    'a ACK <!mp_prio, ...>',
    'a ACK <dss, !mp_prio>',
    'a ACK <dss dack=auto|absent, [mp_prio]>',
    'a ACK <[dss dack=1]>',
    'a ACK <dss csum=auto>',
  ])('fits "%s"', (line) => expect(differences(line, data)).toEqual([]));
});

describe('a difference', () => {
  test.each([
    ['a FIN/ACK', 'flags: PSH/ACK, not FIN/ACK'],
    ['a ACK seq=2', 'seq: 1, not 2'],
    ['a ACK len=!10', 'len: 10, not not 10'],
    ['a ACK urg=any', 'urg: absent, not any value'],
    ['a ACK data=hex:00', `data: hex:${Buffer.from(fillBytes(0, 10)).toString('hex')}, not hex:00`],
    ['a ACK <>', 'dss: present, not absent'],
    ['a ACK <!dss, ...>', 'dss: present, not absent'],
    ['a ACK <dss, mp_prio>', 'mp_prio: absent, not present'],
    ['a ACK <[dss dack=2]>', 'dss.dack: 1, not 2'],
    ['a ACK <dss dsn=5, ...>', 'dss.dsn: 1, not 5'],
    ['a ACK <dss dack=0..0>', 'dss.dack: 1, not 0 to 0'],
    ['a ACK <dss csum=any>', 'dss.csum: absent, not any value'],
    ['a ACK <dss rsv=3>', 'dss.rsv: 0x0, not 0x3'],
    ['a ACK <dss len=20|28>', 'dss.len: 26, not 20 or 28'],
  ])('"%s" is %s', (line, expected) => expect(differences(line, data)).toEqual([expected]));

  test('is told of for every field at once', () => {
    expect(differences('a FIN/ACK seq=9 <dss dsn=9 ssn=9>', data)).toHaveLength(4);
  });

  test('of a checksum goes by what was agreed', () => {
    const withSum = fromStack({ payload: fillBytes(0, 10), options: [{ ...dss, checksum: 7 }] });
    expect(differences('a ACK <dss csum=auto>', withSum)).toEqual(['dss.csum: 0x7, not absent']);
    expect(differences('a ACK <dss csum=auto>', data, establishedSubflow({ checksum: true }))).toHaveLength(1);
  });

  test('in flags and reasons is told in letters and words', () => {
    const synAck = fromStack({
      seq: 0,
      flags: FLAG.SYN | FLAG.ACK,
      options: [{ kind: 'mp_capable', version: 1, flags: 0x81, senderKey: REMOTE_KEY }],
    });
    expect(differences('a SYN/ACK <mp_capable flags=BH>', synAck, freshSubflow())).toEqual([
      'mp_capable.flags: AH, not BH',
    ]);
    for (const flags of ['AH', 'HA', '0x81'])
      expect(differences(`a SYN/ACK <mp_capable flags=${flags}>`, synAck, freshSubflow())).toEqual([]);
    const reset = fromStack({
      flags: FLAG.RST,
      options: [{ kind: 'mp_tcprst', reserved: 0, transient: false, reason: 1 }],
    });
    expect(differences('a RST <mp_tcprst reason=prohibited>', reset)).toEqual([
      'mp_tcprst.reason: mptcp-specific, not prohibited',
    ]);
    expect(differences('a RST <mp_tcprst reason=mptcp-specific|3>', reset)).toEqual([]);
  });

  test('of a broken option says what is broken', () => {
    const message = 'DSS with Length 3, expected 4 to 28';
    const broken: TcpOption = {
      kind: 'malformed',
      code: 30,
      subtype: 2,
      reason: 'bad_length',
      message,
      raw: Uint8Array.of(30, 3, 0x20),
    };
    expect(differences('a ACK <dss, ...>', fromStack({ options: [broken] }))).toEqual([`dss: ${message}, not present`]);
    expect(differences('a ACK <>', fromStack({ options: [broken] }))).toEqual(['malformed: present, not absent']);
  });
});

describe('numbers', () => {
  test('of four bytes are compared by their lower 32 bits', () => {
    const short = {
      ...dss,
      dsn8: false,
      dsn: BigInt.asUintN(32, theirs(1n)),
      dataAck8: false,
      dataAck: BigInt.asUintN(32, ours(1n)),
    };
    const packet = fromStack({ payload: fillBytes(0, 10), options: [short] });
    expect(differences('a ACK <dss dsn=auto dack=auto dsn_size=4 dack_size=4>', packet)).toEqual([]);
    expect(differences('a ACK <dss dsn=0x100000001>', packet)).toEqual([]);
    expect(differences('a ACK <dss dsn=0x100000001>', data)).toEqual(['dss.dsn: 1, not 4294967297']);
  });

  test('count from before the packet came', () => {
    const subflow = establishedSubflow();
    arrive(data, subflow);
    const next = fromStack({
      seq: 11,
      payload: fillBytes(10, 5),
      options: [{ ...dss, dsn: theirs(11n), ssn: 11, dataLength: 5 }],
    });
    expect(differences('a ACK seq=11 data=auto <dss dsn=auto>', next, subflow)).toEqual([]);
    expect(differences('a ACK seq=auto', next, establishedSubflow())).toEqual(['seq: 11, not 1']);
  });

  test('of MP_FAIL count from the IDSN of who receives it', () => {
    const packet = fromStack({ options: [{ kind: 'mp_fail', reserved: 0, dsn: ours(7n) }] });
    expect(differences('a ACK <mp_fail dsn=7>', packet)).toEqual([]);
  });

  test('whose base is not known cannot be judged', () => {
    const subflow = freshSubflow();
    expect(differences('a ACK seq=1', data, subflow)).toEqual(['seq: absent, not 1']);
  });
});

describe('options', () => {
  test('of one kind are taken one after the other', () => {
    const packet = fromStack({
      options: [
        { kind: 'mp_prio', reserved: 0, backup: true },
        { kind: 'mp_prio', reserved: 0, backup: false },
      ],
    });
    expect(differences('a ACK <mp_prio B=1, mp_prio B=0>', packet)).toEqual([]);
    expect(differences('a ACK <mp_prio B=1>', packet)).toEqual(['mp_prio: present, not absent']);
    expect(differences('a ACK <mp_prio, mp_prio, mp_prio>', packet)).toEqual(['mp_prio: absent, not present']);
  });

  test('of TCP are not counted in a list', () => {
    expect(differences('a ACK <>', fromStack({ options: [{ kind: 'ts', value: 1, echo: 2 }] }))).toEqual([]);
    expect(differences('a ACK <!ts>', fromStack({ options: [{ kind: 'ts', value: 1, echo: 2 }] }))).toEqual([
      'ts: present, not absent',
    ]);
  });

  test('several address ids are a list', () => {
    const packet = fromStack({ options: [{ kind: 'remove_addr', reserved: 0, addressIds: [1, 2] }] });
    expect(differences('a ACK <remove_addr=1+2>', packet)).toEqual([]);
    expect(differences('a ACK <remove_addr=3>', packet)).toEqual(['remove_addr.id: 1+2, not 3']);
    expect(
      differences(
        'a ACK <remove_addr=7>',
        fromStack({ options: [{ kind: 'remove_addr', reserved: 0, addressIds: [7] }] }),
      ),
    ).toEqual([]);
  });
});

test('names are bound, and known to the rest of the line', () => {
  const keys: TcpOption = { kind: 'mp_capable', version: 1, flags: 1, senderKey: REMOTE_KEY, receiverKey: LOCAL_KEY };
  expect(bound('a ACK win=?w <mp_capable key=?k rkey=?r>', fromStack({ options: [keys] }))).toEqual({
    w: 502n,
    k: REMOTE_KEY,
    r: LOCAL_KEY,
  });
  expect(differences('a ACK <mp_capable key=?k rkey=!$k>', fromStack({ options: [keys] }))).toEqual([]);
  expect(differences('a ACK <mp_capable key=?k rkey=$k>', fromStack({ options: [keys] }))).toHaveLength(1);
});

test('fields of an option need a named subflow', () => {
  const arrival = { ...arrive(data, establishedSubflow()), subflow: undefined };
  expect(() => matchPacket(parsePacketLine('any ACK <dss dsn=1>'), arrival, undefined, NOTHING)).toThrow(
    /can only be judged on a named subflow/,
  );
  expect(matchPacket(parsePacketLine('any ACK len=10 <dss>'), arrival, undefined, NOTHING).differences).toEqual([]);
});

test('every packet fits the line that it is shown as', () => {
  fc.assert(
    fc.property(anyPacket, (packet) => {
      const subflow = establishedSubflow();
      const arrival = { ...arrive(fromStack({}), subflow), packet };
      const text = showPacket(packet, 'in', subflow);
      expect(matchPacket(parsePacketLine(text), arrival, subflow, NOTHING).differences, text).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
