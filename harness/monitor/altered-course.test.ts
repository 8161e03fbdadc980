/** Something wrong with the course of a connection: which packets come, in which order, on which subflow. */
import { describe, expect, test } from 'vitest';
import { addAddrHmac, idsn, token } from '../mptcp/index.ts';
import { FLAG } from '../packet/index.ts';
import type { OptionDss, Packet } from '../packet/types.ts';
import { addOption, asReset, inserted, replaceOption } from './testing/alteration.ts';
import { altered, goodConversation, joined, optionOf, type NamedPacket } from './testing/conversation.ts';
import { broken, brokenRules, departs, judge } from './testing/judging.ts';

const good = goodConversation();
const KEYS = [0x0123456789abcdefn, 0xfedcba9876543210n] as const;

/** A rule that finds something broken, of a host, under a clause. */
function fails(packets: readonly NamedPacket[], rule: string, host: string, clause: string): void {
  const findings = judge(packets);
  const found = findings.filter((one) => one.rule === rule && departs(one) && one.host === host);
  expect(
    found.flatMap((one) => [one.clause, ...one.also]),
    broken(findings).join('\n'),
  ).toContain(clause);
}

const dss =
  (change: (option: OptionDss) => void) =>
  (packet: Packet): void =>
    change(optionOf(packet, 'dss'));
const without = (...names: string[]): NamedPacket[] => good.filter((one) => !names.includes(one.name));
const upTo = (name: string): NamedPacket[] => good.slice(0, good.findIndex((one) => one.name === name) + 1);

describe('the opening', () => {
  test('MPTCP goes on without MP_CAPABLE on the third packet', () => {
    fails(
      altered(good, 'third', replaceOption('mp_capable', { kind: 'nop' })),
      'capable-on-third-packet',
      'initiator',
      '3.1-1.s2',
    );
  });

  test('no MP_JOIN on the third packet of a join', () => {
    fails(
      altered(good, 'join-ack', replaceOption('mp_join', { kind: 'nop' })),
      'join-on-third-packet',
      'initiator',
      '3.2-14.s1',
    );
  });

  test('no Data ACK for data that MP_CAPABLE mapped', () => {
    fails(
      altered(good, 'first-ack', replaceOption('dss', { kind: 'nop' })),
      'data-ack-of-capable-data',
      'responder',
      '3.1-15.s9',
    );
    const late = altered(
      upTo('first-ack'),
      'first-ack',
      dss((o) => (o.dataAck! -= 10n)),
    );
    const again = late.at(-1)!;
    fails([...late, { ...again, at: again.at + 1500 }], 'data-ack-of-capable-data', 'responder', '3.1-15.s9');
  });

  test('a Data ACK may come after the acknowledgment of the subflow', () => {
    const late = altered(
      good,
      'first-ack',
      dss((o) => (o.dataAck! -= 10n)),
    );
    expect(judge(late).find((one) => one.rule === 'data-ack-of-capable-data')?.verdict).toBe('pass');
  });

  test('a join on what is plain TCP', () => {
    fails(
      altered(
        good,
        'answer',
        dss((o) => (o.dataLength = 0)),
      ),
      'no-join-on-plain-tcp',
      'initiator',
      '3.2-1.s1',
    );
  });

  test('the same initial sequence number on two subflows', () => {
    fails(
      altered(good, 'join-synack', ({ tcp }) => void (tcp.seq = 0xfffffff0)),
      'initial-sequence-number',
      'responder',
      '3-7.s1.2',
    );
    expect(
      broken(
        judge(
          altered(good, 'join-synack', ({ tcp }) => void (tcp.seq = 0xfffffff0)),
          false,
        ),
      ).join(),
    ).not.toContain('initial-sequence-number');
  });

  test('a SYN without MP_CAPABLE after one with it', () => {
    const again = inserted(good, 'syn', replaceOption('mp_capable', { kind: 'nop' }));
    expect(judge(again).find((one) => one.rule === 'syn-without-capable-at-last')?.verdict).toBe('pass');
  });
});

