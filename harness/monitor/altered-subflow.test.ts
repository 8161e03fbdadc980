/** Subflows that do not look like TCP, windows that are not shared, and data around a SYN with data. */
import { describe, expect, test } from 'vitest';
import { FLAG } from '../packet/index.ts';
import type { OptionWindowScale, TcpOption } from '../packet/types.ts';
import { asReset, inserted } from './testing/alteration.ts';
import {
  altered,
  established,
  goodConversation,
  joined,
  opened,
  optionOf,
  streamBytes,
  type Conversation,
  type Direction,
  type Line,
  type NamedPacket,
} from './testing/conversation.ts';
import { broken, brokenRules, judge, keptRules } from './testing/judging.ts';

const good = goodConversation();
const plainAck = (c: Conversation, line: Line, direction: Direction, ack: number, more: TcpOption[] = []): void => {
  c.ack('ack', line, direction, direction, more);
  c.change(({ tcp }) => void (tcp.ack = ack));
};

describe('the header and the handshake', () => {
  test('reserved bits', () => {
    expect(
      brokenRules(
        altered(good, 'answer', ({ tcp }) => void (tcp.reserved = 4)),
        'responder',
      ),
    ).toEqual(['tcp-header-bits']);
    expect(
      brokenRules(
        altered(good, 'answer', ({ tcp }) => void (tcp.reserved = 1)),
        'responder',
      ),
    ).toEqual([]);
  });

  test('data before the SYN/ACK', () => {
    const { c, a } = opened();
    c.packets.splice(1);
    c.data('early', a, 1, 1, 1, 20);
    expect(brokenRules(c.packets, 'responder')).toContain('data-after-handshake');
    expect(brokenRules(c.packets, 'responder', false)).not.toContain('data-after-handshake');
  });
});

describe('bytes that are left out', () => {
  /** The initiator sends five segments, ten bytes apart before the second, and the responder asks for what is missing. */
  function gap(skipped: number, every: number, fill: boolean): NamedPacket[] {
    const { c, a } = established();
    c.data('one', a, 0, 0, 11, 10);
    const missing = a.ends[0].next;
    a.ends[0].next += skipped;
    for (let i = 0; i < 5; i++) {
      c.data('later', a, 0, 0, 21 + 10 * i, 10);
      plainAck(c, a, 1, missing);
      c.wait(every);
    }
    if (!fill) return c.packets;
    return c.packets.flatMap((one, i) =>
      i === c.packets.length - 4 ? [{ name: 'fill', at: one.at - 1, packet: filling(one, missing) }, one] : [one],
    );
  }
  const filling = (from: NamedPacket, seq: number): NamedPacket['packet'] => {
    const packet = structuredClone(from.packet);
    Object.assign(packet.tcp, { seq, payload: streamBytes(0, 1, 10) });
    return packet;
  };

  test('for good', () => {
    expect(brokenRules(gap(10, 1000, false), 'initiator')).toContain('subflow-without-gap');
  });

  test('for a while', () => {
    expect(brokenRules(gap(10, 100, false), 'initiator')).not.toContain('subflow-without-gap');
    expect(brokenRules(gap(10, 1000, false), 'initiator').length).toBeGreaterThan(0);
    expect(brokenRules(gap(10, 1000, false), 'initiator', false)).not.toContain('subflow-without-gap');
  });

  /** A packet that was sent once gets lost: the responder asks for byte 11 again and again. */
  function lost(every: number, again: boolean): NamedPacket[] {
    const { c, a } = established();
    const missing = a.ends[0].next;
    for (let i = 0; i < 6; i++) {
      c.data('data', a, 0, 0, 11 + 10 * i, 10);
      plainAck(c, a, 1, missing);
      if (again && i === 2)
        c.packets.push({
          ...c.packets.find((one) => one.name === 'data')!,
          name: 'again',
          at: c.packets.at(-1)!.at + 0.5,
        });
      c.wait(every);
    }
    return c.packets;
  }

  test('a segment that is lost and not sent again', () => {
    expect(brokenRules(lost(1000, false), 'initiator')).toEqual(['lost-segment-sent-again']);
    expect(brokenRules(lost(100, false), 'initiator')).toEqual([]);
    expect(broken(judge(lost(1000, true)))).toEqual([]);
    expect(keptRules(lost(1000, true), 'initiator')).toContain('lost-segment-sent-again');
  });
});

