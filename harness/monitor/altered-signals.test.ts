/** Announcements, removals, aborts, refusals and tokens: one thing wrong at a time. */
import { describe, expect, test } from 'vitest';
import { addAddrHmac, joinHmac, token } from '../mptcp/index.ts';
import { FLAG } from '../packet/index.ts';
import type { OptionAddAddr, TcpOption } from '../packet/types.ts';
import { replaceOption } from './testing/alteration.ts';
import {
  altered,
  established,
  goodConversation,
  joined,
  optionOf,
  type Conversation,
  type Line,
  type NamedPacket,
} from './testing/conversation.ts';
import { broken, brokenRules, judge, keptRules } from './testing/judging.ts';

const good = goodConversation();
const KEYS = [0x0123456789abcdefn, 0xfedcba9876543210n] as const;
const tcprst = (reason: number): TcpOption => ({ kind: 'mp_tcprst', reserved: 0, transient: false, reason });

describe('announcements', () => {
  /** An ADD_ADDR of the responder. */
  const announcement = (addressId: number, address: string, port?: number): OptionAddAddr => ({
    kind: 'add_addr',
    reserved: 0,
    echo: false,
    addressId,
    address,
    hmac: addAddrHmac(KEYS[1], KEYS[0], addressId, address, port ?? 0),
    ...(port === undefined ? {} : { port }),
  });
  const echo = ({ addressId, address, port }: OptionAddAddr): OptionAddAddr => ({
    kind: 'add_addr',
    reserved: 0,
    echo: true,
    addressId,
    address,
    ...(port === undefined ? {} : { port }),
  });

  /** The first packet of a join by a host (0: the initiator) to an address. */
  function join(c: Conversation, by: 0 | 1, { address, port }: OptionAddAddr): void {
    const number = Number(address.split('.')[3]) - 1;
    const line = by === 0 ? c.line(2, 40005, number, port ?? 5001, [1, 2]) : c.line(number, 40000, 14, 5001, [1, 2]);
    const nonce = 0x1234;
    c.send('probe', line, by, FLAG.SYN, [
      { kind: 'mp_join', form: 'syn', reserved: 0, backup: false, addressId: 9, token: token(KEYS[1 - by]!), nonce },
    ]);
  }

  /** An announcement, then packets of the initiator that show it came, with an echo or without. */
  function announced(
    { c, a }: { c: Conversation; a: Line },
    option: OptionAddAddr,
    echoed: boolean,
    every = 1600,
    used = true,
  ): NamedPacket[] {
    c.send('announcement', a, 1, FLAG.ACK, [option]);
    if (used) join(c, 0, option);
    for (let i = 0; i < 3; i++) {
      c.ack('later', a, 0, 0);
      c.wait(every);
    }
    if (echoed) c.send('echo', a, 0, FLAG.ACK, [echo(option)]);
    else c.ack('latest', a, 0, 0);
    return c.packets;
  }
  const fresh = announcement(5, '10.0.0.13');
  const renewed = announcement(4, '10.0.0.12');
  const otherPort = announcement(4, '10.0.0.12', 6000);

  test.each([
    ['a new one', established, fresh, ['announcement-echoed']],
    ['one that was echoed before', established, renewed, ['announcement-echoed', 'renewed-announcement-echoed']],
    ['one with another port', established, otherPort, ['announcement-echoed', 'announcement-of-other-port-echoed']],
  ] as const)('%s', (_name, begin, option, rules) => {
    expect(brokenRules(announced(begin(), option, false), 'initiator')).toEqual(rules);
    expect(brokenRules(announced(begin(), option, false, 100), 'initiator')).toEqual([]);
    expect(brokenRules(announced(begin(), option, false), 'initiator', false)).toEqual([]);
    const discarded = announced(begin(), option, false, 1600, false);
    expect(brokenRules(discarded, 'initiator')).toEqual([]);
    expect(keptRules(discarded, 'initiator')).toEqual(expect.arrayContaining([...rules]));
    const soon = announced(begin(), option, true, 100);
    expect(broken(judge(soon))).toEqual([]);
    expect(keptRules(soon, 'initiator')).toEqual(expect.arrayContaining([...rules]));
  });

  test('one that may not have arrived', () => {
    const packets = announced(established(), fresh, false).map((one) => {
      if (!one.name.startsWith('late')) return one;
      const packet = structuredClone(one.packet);
      optionOf(packet, 'ts').echo = 1;
      return { ...one, packet };
    });
    expect(brokenRules(packets, 'initiator')).toEqual([]);
  });

  test('beside joins of the same host', () => {
    const { c, a, b } = joined();
    const option: OptionAddAddr = { ...fresh, hmac: addAddrHmac(KEYS[0], KEYS[1], 5, fresh.address, 0) };
    expect(b.ends[0].port).toBe(40001);
    c.send('announcement', a, 0, FLAG.ACK, [option]);
    join(c, 1, option);
    for (let i = 0; i < 4; i++) {
      c.ack('later', a, 1, 1);
      c.wait(1600);
    }
    expect(brokenRules(c.packets, 'responder')).toEqual(['announcement-beside-joins-echoed', 'announcement-echoed']);
  });

  test('an address or a port of nobody', () => {
    for (const address of ['0.0.0.0', '224.0.0.9', '255.255.255.255']) {
      expect(
        brokenRules(altered(good, 'add-addr', replaceOption('add_addr', announcement(4, address))), 'responder'),
        address,
      ).toEqual(['add-addr-of-a-host']);
    }
    expect(
      brokenRules(altered(good, 'add-addr', replaceOption('add_addr', announcement(4, '10.0.0.12', 0))), 'responder'),
    ).toEqual(['add-addr-of-a-host']);
    expect(
      brokenRules(altered(good, 'add-addr', replaceOption('add_addr', announcement(4, 'ff02::1'))), 'responder'),
    ).toEqual(['add-addr-of-a-host']);
  });
});

