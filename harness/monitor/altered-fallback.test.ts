/** Options that get lost, data that fails its checksum, MP_FAIL and what follows: one thing wrong at a time. */
import { describe, expect, test } from 'vitest';
import { idsn } from '../mptcp/index.ts';
import { FLAG } from '../packet/index.ts';
import type { OptionDss, OptionMpFail, TcpOption } from '../packet/types.ts';
import {
  established,
  joined,
  opened,
  optionOf,
  streamBytes,
  type Conversation,
  type Direction,
  type Line,
} from './testing/conversation.ts';
import { broken, brokenRules, judge, keptRules } from './testing/judging.ts';

const KEYS = [0x0123456789abcdefn, 0xfedcba9876543210n] as const;
const SUMS = { checksums: true } as const;

const tcprst = (reason: number): TcpOption => ({ kind: 'mp_tcprst', reserved: 0, transient: false, reason });
const fail = (sender: Direction, dsn: number): OptionMpFail => ({
  kind: 'mp_fail',
  reserved: 0,
  dsn: BigInt.asUintN(64, idsn(KEYS[sender]) + BigInt(dsn)),
});
const plain = (c: Conversation, line: Line, direction: Direction, count = 0): void =>
  c.send('plain', line, direction, FLAG.ACK, [], new Uint8Array(count));

/** A segment with an infinite mapping that begins at a subflow sequence number. */
function infinite(c: Conversation, line: Line, direction: Direction, dsn: number, ssn: number, count = 30): void {
  const option: OptionDss = {
    ...c.dss(direction, { dsn, ssn, length: 0, data: new Uint8Array(0) }),
    hasDataAck: false,
    dataAck8: false,
  };
  delete option.dataAck;
  if (option.checksum !== undefined) option.checksum = 0;
  c.send('infinite', line, direction, FLAG.ACK, [option], streamBytes(direction, dsn, count));
}

describe('an ACK without options for the first data of the only subflow', () => {
  /** The responder's first data is acknowledged by a packet without options. */
  function lost(): { c: Conversation; a: Line } {
    const { c, a } = opened();
    c.data('data', a, 1, 1, 1, 20);
    plain(c, a, 0);
    return { c, a };
  }

  test('an infinite mapping follows', () => {
    const { c, a } = lost();
    infinite(c, a, 1, 21, 21);
    expect(broken(judge(c.packets))).toEqual([]);
    expect(keptRules(c.packets, 'responder')).toEqual(
      expect.arrayContaining(['leaves-mptcp-after-lost-options', 'infinite-mapping-after-lost-options']),
    );
  });

  test('plain data follows', () => {
    const { c, a } = lost();
    plain(c, a, 1, 30);
    expect(brokenRules(c.packets, 'responder')).toEqual(['infinite-mapping-after-lost-options']);
    expect(keptRules(c.packets, 'responder')).toContain('leaves-mptcp-after-lost-options');
  });

  test('mappings go on', () => {
    const { c, a } = lost();
    c.data('more', a, 1, 1, 21, 30);
    expect(brokenRules(c.packets, 'responder')).toEqual([
      'infinite-mapping-after-lost-options',
      'leaves-mptcp-after-lost-options',
    ]);
    expect(brokenRules(c.packets, 'responder', false)).toEqual([]);
  });

  test('mappings go on, and the ACK may not have arrived', () => {
    const { c, a } = lost();
    c.data('more', a, 1, 1, 21, 30);
    c.change((packet) => void (optionOf(packet, 'ts').echo -= 1));
    expect(brokenRules(c.packets, 'responder')).toEqual([]);
  });

  test('an ACK of the SYN alone says nothing', () => {
    const { c, a } = opened();
    plain(c, a, 0);
    c.data('data', a, 1, 1, 1, 20);
    expect(brokenRules(c.packets, 'responder')).toEqual([]);
  });

  test('options that get through after all leave it open which ACK came', () => {
    const { c, a } = lost();
    c.received(0, 21);
    c.ack('late', a, 0, 0);
    c.data('more', a, 1, 1, 21, 30);
    expect(brokenRules(c.packets, 'responder')).toEqual([]);
  });
});