describe('data', () => {
  test('other bytes under numbers that were used on another subflow', () => {
    const b = optionOf(good.find((one) => one.name === 'b-data')!.packet, 'dss');
    const again = (byte: number): NamedPacket[] =>
      inserted(
        without('long-1', 'long-2', 'long-ack'),
        'b-data',
        (packet) => {
          Object.assign(optionOf(packet, 'dss'), { dsn: b.dsn });
          packet.tcp.payload = good.find((one) => one.name === 'b-data')!.packet.tcp.payload.map((one) => one ^ byte);
        },
        'b-data',
      ).map((one) => (one.name === 'inserted' ? { ...one, packet: onFirst(one.packet) } : one));
    fails(again(1), 'same-data-again', 'initiator', '3.3.6-1.s1');
    expect(judge(again(0)).find((one) => one.rule === 'same-data-again')?.verdict).toBe('pass');
  });

  /** The packet as the next one of the first subflow. */
  function onFirst(packet: Packet): Packet {
    const next = good.find((one) => one.name === 'long-1')!.packet;
    const { tcp } = packet;
    Object.assign(optionOf(packet, 'dss'), { ssn: optionOf(next, 'dss').ssn });
    return {
      ip: next.ip,
      tcp: { ...tcp, srcPort: next.tcp.srcPort, dstPort: next.tcp.dstPort, seq: next.tcp.seq, ack: next.tcp.ack },
    };
  }

  test('other bytes in a retransmission', () => {
    fails(
      inserted(good, 'b-data', ({ tcp }) => void (tcp.payload[0]! ^= 1)),
      'same-octets-again',
      'initiator',
      '6-11.3.s2',
    );
    expect(broken(judge(inserted(good, 'b-data', () => undefined)))).toEqual([]);
  });

  test('a Data ACK across a hole', () => {
    fails(without('b-data'), 'data-ack-without-hole', 'responder', '3.3.2-1.s1');
    fails(without('b-data'), 'data-ack-of-data-fin-without-hole', 'responder', '3.3.3-6.s2');
  });

  test('a Data ACK of data that failed', () => {
    const refused = inserted(
      good,
      'long-2',
      (packet) => {
        packet.tcp.options = [{ kind: 'mp_fail', reserved: 0, dsn: BigInt.asUintN(64, idsn(KEYS[0]) + 312n) }];
      },
      'remove',
    );
    fails(refused, 'no-data-ack-of-failed-data', 'responder', '3.7-10.s2.1');
  });

  test('numbers left out on the only subflow', () => {
    const next = (gap: bigint): NamedPacket[] =>
      inserted(
        good,
        'answer-ack',
        (packet) => {
          packet.tcp.seq = (packet.tcp.seq + 20) >>> 0;
          const option = optionOf(packet, 'dss');
          option.ssn! += 20;
          option.dsn! += 20n + gap;
        },
        'answer',
      );
    fails(next(100n), 'data-numbers-without-gap', 'responder', 'C.1.2-1.4.s2');
    expect(judge(next(0n)).find((one) => one.rule === 'data-numbers-without-gap')?.verdict).toBe('pass');
  });

  test('a Data ACK after an infinite mapping', () => {
    fails(
      altered(
        good,
        'more',
        dss((o) => (o.dataLength = 0)),
      ),
      'no-data-ack-after-infinite-mapping',
      'initiator',
      '3.7-13.s3',
    );
  });
});

