/** One thing wrong with what a host does: the monitors say so, under the right clause, of the right host. */
import { describe, expect, test } from 'vitest';
import { token } from '../mptcp/index.ts';
import { FLAG } from '../packet/index.ts';
import type { OptionDss, Packet, TcpOption } from '../packet/types.ts';
import { addOption, asReset, inserted, replaceOption, type Alteration } from './testing/alteration.ts';
import { altered, established, goodConversation, optionOf, type NamedPacket } from './testing/conversation.ts';
import { broken, departs, judge } from './testing/judging.ts';

const dss =
  (change: (option: OptionDss) => void) =>
  (packet: Packet): void =>
    change(optionOf(packet, 'dss'));
const capable =
  (change: (option: { flags: number; version: number; senderKey?: bigint; receiverKey?: bigint }) => void) =>
  (packet: Packet): void =>
    change(optionOf(packet, 'mp_capable'));
const hmac =
  (kind: 'mp_join' | 'add_addr') =>
  (packet: Packet): void => {
    const option = optionOf(packet, kind) as { hmac: Uint8Array };
    option.hmac = option.hmac.map((byte) => byte ^ 0x55);
  };
/** Takes the mapping out of a DSS. */
function unmap(option: OptionDss): void {
  option.hasMap = false;
  option.dsn8 = false;
  for (const field of ['dsn', 'ssn', 'dataLength', 'checksum'] as const) Reflect.deleteProperty(option, field);
}

const SUMS = { checksums: true } as const;

