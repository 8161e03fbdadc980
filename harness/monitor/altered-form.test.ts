/** One thing wrong with one packet: the monitors say so, under the right clause, of the right host. */
import { expect, test } from 'vitest';
import { FLAG } from '../packet/index.ts';
import type { Packet } from '../packet/types.ts';
import { addOption, rawOption, replaceOption, withoutOption, type Alteration } from './testing/alteration.ts';
import { altered, goodConversation, optionOf } from './testing/conversation.ts';
import { broken, departs, judge } from './testing/judging.ts';

const flags =
  (value: number) =>
  (packet: Packet): void =>
    void (optionOf(packet, 'mp_capable').flags = value);
const echo = { kind: 'add_addr', reserved: 0, echo: true, addressId: 4, address: '10.0.0.12' } as const;

const FORMS: Alteration[] = [
  {
    packet: 'answer-ack',
    what: 'DSS with a length against its flags',
    change: rawOption('dss', 30, 10, 0x20, 0x03, 0, 0, 0, 0, 0, 0),
    clause: '3.3-3.1.s1.1',
    rule: 'dss-form',
    host: 'initiator',
  },
  {
    packet: 'answer-ack',
    what: 'MPTCP option of length 2',
    change: rawOption('dss', 30, 2),
    clause: '3-4.1.s1',
    rule: 'option-length',
    host: 'initiator',
  },
  {
    packet: 'answer-ack',
    what: 'subtype 9',
    change: rawOption('dss', 30, 4, 0x90, 0),
    clause: '7.2-4.s1',
    rule: 'subtype-assigned',
    host: 'initiator',
  },
  {
    packet: 'synack',
    what: 'MP_CAPABLE of length 13',
    change: rawOption('mp_capable', 30, 13, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    clause: '3.1-18.s1',
    rule: 'capable-form',
    host: 'responder',
  },
  {
    packet: 'join-syn',
    what: 'MP_JOIN of length 13',
    change: rawOption('mp_join', 30, 13, 0x10, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    clause: '3.2-5.1.s1.1',
    rule: 'join-syn-form',
    host: 'initiator',
  },
  {
    packet: 'remove',
    what: 'REMOVE_ADDR without an id',
    change: rawOption('remove_addr', 30, 3, 0x40),
    clause: '3.4.2-3.1.s1.1',
    rule: 'remove-addr-form',
    host: 'responder',
  },
  {
    packet: 'prio',
    what: 'MP_PRIO with an Address ID',
    change: rawOption('mp_prio', 30, 4, 0x51, 2),
    clause: '3.3.8-7.1.s1.1',
    rule: 'prio-form',
    host: 'initiator',
  },
  {
    packet: 'prio',
    what: 'MP_FAIL of length 8',
    change: rawOption('mp_prio', 30, 8, 0x60, 0, 0, 0, 0, 0),
    clause: '3.7-9.1.s1.1',
    rule: 'fail-form',
    host: 'initiator',
  },
  {
    packet: 'prio',
    what: 'MP_FASTCLOSE of length 8',
    change: rawOption('mp_prio', 30, 8, 0x70, 0, 0, 0, 0, 0),
    clause: '3.5-3.1.s1.1',
    rule: 'fastclose-form',
    host: 'initiator',
  },
  {
    packet: 'prio',
    what: 'MP_TCPRST of length 3',
    change: rawOption('mp_prio', 30, 3, 0x80),
    clause: '3.6-2.1.s1.1',
    rule: 'tcprst-form',
    host: 'initiator',
  },
  {
    packet: 'add-addr',
    what: 'ADD_ADDR without an HMAC',
    change: (packet) => {
      delete optionOf(packet, 'add_addr').hmac;
    },
    clause: '5-4.s8',
    rule: 'add-addr-hmac-present',
    host: 'responder',
  },
  {
    packet: 'add-addr',
    what: 'ADD_ADDR of length 9',
    change: rawOption('add_addr', 30, 9, 0x30, 4, 10, 0, 0, 12, 0),
    clause: '3.4.1-2.1.s1.2',
    rule: 'add-addr-form',
    host: 'responder',
  },
  {
    packet: 'echo',
    what: 'an echo with an HMAC',
    change: replaceOption('add_addr', { ...echo, hmac: new Uint8Array(8) }),
    clause: '3.4.1-9.s3.2',
    rule: 'add-addr-echo-without-hmac',
    host: 'initiator',
  },
  {
    packet: 'syn',
    what: 'flag B',
    change: flags(0x41),
    clause: '3.1-20.4.s2',
    rule: 'capable-flag-b',
    host: 'initiator',
  },
  {
    packet: 'synack',
    what: 'crypto bit G',
    change: flags(0x03),
    clause: '3.1-20.8.s2',
    rule: 'capable-unassigned-crypto',
    host: 'responder',
  },
  {
    packet: 'third',
    what: 'no crypto bit',
    change: flags(0x00),
    clause: '3.1-21.s1',
    rule: 'capable-some-crypto',
    host: 'initiator',
  },
  {
    packet: 'syn',
    what: 'no H',
    change: flags(0x00),
    clause: '3.1-24.s2',
    rule: 'capable-proposes-sha256',
    host: 'initiator',
  },
  {
    packet: 'join-synack',
    what: 'reserved bits',
    change: (packet) => void (optionOf(packet, 'mp_join').reserved = 5),
    clause: '3.2-10.s1.2',
    rule: 'join-reserved',
    host: 'responder',
  },
  {
    packet: 'join-ack',
    what: 'reserved bits',
    change: (packet) => void (optionOf(packet, 'mp_join').reserved = 0x801),
    clause: '3.2-14.s5',
    rule: 'join-ack-reserved',
    host: 'initiator',
  },
  {
    packet: 'answer',
    what: 'reserved bits',
    change: (packet) => void (optionOf(packet, 'dss').reserved = 1),
    clause: '3.3-7.s6',
    rule: 'dss-reserved',
    host: 'responder',
  },
  {
    packet: 'echo',
    what: 'reserved bits',
    change: (packet) => void (optionOf(packet, 'add_addr').reserved = 2),
    clause: '3.4.1-8.s3.1',
    rule: 'add-addr-reserved',
    host: 'initiator',
  },
  {
    packet: 'remove',
    what: 'reserved bits',
    change: (packet) => void (optionOf(packet, 'remove_addr').reserved = 1),
    clause: '3.4.2-3.1.s1.4',
    rule: 'remove-addr-reserved',
    host: 'responder',
  },
  {
    packet: 'prio',
    what: 'reserved bits',
    change: (packet) => void (optionOf(packet, 'mp_prio').reserved = 4),
    clause: '3.3.8-7.1.s1.2',
    rule: 'prio-reserved',
    host: 'initiator',
  },
  {
    packet: 'prio',
    what: 'MP_FAIL with reserved bits',
    change: replaceOption('mp_prio', { kind: 'mp_fail', reserved: 1, dsn: 0n }),
    clause: '3.7-9.1.s1.2',
    rule: 'fail-reserved',
    host: 'initiator',
  },
  {
    packet: 'prio',
    what: 'MP_FASTCLOSE with reserved bits',
    change: replaceOption('mp_prio', { kind: 'mp_fastclose', reserved: 1, receiverKey: 0n }),
    clause: '3.5-3.1.s1.2',
    rule: 'fastclose-reserved',
    host: 'initiator',
  },
  {
    packet: 'a-end',
    what: 'MP_TCPRST with reserved bits',
    change: addOption({ kind: 'mp_tcprst', reserved: 1, transient: false, reason: 0 }),
    clause: '3.6-4.s6.1',
    rule: 'tcprst-reserved',
    host: 'initiator',
  },
  {
    packet: 'a-end',
    what: 'MP_TCPRST without RST',
    change: addOption({ kind: 'mp_tcprst', reserved: 0, transient: false, reason: 0 }),
    clause: '3.6-2.1.s1.2',
    rule: 'tcprst-place',
    host: 'initiator',
  },
  {
    packet: 'a-end',
    what: 'an unregistered reason',
    change: addOption({ kind: 'mp_tcprst', reserved: 0, transient: false, reason: 9 }),
    clause: '3.6-5.s1',
    rule: 'reset-reason-registered',
    host: 'initiator',
  },
  {
    packet: 'syn',
    what: 'MP_PRIO on a SYN',
    change: addOption({ kind: 'mp_prio', reserved: 0, backup: true }),
    clause: '3-5.s1',
    rule: 'options-on-syn',
    host: 'initiator',
  },
  {
    packet: 'join-syn',
    what: 'ADD_ADDR on a SYN',
    change: replaceOption('ts', echo),
    clause: '3.4-4.2.s1',
    rule: 'add-addr-place',
    host: 'initiator',
  },
  {
    packet: 'answer-ack',
    what: 'MP_FASTCLOSE on a FIN',
    change: (packet) => {
      packet.tcp.flags |= FLAG.FIN;
      packet.tcp.options = [{ kind: 'mp_fastclose', reserved: 0, receiverKey: 1n }];
    },
    clause: '3.5-4.s1',
    rule: 'fastclose-place',
    host: 'initiator',
  },
  {
    packet: 'first-ack',
    what: 'MP_CAPABLE from the responder again',
    change: replaceOption('dss', { kind: 'mp_capable', version: 1, flags: 1 }),
    clause: '3.1-5.s1',
    rule: 'capable-place',
    host: 'responder',
  },
  {
    packet: 'first-data',
    what: 'a DSS beside MP_CAPABLE',
    change: (packet) => {
      packet.tcp.options = packet.tcp.options.filter((one) => one.kind !== 'ts');
      packet.tcp.options.push({
        kind: 'dss',
        reserved: 0,
        dataFin: false,
        dsn8: false,
        hasMap: false,
        dataAck8: false,
        hasDataAck: false,
      });
    },
    clause: '3.1-15.s6.1',
    rule: 'capable-without-dss',
    host: 'initiator',
  },
  {
    packet: 'join-syn',
    what: 'a fast open option on a join',
    change: (packet) => {
      packet.tcp.options.push({ kind: 'fastopen', cookie: new Uint8Array(0) });
    },
    clause: 'B.2-2.s3',
    rule: 'no-fast-open-on-join',
    host: 'initiator',
  },
  {
    packet: 'join-synack',
    what: 'no MP_JOIN',
    change: withoutOption('mp_join'),
    clause: '3.7-2.s3',
    rule: 'join-never-plain',
    host: 'initiator',
  },
];

test.each(FORMS)('$packet: $what', ({ packet, change, clause, rule, host, choice }) => {
  const findings = judge(altered(goodConversation(choice), packet, change));
  const found = findings.find((one) => one.rule === rule && departs(one));
  expect(found, broken(findings).join('\n')).toMatchObject({ host });
  expect([found!.clause, ...found!.also]).toContain(clause);
  expect(findings.filter((one) => one.host !== host && one.verdict === 'fail')).toEqual([]);
});

test('MP_EXPERIMENTAL is only mentioned', () => {
  const findings = judge(altered(goodConversation(), 'prio', rawOption('mp_prio', 30, 4, 0xf0, 7)));
  expect(broken(findings)).toEqual([]);
  expect(findings).toContainEqual(
    expect.objectContaining({ rule: 'experimental', verdict: 'info', host: 'initiator' }),
  );
});