describe('an ACK without options for the first data of a joined subflow', () => {
  function lost(): { c: Conversation; b: Line } {
    const { c, b } = joined();
    c.data('b-data', b, 0, 0, 11, 301);
    plain(c, b, 1);
    return { c, b };
  }

  test('a RST that says why', () => {
    const { c, b } = lost();
    c.send('reset', b, 0, FLAG.RST | FLAG.ACK, [tcprst(6)]);
    expect(brokenRules(c.packets, 'initiator')).toEqual([]);
    expect(keptRules(c.packets, 'initiator')).toEqual(
      expect.arrayContaining(['reset-after-lost-options', 'lost-options-are-interference']),
    );
  });

  test('a RST that says something else, or nothing', () => {
    for (const options of [[tcprst(1)], []]) {
      const { c, b } = lost();
      c.send('reset', b, 0, FLAG.RST | FLAG.ACK, options);
      expect(brokenRules(c.packets, 'initiator')).toEqual(['lost-options-are-interference']);
    }
  });

  test('more data', () => {
    const { c, b } = lost();
    c.data('more', b, 0, 0, 312, 30);
    expect(brokenRules(c.packets, 'initiator')).toEqual(['reset-after-lost-options']);
  });

  test('a FIN', () => {
    const { c, b } = lost();
    c.send('fin', b, 0, FLAG.FIN | FLAG.ACK, []);
    expect(brokenRules(c.packets, 'initiator')).toContain('reset-after-lost-options');
  });
});

describe('data that fails its checksum', () => {
  /** The initiator's data has one byte wrong. */
  const damage = (c: Conversation, line: Line): void => {
    c.data('damaged', line, 0, 0, 11, 40);
    c.change(({ tcp }) => void (tcp.payload[7]! ^= 1));
  };

  test('MP_FAIL on an ACK of the only subflow', () => {
    const { c, a } = established(SUMS);
    damage(c, a);
    c.ack('fail', a, 1, 1, [fail(0, 11)]);
    expect(brokenRules(c.packets, 'responder')).toEqual([]);
    expect(keptRules(c.packets, 'responder')).toContain('mp-fail-on-ack-of-only-subflow');
  });

  test('a RST of the only subflow', () => {
    const { c, a } = established(SUMS);
    damage(c, a);
    c.send('fail', a, 1, FLAG.RST | FLAG.ACK, [fail(0, 11)]);
    expect(brokenRules(c.packets, 'responder')).toEqual(['mp-fail-on-ack-of-only-subflow']);
  });

  test('a Data ACK', () => {
    const { c, a } = established(SUMS);
    damage(c, a);
    c.received(1, 51);
    c.ack('taken', a, 1, 1);
    expect(brokenRules(c.packets, 'responder')).toEqual(['mp-fail-on-ack-of-only-subflow']);
  });

  test('a Data ACK once the data came again, intact', () => {
    const { c, a } = established(SUMS);
    damage(c, a);
    a.ends[0].next -= 40;
    c.data('again', a, 0, 0, 11, 40);
    c.received(1, 51);
    c.ack('taken', a, 1, 1);
    expect(brokenRules(c.packets, 'responder')).toEqual([]);
  });

  /** Both subflows have carried data. */
  function onSecond(): { c: Conversation; b: Line } {
    const { c, b } = joined(SUMS);
    damage(c, b);
    return { c, b };
  }

  test('a RST of one of two subflows', () => {
    const { c, b } = onSecond();
    c.send('fail', b, 1, FLAG.RST | FLAG.ACK, [fail(0, 11), tcprst(6)]);
    expect(brokenRules(c.packets, 'responder')).toEqual([]);
    expect(keptRules(c.packets, 'responder')).toEqual(
      expect.arrayContaining(['mp-fail-by-reset-beside-others', 'failed-checksum-is-interference']),
    );
  });

  test('a RST for another reason', () => {
    const { c, b } = onSecond();
    c.send('fail', b, 1, FLAG.RST | FLAG.ACK, [fail(0, 11), tcprst(2)]);
    expect(brokenRules(c.packets, 'responder')).toEqual(['failed-checksum-is-interference']);
  });

  test('MP_FAIL without RST, or a Data ACK, on one of two subflows', () => {
    const { c, b } = onSecond();
    c.ack('fail', b, 1, 1, [fail(0, 11)]);
    expect(brokenRules(c.packets, 'responder')).toContain('mp-fail-by-reset-beside-others');
    const other = onSecond();
    other.c.received(1, 51);
    other.c.ack('taken', other.b, 1, 1);
    expect(brokenRules(other.c.packets, 'responder')).toEqual(['mp-fail-by-reset-beside-others']);
  });
});