const ONE_PACKET: Alteration[] = [
  {
    packet: 'synack',
    what: 'a higher version than the SYN',
    change: capable((o) => (o.version = 2)),
    clause: '3.1-3.s3',
    rule: 'capable-version-answer',
    host: 'responder',
  },
  {
    packet: 'syn',
    what: 'a key on the SYN',
    change: capable((o) => (o.senderKey = 5n)),
    clause: '3.1-6.1.s1',
    rule: 'capable-syn-length',
    host: 'initiator',
  },
  {
    packet: 'synack',
    what: 'no key',
    change: capable((o) => delete o.senderKey),
    clause: '3.1-6.2.s1',
    rule: 'capable-synack-length',
    host: 'responder',
  },
  {
    packet: 'third',
    what: 'only one key',
    change: capable((o) => delete o.receiverKey),
    clause: '3.1-15.s4',
    rule: 'capable-ack-length',
    host: 'initiator',
  },
  {
    packet: 'third',
    what: 'the wrong copy of the key',
    change: capable((o) => (o.receiverKey = 9n)),
    clause: '3.1-14.s1',
    rule: 'capable-key-copied',
    host: 'initiator',
  },
  {
    packet: 'third',
    what: 'flag A though nobody asked',
    change: capable((o) => (o.flags |= 0x80)),
    clause: '3.1-23.s4',
    rule: 'capable-checksum-outcome',
    host: 'initiator',
  },
  {
    packet: 'third',
    what: 'flag A gone',
    change: capable((o) => (o.flags &= 0x7f)),
    clause: '3.1-23.s5',
    rule: 'capable-checksum-required',
    host: 'initiator',
    choice: SUMS,
  },
  {
    packet: 'first-data',
    what: 'no checksum in MP_CAPABLE',
    change: (packet) => {
      delete optionOf(packet, 'mp_capable').checksum;
    },
    clause: '3.1-6.4.s1',
    rule: 'capable-data-length',
    host: 'initiator',
    choice: SUMS,
  },
  {
    packet: 'first-data',
    what: 'a wrong checksum in MP_CAPABLE',
    change: (packet) => void (optionOf(packet, 'mp_capable').checksum! ^= 1),
    clause: '3.3.1-5.s1',
    rule: 'checksum-right',
    host: 'initiator',
    choice: SUMS,
  },
  {
    packet: 'answer',
    what: 'a wrong checksum',
    change: dss((o) => void (o.checksum! ^= 0x100)),
    clause: '3.3.1-5.s1',
    rule: 'checksum-right',
    host: 'responder',
    choice: SUMS,
  },
  {
    packet: 'long-2',
    what: 'a byte changed after the first segment',
    change: ({ tcp }) => void (tcp.payload[7]! ^= 1),
    clause: '3.3.1-5.s1',
    rule: 'checksum-right',
    host: 'initiator',
    choice: SUMS,
  },
  {
    packet: 'answer',
    what: 'a wrong checksum with short numbers',
    change: dss((o) => void (o.checksum! ^= 0x100)),
    clause: '3.3.1-5.s1',
    rule: 'checksum-right-short-number',
    host: 'responder',
    choice: { checksums: true, wide: false },
  },
  {
    packet: 'data-fin',
    what: 'a wrong checksum',
    change: dss((o) => {
      o.checksum! ^= 2;
    }),
    clause: '3.3.3-5.s2',
    rule: 'checksum-of-data-fin',
    host: 'initiator',
    choice: SUMS,
  },
  {
    packet: 'more',
    what: 'no checksum',
    change: dss((o) => delete o.checksum),
    clause: '3.1-23.s2',
    rule: 'checksum-where-agreed',
    host: 'responder',
    choice: SUMS,
  },
  {
    packet: 'more',
    what: 'a checksum that nobody asked for',
    change: dss((o) => (o.checksum = 1)),
    clause: '3.1-23.s3',
    rule: 'no-checksum-unless-agreed',
    host: 'responder',
  },
  {
    packet: 'join-syn',
    what: "the sender's own token",
    change: (packet) => {
      const option = optionOf(packet, 'mp_join');
      if (option.form === 'syn') option.token = token(0x0123456789abcdefn);
    },
    clause: '3.2-6.s3',
    rule: 'join-token',
    host: 'initiator',
  },
  {
    packet: 'join-synack',
    what: 'a wrong HMAC',
    change: hmac('mp_join'),
    clause: '3.2-13.s1',
    rule: 'join-synack-hmac',
    host: 'responder',
  },
  {
    packet: 'join-ack',
    what: 'a wrong HMAC',
    change: hmac('mp_join'),
    clause: '3.2-13.s1',
    rule: 'join-ack-hmac',
    host: 'initiator',
  },
  {
    packet: 'join-syn',
    what: 'a port of its own choosing',
    change: ({ tcp }) => void (tcp.dstPort = 5002),
    clause: '3.9.1-1.s2',
    rule: 'join-port',
    host: 'initiator',
  },
  {
    packet: 'add-addr',
    what: 'a wrong HMAC',
    change: hmac('add_addr'),
    clause: '3.4.1-7.s3',
    rule: 'add-addr-hmac',
    host: 'responder',
  },
  {
    packet: 'echo',
    what: 'another id in the echo',
    change: (packet) => void (optionOf(packet, 'add_addr').addressId = 5),
    clause: '3.4.1-9.s3.2',
    rule: 'add-addr-echo-same',
    host: 'initiator',
  },
  {
    packet: 'join-syn',
    what: 'Address ID 0 for a second address',
    change: (packet) => {
      const option = optionOf(packet, 'mp_join');
      if (option.form === 'syn') option.addressId = 0;
    },
    clause: '3.2-9.s1',
    rule: 'address-id-zero',
    host: 'initiator',
  },
  {
    packet: 'answer',
    what: 'data that counts from elsewhere',
    change: dss((o) => (o.dsn! += 1n)),
    clause: '3.1-28.s5.1',
    rule: 'data-starts-at-idsn',
    host: 'responder',
  },
  {
    packet: 'first-ack',
    what: 'a Data ACK below the IDSN',
    change: dss((o) => (o.dataAck! -= 100n)),
    clause: '3.1-15.s1',
    rule: 'data-ack-starts-at-idsn',
    host: 'responder',
  },
  {
    packet: 'first-ack',
    what: 'a Data ACK of data not sent',
    change: dss((o) => (o.dataAck! += 1n)),
    clause: '3.3.2-1.s5',
    rule: 'data-ack-of-data-sent',
    host: 'responder',
  },
  {
    packet: 'more',
    what: 'a Data ACK that goes back',
    change: dss((o) => (o.dataAck! -= 500n)),
    clause: '3.3.2-1.s3',
    rule: 'data-ack-never-back',
    host: 'responder',
  },
  {
    packet: 'long-ack',
    what: 'a short Data ACK for a long number',
    change: dss((o) => {
      o.dataAck8 = false;
      o.dataAck = BigInt.asUintN(32, o.dataAck!);
    }),
    clause: '3.3.2-2.s2',
    rule: 'data-ack-wide',
    host: 'responder',
  },
  {
    packet: 'b-data-ack',
    what: 'a TCP acknowledgement of bytes not sent',
    change: ({ tcp }) => void (tcp.ack += 1000),
    clause: '4-2.4.s1',
    rule: 'subflow-ack-of-data-sent',
    host: 'responder',
  },
  {
    packet: 'more',
    what: 'no mapping',
    change: replaceOption('dss', { kind: 'nop' }),
    clause: '3.3.1-1.s1',
    rule: 'data-mapped',
    host: 'responder',
  },
  {
    packet: 'answer',
    what: 'no mapping before any Data ACK',
    change: dss(unmap),
    clause: '3.7-4.1.s1',
    rule: 'data-mapped-at-first',
    host: 'responder',
  },
  {
    packet: 'b-data',
    what: 'a mapping of other bytes',
    change: dss((o) => (o.ssn! += 301)),
    clause: '3.3.1-14.s1',
    rule: 'mapping-on-packet',
    host: 'initiator',
  },
  {
    packet: 'data-fin',
    what: 'a length of 2',
    change: dss((o) => (o.dataLength = 2)),
    clause: '3.3.3-5.s1',
    rule: 'data-fin-alone',
    host: 'initiator',
  },
  {
    packet: 'data-fin',
    what: 'a subflow sequence number',
    change: dss((o) => (o.ssn = 411)),
    clause: '3.3.3-5.s1',
    rule: 'data-fin-alone',
    host: 'initiator',
  },
  {
    packet: 'data-fin',
    what: 'no mapping',
    change: dss(unmap),
    clause: '3.3.3-5.s1',
    rule: 'data-fin-alone',
    host: 'initiator',
  },
  {
    packet: 'data-fin',
    what: 'the number of the last byte',
    change: dss((o) => (o.dsn! -= 1n)),
    clause: '3.3.3-4.s2',
    rule: 'data-fin-number',
    host: 'initiator',
  },
  {
    packet: 'last',
    what: 'a length without the DATA_FIN',
    change: dss((o) => (o.dataLength = 30)),
    clause: '3.3.3-4.s3.1',
    rule: 'data-fin-with-data',
    host: 'responder',
  },
  {
    packet: 'last',
    what: 'a DATA_FIN with the length of an infinite mapping',
    change: dss((o) => (o.dataLength = 0)),
    clause: '3.3.1-15.s2',
    rule: 'infinite-mapping-length',
    host: 'responder',
  },
  {
    packet: 'more',
    what: 'an infinite mapping with a checksum',
    change: dss((o) => {
      o.dataLength = 0;
      o.checksum = 7;
    }),
    clause: '3.3.1-15.s3',
    rule: 'checksum-of-infinite-mapping',
    host: 'responder',
    choice: SUMS,
  },
  {
    packet: 'long-ack',
    what: 'a window that shrinks',
    change: ({ tcp }) => void (tcp.window = 100),
    clause: '3.3.4-3.s2',
    rule: 'window-right-edge',
    host: 'responder',
  },
  {
    packet: 'data-fin-ack',
    what: 'a window that shrinks by two units',
    change: ({ tcp }) => void (tcp.window -= 2),
    clause: '3.3.4-3.s2',
    rule: 'window-right-edge',
    host: 'responder',
  },
  {
    packet: 'add-addr',
    what: 'a key in place of the HMAC',
    change: (packet) => {
      const shown = new DataView(new ArrayBuffer(8));
      shown.setBigUint64(0, 0xfedcba9876543210n);
      optionOf(packet, 'add_addr').hmac = new Uint8Array(shown.buffer);
    },
    clause: '3.1-9.s3.1',
    rule: 'key-not-shown',
    host: 'responder',
  },
  {
    packet: 'prio',
    what: 'MP_FASTCLOSE with another key',
    change: replaceOption('mp_prio', { kind: 'mp_fastclose', reserved: 0, receiverKey: 7n }),
    clause: '3.5-5.1.s1.2',
    rule: 'fastclose-key',
    host: 'initiator',
  },
  {
    packet: 'remove',
    what: 'MP_FAIL of a number that no mapping starts at',
    change: replaceOption('remove_addr', { kind: 'mp_fail', reserved: 0, dsn: 99n }),
    clause: '3.7-8.s3.2',
    rule: 'fail-number',
    host: 'responder',
  },
];