describe('where joins go', () => {
  const from = (packet: Packet): void => void (packet.ip.src = '10.0.0.1');
  const joinTo =
    (address: string, port = 5001) =>
    (packet: Packet): void => {
      from(packet);
      packet.ip.dst = address;
      packet.tcp.dstPort = port;
      packet.tcp.srcPort = 40009;
      packet.tcp.seq = 4711;
      Object.assign(optionOf(packet, 'mp_join'), { nonce: 77, addressId: 0 });
    };

  test('to an address that nobody named', () => {
    fails(
      inserted(good, 'join-fourth', joinTo('10.0.0.99'), 'join-syn'),
      'join-to-known-address',
      'initiator',
      '3.2-1.s3',
    );
  });

  test('to an announced address, at another port', () => {
    expect(broken(judge(inserted(good, 'join-fourth', joinTo('10.0.0.12'), 'join-syn')))).toEqual([]);
    fails(
      inserted(good, 'join-fourth', joinTo('10.0.0.12', 6000), 'join-syn'),
      'join-port-without-port',
      'initiator',
      '3.4.1-6.s3',
    );
  });

  test('at the port of the joined subflow on which the announcement came', () => {
    const { c, b } = joined();
    const address = c.address(12);
    const hmac = addAddrHmac(KEYS[0], KEYS[1], 6, address, 0);
    c.send('there', b, 0, FLAG.ACK, [{ kind: 'add_addr', reserved: 0, echo: false, addressId: 6, address, hmac }]);
    const joinAt = (port: number): NamedPacket[] => {
      const count = c.packets.length;
      c.send('join', c.line(12, port, 14, 5001, [1, 2]), 1, FLAG.SYN, [
        { kind: 'mp_join', form: 'syn', reserved: 0, backup: false, addressId: 7, token: token(KEYS[0]), nonce: 5 },
      ]);
      return [...c.packets.slice(0, count), ...c.packets.splice(count)];
    };
    expect(b.ends[0].port).toBe(40001);
    expect(brokenRules(joinAt(40001), 'responder')).toEqual([]);
    expect(brokenRules(joinAt(40002), 'responder')).toContain('join-port');
  });

  test('where one was refused, at once from the same address, later from any', () => {
    const refused = altered(without('join-ack', 'join-fourth'), 'join-synack', asReset());
    const rule = ['no-join-where-one-failed', 'initiator', '3.4.1-11.s1'] as const;
    const again = (packet: Packet): void => {
      const { src } = packet.ip;
      joinTo('10.0.0.11')(packet);
      packet.ip.src = src;
    };
    fails(inserted(refused, 'join-synack', again, 'join-syn'), ...rule);
    const fromElsewhere = inserted(refused, 'join-synack', joinTo('10.0.0.11'), 'join-syn');
    expect(brokenRules(fromElsewhere, 'initiator')).not.toContain(rule[0]);
    const at = fromElsewhere.findIndex(({ name }) => name === 'inserted');
    fails(
      fromElsewhere.map((one, index) => (index < at ? one : { ...one, at: one.at + 1000 })),
      ...rule,
    );
  });

  test('to an address that was removed', () => {
    fails(
      inserted(good, 'remove', joinTo('10.0.0.12'), 'join-syn'),
      'no-join-to-removed-address',
      'initiator',
      '3.4.2-4.s3.1',
    );
  });

  test('the token of a connection whose addresses are not known says nothing in a complete capture', () => {
    const strange = inserted(
      good,
      'join-fourth',
      (packet) => {
        joinTo('192.0.2.7')(packet);
        packet.ip.src = '192.0.2.8';
        Object.assign(optionOf(packet, 'mp_join'), { token: token(KEYS[1]) });
      },
      'join-syn',
    );
    expect(broken(judge(strange))).toEqual([]);
  });
});

describe('the end', () => {
  const reset = (reason: number) => asReset({ kind: 'mp_tcprst', reserved: 0, transient: false, reason });
  const fastclose = { kind: 'mp_fastclose', reserved: 0, receiverKey: KEYS[1] } as const;

  test('a reason that does not fit', () => {
    fails(altered(good, 'b-fin', reset(4)), 'reset-for-outstanding-data', 'initiator', '3.6-6.5.s2');
    fails(altered(good, 'b-fin', reset(5)), 'reset-for-performance', 'initiator', '3.6-6.6.s2');
  });

  test('MP_FASTCLOSE on ACKs of two subflows', () => {
    const both = altered(altered(good, 'more-ack', addOption(fastclose)), 'last-ack', addOption(fastclose));
    fails(both, 'fastclose-by-ack-once', 'initiator', '3.5-5.1.s1.1');
  });

  test('MP_FASTCLOSE on the RST of one subflow only', () => {
    const cut = without('a-fin-answer', 'a-end', 'b-fin-answer', 'b-end');
    const one = altered(altered(cut, 'a-fin', asReset(fastclose)), 'b-fin', asReset());
    fails(one, 'fastclose-by-rst-everywhere', 'initiator', '3.5-5.2.s1.1');
    expect(
      judge(altered(one, 'b-fin', asReset(fastclose))).find(({ rule }) => rule === 'fastclose-by-rst-everywhere')
        ?.verdict,
    ).toBe('pass');
  });

  test('a DATA_FIN that is never acknowledged', () => {
    const last = upTo('data-fin');
    const { packet, at } = last.at(-1)!;
    const again = (...delays: number[]): NamedPacket[] => [
      ...last,
      ...delays.map((delay) => ({ name: 'again', at: at + delay, packet: structuredClone(packet) })),
    ];
    fails(again(600, 1800), 'data-fin-acknowledged-in-established', 'responder', 'D-2.1.s1.2');
    expect(broken(judge(again(100, 200, 300)))).toEqual([]);
    expect(broken(judge(again(1800)))).toEqual([]);
  });

  test('FIN together with DATA_FIN while another subflow has data outstanding', () => {
    const both = altered(
      without('b-data-ack', 'long-ack', 'more', 'more-ack', 'prio', 'remove'),
      'data-fin',
      ({ tcp }) => void (tcp.flags |= FLAG.FIN),
    );
    fails(both, 'fin-with-data-fin', 'initiator', '3.3.3-6.s4');
  });
});