describe('acknowledgements of a subflow', () => {
  /** Bytes after a hole in the connection's data, sent three times on the second subflow. */
  function behindHole(every: number, last: number): NamedPacket[] {
    const { c, b } = joined();
    for (let i = 0; i < 3; i++) {
      c.data('data', b, 0, 0, 311, 100);
      b.ends[0].next -= 100;
      c.wait(every);
    }
    plainAck(c, b, 1, b.ends[0].next + last);
    return c.packets;
  }

  test('do not wait for data of other subflows', () => {
    expect(brokenRules(behindHole(1000, 0), 'responder')).toEqual(['subflow-ack-despite-hole-in-data']);
    expect(brokenRules(behindHole(100, 0), 'responder')).toEqual([]);
    expect(broken(judge(behindHole(1000, 100)))).toEqual([]);
    expect(keptRules(behindHole(1000, 100), 'responder')).toContain('subflow-ack-despite-hole-in-data');
  });

  test('cover a FIN', () => {
    const until = good.slice(0, good.findIndex((one) => one.name === 'a-fin') + 1);
    const { packet, at } = until.at(-1)!;
    const fins = (every: number, echoed = 30): NamedPacket[] => {
      const answer = structuredClone(good.find((one) => one.name === 'last')!.packet);
      Object.assign(answer.tcp, {
        seq: good.find((one) => one.name === 'a-fin-answer')!.packet.tcp.seq,
        ack: packet.tcp.seq,
        payload: new Uint8Array(0),
      });
      const again = [1, 2, 3].map((i) => ({ name: 'again', at: at + i * every, packet: structuredClone(packet) }));
      again.forEach((one, i) => void (optionOf(one.packet, 'ts').value += 10 * (i + 1)));
      answer.tcp.options = [{ kind: 'ts', value: 5000, echo: optionOf(packet, 'ts').value + echoed }];
      return [...until, ...again, { name: 'without', at: at + 3 * every + 1, packet: answer }];
    };
    expect(brokenRules(fins(1000), 'responder')).toEqual(['fin-acknowledged']);
    expect(brokenRules(fins(100), 'responder')).toEqual([]);
    expect(brokenRules(fins(1000, 0), 'responder'), 'the FIN may not have come').toEqual([]);
    expect(keptRules(good, 'responder')).toContain('fin-acknowledged');
  });

  test('do not count a DATA_FIN', () => {
    const counted = altered(good, 'data-fin-ack', ({ tcp }) => void (tcp.ack += 1));
    expect(brokenRules(counted, 'responder')).toEqual(['data-fin-takes-no-octet', 'subflow-ack-of-data-sent']);
  });
});