test.each(ONE_PACKET)('$packet: $what', ({ packet, change, clause, rule, host, choice }) => {
  const findings = judge(altered(goodConversation(choice), packet, change));
  const found = findings.filter((one) => one.rule === rule && departs(one));
  expect(found, broken(findings).join('\n')).not.toEqual([]);
  expect(found).toContainEqual(expect.objectContaining({ host }));
  expect(found.flatMap((one) => [one.clause, ...one.also])).toContain(clause);
});

/** Conversations with packets more, fewer or elsewhere. */
function fails(packets: readonly NamedPacket[], rule: string, host: string, clause: string): void {
  const findings = judge(packets);
  const found = findings.filter((one) => one.rule === rule && departs(one) && one.host === host);
  expect(
    found.flatMap((one) => [one.clause, ...one.also]),
    broken(findings).join('\n'),
  ).toContain(clause);
}

describe('in the order of packets', () => {
  const good = goodConversation();
  const without = (...names: string[]): NamedPacket[] => good.filter((one) => !names.includes(one.name));

  test('a join before the first DSS of the peer', () => {
    const joined = good.filter((one) => one.name.startsWith('join'));
    fails(
      [...good.slice(0, 3), ...joined, ...good.slice(3).filter((one) => !joined.includes(one))],
      'join-after-dss',
      'initiator',
      '3.1-17.s5',
    );
  });

  test('data on a join that was not acknowledged', () => {
    fails(without('join-fourth'), 'join-no-early-data', 'initiator', '3.2-14.s4');
  });

  test('the urgent pointer within a mapping that was declared before, and not on one of its own', () => {
    const { c, a } = established();
    const data = new Uint8Array(20);
    const mapping = c.dss(1, { dsn: 21, ssn: 21, length: 40, data: new Uint8Array(40) });
    c.send('whole', a, 1, FLAG.ACK | FLAG.URG, [mapping], data);
    expect(judge(c.packets).filter((one) => one.rule === 'no-urgent-pointer')).toEqual([]);
    c.send('rest', a, 1, FLAG.ACK | FLAG.URG, [], data);
    fails(c.packets, 'no-urgent-pointer', 'responder', '3.3.1-9.s1');
  });

  test('a join to the address of a peer that set flag C', () => {
    fails(
      altered(
        good,
        'synack',
        capable((o) => (o.flags |= 0x20)),
      ),
      'join-flag-c',
      'initiator',
      '3.1-20.6.s1.1',
    );
  });

  test('an answer with MP_CAPABLE to a SYN without', () => {
    fails(
      altered(good, 'syn', replaceOption('mp_capable', { kind: 'nop' })),
      'capable-answers-capable',
      'responder',
      '3.1-26.s2',
    );
  });

  test('MPTCP options though the SYN/ACK had none', () => {
    fails(
      altered(good, 'synack', replaceOption('mp_capable', { kind: 'nop' })),
      'plain-after-refusal',
      'initiator',
      '6-5.s2.2',
    );
  });

  test('a mapping that gives bytes another number', () => {
    fails(
      inserted(
        good,
        'b-data',
        dss((o) => (o.dsn! += 1000n)),
      ),
      'mapping-unchanged',
      'initiator',
      '3.3.1-3.s2.1',
    );
  });

  test('a repeated SYN of a join with another random number', () => {
    fails(
      inserted(good, 'join-syn', (packet) => {
        (optionOf(packet, 'mp_join') as { nonce: number }).nonce++;
      }),
      'join-nonce-kept',
      'initiator',
      '5-4.s7',
    );
  });

  test('data after the DATA_FIN', () => {
    fails(
      inserted(
        good,
        'data-fin-ack',
        dss((o) => (o.dsn! += 10_000n)),
        'b-data',
      ),
      'data-fin-is-last',
      'initiator',
      '3.3-7.s2',
    );
  });

  test('data after the FIN', () => {
    fails(
      inserted(good, 'a-fin', ({ tcp }) => {
        tcp.flags = FLAG.ACK;
        tcp.seq += 1;
        tcp.payload = new Uint8Array(5);
      }),
      'no-data-after-fin',
      'initiator',
      '1.3-2.4.s2',
    );
  });

  test('the last FIN while data has no Data ACK', () => {
    const before = without(
      'b-data-ack',
      'long-ack',
      'more',
      'more-ack',
      'remove',
      'data-fin-ack',
      'last',
      'last-ack',
      'a-fin-answer',
      'a-end',
    );
    fails(before, 'no-fin-with-data-outstanding', 'initiator', '3.3.3-6.s6');
  });

  test('a RST in place of a FIN', () => {
    fails(altered(good, 'b-fin', asReset()), 'fin-and-not-rst', 'initiator', '3.3.3-7.s1');
  });

  test('data after MP_FASTCLOSE', () => {
    const closing = altered(
      good,
      'more-ack',
      addOption({ kind: 'mp_fastclose', reserved: 0, receiverKey: 0xfedcba9876543210n }),
    );
    fails(
      inserted(
        closing,
        'prio',
        ({ tcp }) => {
          tcp.payload = new Uint8Array(5);
        },
        'prio',
      ),
      'nothing-after-fastclose',
      'initiator',
      '3.5-2.s1.1',
    );
  });

  test('an ordinary mapping after an infinite one', () => {
    const infinite = altered(
      good,
      'more',
      dss((o) => (o.dataLength = 0)),
    );
    fails(
      inserted(
        infinite,
        'more-ack',
        (packet) => {
          packet.tcp.seq += 50;
          optionOf(packet, 'dss').dataLength = 50;
        },
        'more',
      ),
      'plain-after-infinite-mapping',
      'responder',
      '3.7-14.s3',
    );
  });

  /** ACKs of the responder that only signal, while `b-data` waits for its acknowledgement. */
  const signals = (count: number, after: string, more: TcpOption[] = []): NamedPacket[] =>
    good.flatMap((one) => {
      if (one.name !== after) return [one];
      const plain = good.find(({ name }) => name === 'join-fourth');
      return [
        one,
        ...Array.from({ length: count }, (_, i): NamedPacket => {
          const packet = structuredClone(plain!.packet);
          packet.tcp.options = [
            { kind: 'ts', value: 5000 + i, echo: 0 },
            { kind: 'mp_prio', reserved: 0, backup: true },
            ...more,
          ];
          return { name: `signal-${i}`, at: one.at + (i + 1) / 100, packet };
        }),
      ];
    });

  test('three ACKs in a row that carry only signals', () => {
    expect(broken(judge(signals(2, 'b-data')))).toEqual([]);
    fails(signals(3, 'b-data'), 'duplicate-acks', 'responder', '3-6.s6');
  });

  test('but not where no data is outstanding, or where they tell of a loss', () => {
    expect(broken(judge(signals(4, 'join-fourth')))).toEqual([]);
    expect(broken(judge(signals(4, 'b-data', [{ kind: 'sack', blocks: [{ left: 5, right: 9 }] }])))).toEqual([]);
  });

  test('data beyond the windows', () => {
    const narrow = good.map((one) => {
      const packet = structuredClone(one.packet);
      packet.tcp.window = Math.min(packet.tcp.window, 2);
      return { ...one, packet };
    });
    fails(narrow, 'within-connection-window', 'initiator', '3.3.5-1.s1');
    fails(narrow, 'within-subflow-window', 'initiator', '3.3.5-3.s2');
  });

  test('a key of another connection that is still open', () => {
    const second = good.slice(0, 8).map(({ name, at, packet }) => {
      const copy = structuredClone(packet);
      copy.tcp.srcPort = copy.tcp.srcPort === 40000 ? 41000 : copy.tcp.srcPort;
      copy.tcp.dstPort = copy.tcp.dstPort === 40000 ? 41000 : copy.tcp.dstPort;
      copy.tcp.seq = (copy.tcp.seq + 5000) >>> 0;
      copy.tcp.ack = (copy.tcp.ack + 5000) >>> 0;
      return { name, at: at + 5, packet: copy };
    });
    fails([...good.slice(0, 8), ...second], 'key-of-one-connection', 'responder', '3.1-10.s3.2');
  });
});