describe('MP_FAIL on the only subflow', () => {
  /** The responder refuses what the initiator sent last, bytes 11 to 50. */
  function refused(): { c: Conversation; a: Line } {
    const { c, a } = established(SUMS);
    c.data('data', a, 0, 0, 11, 40);
    c.ack('fail', a, 1, 1, [fail(0, 11)]);
    return { c, a };
  }
  const answer = (c: Conversation, a: Line): void => c.ack('answer', a, 0, 0, [fail(1, 1)]);

  test('is answered, and an infinite mapping follows that begins with intact data', () => {
    const { c, a } = refused();
    answer(c, a);
    infinite(c, a, 0, 1, 1);
    plain(c, a, 0, 30);
    expect(brokenRules(c.packets, 'initiator')).toEqual([]);
    expect(keptRules(c.packets, 'initiator')).toEqual(
      expect.arrayContaining([
        'mp-fail-answered',
        'infinite-mapping-after-mp-fail',
        'infinite-mapping-starts-at-intact-data',
        'plain-after-mp-fail',
      ]),
    );
  });

  test.each([
    [51, 'of the new packet'],
    [11, 'of the data that failed'],
    [0, 'of nothing'],
  ])('an infinite mapping that begins at byte %i, that %s', (ssn) => {
    const { c, a } = refused();
    answer(c, a);
    infinite(c, a, 0, 51, ssn);
    expect(brokenRules(c.packets, 'initiator')).toEqual(['infinite-mapping-starts-at-intact-data']);
  });

  test('ordinary mappings follow', () => {
    const { c, a } = refused();
    answer(c, a);
    c.data('more', a, 0, 0, 51, 30);
    expect(brokenRules(c.packets, 'initiator')).toEqual(['infinite-mapping-after-mp-fail', 'plain-after-mp-fail']);
  });

  test('plain data follows without an infinite mapping', () => {
    const { c, a } = refused();
    answer(c, a);
    plain(c, a, 0, 30);
    expect(brokenRules(c.packets, 'initiator')).toContain('infinite-mapping-after-mp-fail');
  });

  test('a signal follows', () => {
    const { c, a } = refused();
    answer(c, a);
    infinite(c, a, 0, 1, 1);
    c.send('prio', a, 0, FLAG.ACK, [{ kind: 'mp_prio', reserved: 0, backup: true }]);
    expect(brokenRules(c.packets, 'initiator')).toEqual(['plain-after-mp-fail']);
  });

  test('no answer comes', () => {
    const quiet = (between: number): string[] => {
      const { c, a } = refused();
      for (let i = 0; i < 3; i++) {
        infinite(c, a, 0, 1, 1);
        c.wait(between);
      }
      return brokenRules(c.packets, 'initiator');
    };
    expect(quiet(600)).toEqual(['mp-fail-answered']);
    expect(quiet(100)).toEqual([]);
  });
});

describe('an infinite mapping beside another subflow', () => {
  /** The initiator has sent an infinite mapping on the first of two subflows. */
  function alone(): { c: Conversation; a: Line; b: Line } {
    const { c, a, b } = joined();
    infinite(c, a, 0, 11, 11);
    return { c, a, b };
  }

  test('the other one ends', () => {
    const { c, a, b } = alone();
    c.wait(4000);
    c.send('reset', b, 0, FLAG.RST | FLAG.ACK, []);
    plain(c, a, 0, 30);
    expect(brokenRules(c.packets, 'initiator')).toEqual([]);
    expect(keptRules(c.packets, 'initiator')).toEqual(
      expect.arrayContaining([
        'data-on-one-subflow-after-infinite-mapping',
        'other-subflows-end-after-infinite-mapping',
      ]),
    );
  });

  test('the other one carries data', () => {
    const { c, b } = alone();
    c.wait(4000);
    plain(c, b, 0, 30);
    expect(brokenRules(c.packets, 'initiator')).toContain('data-on-one-subflow-after-infinite-mapping');
    const soon = alone();
    plain(soon.c, soon.b, 0, 30);
    expect(brokenRules(soon.c.packets, 'initiator')).not.toContain('data-on-one-subflow-after-infinite-mapping');
  });

  test('the other one is left open', () => {
    const { c, b } = alone();
    c.wait(4000);
    plain(c, b, 0);
    expect(brokenRules(c.packets, 'initiator')).toEqual(['other-subflows-end-after-infinite-mapping']);
  });
});