describe('the window of the connection', () => {
  /** Both subflows say how much may come, the second one after some time. */
  function windows(window: number, after: number, shift = 7): NamedPacket[] {
    const { c, a, b } = joined();
    if (shift !== 7) {
      for (const { name, packet } of c.packets)
        if (name.startsWith('join-syn')) scaleOf(packet.tcp.options).shift = shift;
    }
    c.ack('first', a, 1, 1);
    c.wait(after);
    c.ack('second', b, 1, 1);
    c.change(({ tcp }) => void (tcp.window = window));
    return c.packets;
  }
  const scaleOf = (options: TcpOption[]): OptionWindowScale => {
    const found = options.find((one) => one.kind === 'wscale');
    if (found === undefined) throw new Error('no scale');
    return found;
  };

  test('is the same on all subflows', () => {
    expect(brokenRules(windows(512, 4000), 'responder')).toContain('window-shared-by-subflows');
    expect(brokenRules(windows(512, 10), 'responder')).not.toContain('window-shared-by-subflows');
    expect(keptRules(windows(1024, 4000), 'responder')).toContain('window-shared-by-subflows');
  });

  test('has the scale of its subflow', () => {
    // The fourth packet of the join has the same field in another scale, which is a larger window.
    expect(brokenRules(windows(1024, 4000, 5), 'responder')).toContain('window-scale-of-own-subflow');
    expect(brokenRules(windows(4096, 4000, 5), 'responder')).toEqual([]);
    expect(keptRules(windows(4096, 4000, 5), 'responder')).toContain('window-scale-of-own-subflow');
  });

  test('bounds what gets a Data ACK', () => {
    const { c, a } = established();
    for (const { packet } of c.packets) if ((packet.tcp.flags & FLAG.SYN) === 0) packet.tcp.window = 2;
    for (const { packet } of c.packets) if ((packet.tcp.flags & FLAG.SYN) !== 0) packet.tcp.window = 256;
    c.data('beyond', a, 0, 0, 11, 1000);
    c.received(1, 1011);
    c.ack('taken', a, 1, 1);
    expect(brokenRules(c.packets, 'responder')).toEqual(['no-data-ack-beyond-window']);
  });

  test('is recorded', () => {
    expect(judge(good).find((one) => one.rule === 'size-of-window')).toMatchObject({
      verdict: 'info',
      message: 'the window was never larger than 128 KiB',
    });
  });
});

describe('a silent subflow', () => {
  test('is given up after some retransmissions', () => {
    const b = good.find((one) => one.name === 'b-data')!;
    const until = good.slice(0, good.indexOf(b) + 1);
    const again = [300, 900, 2100].map((after) => ({
      name: 'again',
      at: b.at + after,
      packet: structuredClone(b.packet),
    }));
    const end = structuredClone(b.packet);
    asReset()(end);
    end.tcp.seq = (end.tcp.seq + 301) >>> 0;
    const findings = judge([...until, ...again, { name: 'end', at: b.at + 3000, packet: end }]);
    expect(findings.find((one) => one.rule === 'retransmissions-before-the-end')).toMatchObject({
      verdict: 'info',
      host: 'initiator',
      message: 'a silent subflow is reset after 3 retransmissions, 3 s after the first',
    });
  });

  test('data that is sent again on another subflow is recorded', () => {
    const { c, a, b } = joined();
    c.data('b-data', b, 0, 0, 11, 301);
    c.wait(500);
    c.data('a-data', a, 0, 0, 11, 301);
    expect(judge(c.packets).find((one) => one.rule === 'when-data-is-sent-again')?.message).toBe(
      'data is sent again on another subflow within a second',
    );
  });
});

describe('SACK', () => {
  const blocks = (count: number): TcpOption => ({
    kind: 'sack',
    blocks: Array.from({ length: count }, (_, i) => ({ left: 5000 + 20 * i, right: 5010 + 20 * i })),
  });
  /** The responder acknowledges with SACK blocks alone, three times. */
  function holes(count: number, every: number): NamedPacket[] {
    const { c, a } = established();
    c.data('data', a, 0, 0, 11, 40);
    for (let i = 0; i < 3; i++) {
      c.send('sack', a, 1, FLAG.ACK, [blocks(count)]);
      c.wait(every);
    }
    return c.packets;
  }

  test('leaves room for the Data ACK', () => {
    expect(brokenRules(holes(3, 200), 'responder')).toEqual(['sack-leaves-room-for-data-ack']);
    expect(brokenRules(holes(3, 10), 'responder')).toEqual([]);
    expect(brokenRules(holes(1, 200), 'responder')).toEqual([]);
  });
});