describe('an address that is taken away', () => {
  /** The initiator takes away the address of its second subflow, and the responder shows that it knows. */
  function removed(): { c: Conversation; a: Line; b: Line } {
    const { c, a, b } = joined();
    c.data('b-data', b, 0, 0, 11, 301);
    c.send('remove', a, 0, FLAG.ACK, [c.dss(0), { kind: 'remove_addr', reserved: 0, addressIds: [2] }]);
    c.ack('known', a, 1, 1);
    return { c, a, b };
  }

  test('its subflow is asked whether it lives before it is ended', () => {
    for (const flags of [FLAG.FIN | FLAG.ACK, FLAG.RST | FLAG.ACK]) {
      const { c, b } = removed();
      c.send('end', b, 1, flags, []);
      expect(brokenRules(c.packets, 'responder')).toEqual(['keepalive-after-remove-addr']);
      const asked = removed();
      asked.c.ack('keepalive', asked.b, 1, 1);
      asked.c.change(({ tcp }) => void (tcp.seq -= 1));
      asked.c.send('end', asked.b, 1, flags, []);
      expect(brokenRules(asked.c.packets, 'responder')).toEqual([]);
      expect(keptRules(asked.c.packets, 'responder')).toContain('keepalive-after-remove-addr');
    }
  });

  test('nothing is said where the REMOVE_ADDR may not have come', () => {
    const { c, b } = removed();
    c.packets.pop();
    c.send('end', b, 1, FLAG.RST | FLAG.ACK, []);
    expect(brokenRules(c.packets, 'responder')).toEqual([]);
  });

  test('who took it away ends its subflow', () => {
    const { c, b } = removed();
    c.wait(6000);
    c.data('still', b, 0, 0, 312, 30);
    expect(brokenRules(c.packets, 'initiator')).toEqual([]);
    expect(keptRules(c.packets, 'initiator')).toContain('subflows-of-removed-address-end');
    const ended = removed();
    ended.c.send('fin', ended.b, 0, FLAG.FIN | FLAG.ACK, [ended.c.dss(0)]);
    expect(keptRules(ended.c.packets, 'initiator')).toEqual(
      expect.arrayContaining(['subflows-of-removed-address-end']),
    );
    const soon = removed();
    soon.c.wait(2000);
    soon.c.data('still', soon.b, 0, 0, 312, 30);
    expect(brokenRules(soon.c.packets, 'initiator')).toEqual([]);
  });
});

describe('the abort of a connection', () => {
  const abort = (options: TcpOption[], between = 1, flags: number = FLAG.RST | FLAG.ACK): NamedPacket[] => {
    const { c, a, b } = joined();
    c.send('reset-a', a, 0, flags, options);
    c.wait(between);
    c.send('reset-b', b, 0, flags, options);
    return c.packets;
  };

  test('is told by MP_FASTCLOSE', () => {
    expect(brokenRules(abort([]), 'initiator')).toEqual(['abort-by-fastclose']);
    const said = abort([{ kind: 'mp_fastclose', reserved: 0, receiverKey: KEYS[1] }]);
    expect(broken(judge(said))).toEqual([]);
    expect(keptRules(said, 'initiator')).toContain('abort-by-fastclose');
  });

  test('is not what RSTs are that say why, that come apart, or that answer for a host that knows nothing', () => {
    expect(brokenRules(abort([tcprst(6)]), 'initiator')).toEqual([]);
    expect(brokenRules(abort([], 1000), 'initiator')).toEqual([]);
    expect(brokenRules(abort([], 1, FLAG.RST), 'initiator')).toEqual([]);
  });
});