describe('fast open', () => {
  const cookie = (length: number) => addOption({ kind: 'fastopen', cookie: new Uint8Array(length).fill(7) });
  const TAKEN = 5;
  /** Five bytes on the SYN, which the responder takes. */
  const fast = good.map(({ name, at, packet }) => {
    const copy = structuredClone(packet);
    const { tcp } = copy;
    if (tcp.srcPort === 40000 && name !== 'syn') tcp.seq += TAKEN;
    if (tcp.dstPort === 40000) tcp.ack += TAKEN;
    if (name === 'syn') {
      tcp.payload = new Uint8Array(TAKEN);
      cookie(8)(copy);
    }
    return { name, at, packet: copy };
  });

  test('is fine with a cookie', () => {
    const findings = judge(fast);
    expect(broken(findings)).toEqual([]);
    for (const rule of [
      'no-data-without-cookie',
      'syn-data-not-mapped',
      'syn-data-not-counted',
      'syn-data-acknowledged',
      'capable-beside-cookie',
    ]) {
      expect(findings.find((one) => one.rule === rule)?.verdict, rule).toBe('pass');
    }
  });

  test('data without a cookie', () => {
    fails(
      altered(fast, 'syn', replaceOption('fastopen', { kind: 'nop' })),
      'no-data-without-cookie',
      'initiator',
      'B.3-2.s1',
    );
  });

  test('a cookie of a length that none has', () => {
    fails(altered(good, 'syn', cookie(3)), 'fast-open-cookie-length', 'initiator', 'B.1-1.s3');
  });

  test('a key beside the cookie', () => {
    fails(
      altered(fast, 'syn', (packet) => void (optionOf(packet, 'mp_capable').senderKey = 5n)),
      'capable-beside-cookie',
      'initiator',
      'B.1-3.1.s1',
    );
  });

  test('no key beside the cookie that is given', () => {
    const given = altered(altered(good, 'syn', cookie(0)), 'synack', (packet) => {
      cookie(8)(packet);
      delete optionOf(packet, 'mp_capable').senderKey;
    });
    fails(given, 'capable-beside-cookie-in-answer', 'responder', 'B.1-3.2.s1');
  });

  test('more acknowledged than was on the SYN', () => {
    fails(
      altered(fast, 'synack', ({ tcp }) => void (tcp.ack += 3)),
      'syn-data-acknowledged',
      'responder',
      'B.3-8.s1',
    );
  });

  const mapped = (change: Partial<OptionDss>): NamedPacket[] =>
    altered(
      fast,
      'first-data',
      replaceOption('mp_capable', {
        kind: 'dss',
        reserved: 0,
        dataFin: false,
        dsn8: true,
        hasMap: true,
        dataAck8: false,
        hasDataAck: false,
        dsn: BigInt.asUintN(64, idsn(KEYS[0]) + 1n),
        ssn: 1,
        dataLength: 10,
        ...change,
      }),
    );

  test('numbers that count the data of the SYN', () => {
    fails(mapped({ dsn: BigInt.asUintN(64, idsn(KEYS[0]) + 6n) }), 'syn-data-not-mapped', 'initiator', 'B.2-2.s1.1');
    fails(mapped({ ssn: 6 }), 'syn-data-not-counted', 'initiator', 'B.3-4.s4');
  });

  test('no checksum on the data that follows', () => {
    const sums = mapped({}).map((one) => {
      const packet = structuredClone(one.packet);
      for (const option of packet.tcp.options) if (option.kind === 'mp_capable') option.flags |= 0x80;
      return { ...one, packet };
    });
    fails(sums, 'checksum-after-fast-open', 'initiator', 'B.2-2.s2');
  });
});

test('what is left to a host is recorded', () => {
  const said = judge(good)
    .filter((one) => one.monitor === 'choices')
    .map((one) => one.message);
  for (const text of [
    'a mapping covers several segments',
    'a segment has no mapping of its own',
    'data goes over several subflows',
    'a join asks for ordinary use',
    "a join comes within 100 ms of the connection's start",
    '2 subflows',
    'add_addr stands on an ACK of its own',
    'remove_addr stands on an ACK beside a DSS',
  ])
    expect(said).toContain(text);
});