describe('a SYN with data', () => {
  const SENT = 12;
  /** Twelve bytes on the SYN, of which some are taken. */
  function fast(taken: number): { c: Conversation; a: Line } {
    const { c, a } = opened();
    const [syn, synAck, third] = c.packets.map((one) => one.packet.tcp);
    syn!.payload = new Uint8Array(SENT).fill(9);
    syn!.options.push({ kind: 'fastopen', cookie: new Uint8Array(8).fill(7) });
    synAck!.ack += taken;
    third!.seq += taken;
    a.ends[0].next += taken;
    a.ends[0].isn += taken;
    return { c, a };
  }

  test('the listener sends at once, from IDSN + 1 on', () => {
    const begin = (): { c: Conversation; a: Line } => {
      const { c, a } = fast(SENT);
      c.packets.pop();
      return { c, a };
    };
    const { c, a } = begin();
    c.data('at-once', a, 1, 1, 1, 20);
    expect(brokenRules(c.packets, 'responder')).toEqual([]);
    const kept = keptRules(c.packets, 'responder');
    expect(kept).toContain('data-before-third-packet');
    const other = fast(SENT);
    other.c.data('at-once', other.a, 1, 1, 1, 20);
    expect(keptRules(other.c.packets, 'responder')).toContain('listener-data-after-fast-open');
    const counted = fast(SENT);
    counted.c.data('at-once', counted.a, 1, 1, 1, 20);
    counted.c.change((packet) => void (optionOf(packet, 'dss').dataAck! += 12n));
    expect(brokenRules(counted.c.packets, 'responder')).toContain('listener-data-after-fast-open');
  });

  test('what was not taken is sent again with a mapping', () => {
    const { c, a } = fast(0);
    c.data('again', a, 0, 0, 1, SENT);
    c.received(1, 1 + SENT);
    c.ack('taken', a, 1, 1);
    expect(broken(judge(c.packets))).toEqual([]);
    expect(keptRules(c.packets, 'initiator')).toContain('refused-syn-data-mapped');
    expect(keptRules(c.packets, 'responder')).toContain('refused-syn-data-acknowledged');
  });

  test('what was not taken is sent again without one', () => {
    const { c, a } = fast(0);
    c.send('again', a, 0, FLAG.ACK, [c.dss(0)], new Uint8Array(SENT));
    expect(brokenRules(c.packets, 'initiator')).toContain('refused-syn-data-mapped');
  });

  test('what was sent again gets no Data ACK', () => {
    const { c, a } = fast(0);
    c.data('again', a, 0, 0, 1, SENT);
    c.ack('taken', a, 1, 1);
    c.wait(1500);
    c.ack('still-not', a, 1, 1);
    expect(brokenRules(c.packets, 'responder')).toEqual(['refused-syn-data-acknowledged']);
  });

  test('the rest is sent again, from IDSN + 1 on', () => {
    const { c, a } = fast(5);
    c.data('rest', a, 0, 0, 1, 7);
    expect(broken(judge(c.packets))).toEqual([]);
    expect(keptRules(c.packets, 'initiator')).toEqual(
      expect.arrayContaining(['rest-of-syn-data-sent-again', 'rest-of-syn-data-numbers']),
    );
    const counted = fast(5);
    counted.c.data('rest', counted.a, 0, 0, 6, 7);
    expect(brokenRules(counted.c.packets, 'initiator')).toContain('rest-of-syn-data-numbers');
    const whole = fast(5);
    whole.a.ends[0].next -= 5;
    whole.c.data('whole', whole.a, 0, 0, 1, SENT);
    expect(brokenRules(whole.c.packets, 'initiator')).toContain('rest-of-syn-data-sent-again');
  });
});

test('none of this is said of a conversation in which a packet comes twice', () => {
  for (const { name } of good) expect(broken(judge(inserted(good, name, () => undefined))), name).toEqual([]);
});