describe('answers to joins', () => {
  test('a right token is answered with MP_JOIN', () => {
    expect(brokenRules(altered(good, 'join-synack', replaceOption('mp_join', { kind: 'nop' })), 'responder')).toEqual([
      'join-answered-with-join',
    ]);
    expect(keptRules(good, 'responder')).toContain('join-answered-with-join');
  });

  /** A join whose SYN/ACK, or third packet, has a wrong HMAC, and a RST for it. */
  const refused = (at: 'join-synack' | 'join-ack', reason: number): NamedPacket[] => {
    const { c, b } = joined();
    c.packets.splice(c.packets.findIndex((one) => one.name === at) + 1);
    c.change((packet) => {
      const option = optionOf(packet, 'mp_join');
      if (option.form !== 'syn') option.hmac = joinHmac(1n, 2n, 3, 4).subarray(0, option.hmac.length);
    });
    c.send('reset', b, at === 'join-synack' ? 0 : 1, FLAG.RST, [tcprst(reason)]);
    const { tcp } = c.packets.at(-1)!.packet;
    tcp.seq = c.packets.at(-2)!.packet.tcp.ack;
    return c.packets;
  };

  test.each([
    ['join-synack', 'initiator'],
    ['join-ack', 'responder'],
  ] as const)('a wrong HMAC in %s', (at, host) => {
    expect(brokenRules(refused(at, 3), host)).toEqual(['reset-reason-for-wrong-hmac']);
    expect(brokenRules(refused(at, 1), host)).toEqual([]);
    expect(keptRules(refused(at, 1), host)).toContain('reset-reason-for-wrong-hmac');
  });
});

describe('over several connections', () => {
  /** The beginning of the good conversation, from another port. */
  const again = (change: (packet: NamedPacket['packet']) => void, count = 3): NamedPacket[] =>
    good.slice(0, count).map(({ name, at, packet }) => {
      const copy = structuredClone(packet);
      if (copy.tcp.srcPort === 40000) copy.tcp.srcPort = 41000;
      if (copy.tcp.dstPort === 40000) copy.tcp.dstPort = 41000;
      copy.tcp.seq = (copy.tcp.seq + 5000) >>> 0;
      if (copy.tcp.ack !== 0) copy.tcp.ack = (copy.tcp.ack + 5000) >>> 0;
      change(copy);
      return { name: `${name}-again`, at: at + 100, packet: copy };
    });

  test('two keys of which one token is made', () => {
    const [one, two] = [TWINS[0], TWINS[1]];
    expect(token(one)).toBe(token(two));
    const withKey =
      (key: bigint) =>
      (packet: NamedPacket['packet']): void => {
        const option = packet.tcp.options.find((found) => found.kind === 'mp_capable');
        if (option?.senderKey === KEYS[1]) option.senderKey = key;
        if (option?.receiverKey !== undefined) option.receiverKey = key;
        if (option?.senderKey === KEYS[0]) option.senderKey = key + 1n;
      };
    const first = good.slice(0, 3).map((packet) => ({ ...packet, packet: structuredClone(packet.packet) }));
    for (const { packet } of first) withKey(one)(packet);
    expect(brokenRules([...first, ...again(withKey(two))], 'responder')).toEqual(['token-of-one-connection']);
    expect(brokenRules([...first, ...again(withKey(two + 2n))], 'responder')).toEqual([]);
  });

  test('what is offered to a peer that refused is recorded', () => {
    const refused = altered(good.slice(0, 3), 'synack', replaceOption('mp_capable', { kind: 'nop' }));
    const findings = judge([...refused, ...again(() => undefined)]);
    expect(findings.find((one) => one.rule === 'version-offered-after-refusal')).toMatchObject({
      verdict: 'info',
      host: 'initiator',
    });
    expect(
      judge([...good.slice(0, 3), ...again(() => undefined)]).some(
        (one) => one.rule === 'version-offered-after-refusal',
      ),
    ).toBe(false);
  });
});

/** Keys that have one token, found by trying. */
const TWINS = [0x53a88n, 0x122818n] as const;