test('a host is not blamed for how it takes what its peer did wrong', () => {
  const wrong = altered(goodConversation(), 'join-synack', hmac('mp_join'));
  const findings = judge(altered(wrong, 'join-ack', hmac('mp_join')));
  expect(findings.filter((one) => one.host === 'initiator' && one.verdict === 'fail')).toEqual([]);
  expect(findings.find((one) => one.rule === 'join-ack-hmac')?.verdict).toBe('inconclusive');
});

test('a SYN/ACK with MP_CAPABLE may answer the second of two SYNs: a stack that keeps no state knows only that', () => {
  const plain = (packet: Packet): void => {
    packet.tcp.options = packet.tcp.options.filter(({ kind }) => kind !== 'mp_capable');
  };
  const rule = (packets: readonly NamedPacket[]) =>
    judge(packets).find((one) => one.rule === 'capable-answers-capable')?.verdict;
  const good = goodConversation();
  const first = altered(good, 'syn', plain);
  expect(rule(first)).toBe('fail');
  expect(rule(inserted(first, 'syn', plain))).toBe('fail');
  const both = first.flatMap((one) =>
    one.name === 'syn' ? [one, { ...good[0], at: one.at + 0.5 } as NamedPacket] : [one],
  );
  expect(rule(both)).not.toBe('fail');
});
