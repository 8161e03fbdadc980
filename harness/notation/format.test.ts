import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packet } from '../packet/testing/arbitrary.ts';
import type { OptionDss, Packet, TcpOption } from '../packet/types.ts';
import { formatOption, formatPacket } from './format.ts';
import { flagText } from './header-fields.ts';
import { optionField } from './option-fields.ts';
import { parsePacketLine } from './packet-line.ts';
import { showValue } from './styles.ts';

const dss: OptionDss = {
  kind: 'dss',
  reserved: 0,
  dataFin: false,
  dsn8: true,
  hasMap: true,
  dataAck8: true,
  hasDataAck: true,
  dataAck: 0x1000n,
  dsn: 0x2000n,
  ssn: 1,
  dataLength: 10,
};

function packetWith(options: TcpOption[], change: Partial<Packet['tcp']> = {}): Packet {
  return {
    ip: { family: 'ipv4', src: '192.0.2.1', dst: '192.0.2.2', tos: 0, id: 0, fragment: 0, ttl: 64, protocol: 6 },
    tcp: {
      srcPort: 1,
      dstPort: 2,
      seq: 1001,
      ack: 2011,
      flags: 0x10,
      window: 502,
      urgent: 0,
      payload: new Uint8Array(10),
      options,
      ...change,
    },
  };
}

describe('formatPacket', () => {
  test('counts from the bases that are known', () => {
    const base = { senderIsn: 1000, receiverIsn: 2000, senderIdsn: 0x1fffn, receiverIdsn: 0xff5n };
    expect(formatPacket('a', packetWith([dss]), base)).toBe(
      'a ACK seq=1 ack=11 win=502 len=10 <dss dack=11 dsn=1 ssn=1 dlen=10>',
    );
    expect(formatPacket('a', packetWith([dss]), {})).toBe(
      'a ACK seq=1001 ack=2011 win=502 len=10 <dss dack=0x1000 dsn=0x2000 ssn=1 dlen=10>',
    );
  });

  test('wraps around', () => {
    expect(formatPacket('a', packetWith([], { seq: 4 }), { senderIsn: 0xffffffff })).toContain('seq=5');
    const short = { ...dss, dsn8: false, dsn: 4n, dataAck8: false, dataAck: 0n };
    expect(formatPacket('a', packetWith([short]), { senderIdsn: 0x1ffffffffn, receiverIdsn: 0xfffffff0n })).toContain(
      '<dss dack=16 dsn=5 ssn=1 dlen=10 dsn_size=4 dack_size=4>',
    );
  });

  test('leaves out what every sane packet has, and what is not there', () => {
    expect(
      formatPacket(
        'a',
        packetWith([{ kind: 'nop' }, { kind: 'ts', value: 1, echo: 2 }], { flags: 2, payload: new Uint8Array(0) }),
        {},
      ),
    ).toBe('a SYN seq=1001 win=502 <ts>');
    expect(formatPacket('a', packetWith([], { flags: 0x30, urgent: 7 }), {})).toContain(
      'URG/ACK seq=1001 ack=2011 win=502 urg=7 len=10 <>',
    );
    expect(formatPacket('a', packetWith([], { flags: 0 }), {})).toMatch(/^a none /);
    const zeros: TcpOption[] = [{ kind: 'eol' }, { kind: 'padding', raw: new Uint8Array(3) }];
    expect(formatPacket('a', packetWith(zeros), {})).toMatch(/<>$/);
    expect(formatPacket('a', packetWith([{ kind: 'padding', raw: Uint8Array.of(1, 0) }]), {})).toMatch(
      /<padding=hex:0100>$/,
    );
  });
});

describe('formatOption', () => {
  test.each<[string, TcpOption]>([
    ['mp_capable version=1 flags=H len=4', { kind: 'mp_capable', version: 1, flags: 1 }],
    ['mp_capable version=1 flags=AH key=0xff len=12', { kind: 'mp_capable', version: 1, flags: 0x81, senderKey: 255n }],
    ['mp_capable version=1 flags=0 len=5', { kind: 'mp_capable', version: 1, flags: 0, length: 5 }],
    ['mp_tcprst T=1 reason=mptcp-specific', { kind: 'mp_tcprst', reserved: 0, transient: true, reason: 1 }],
    ['mp_tcprst rsv=0x2 reason=99', { kind: 'mp_tcprst', reserved: 2, transient: false, reason: 99 }],
    ['remove_addr=1+2', { kind: 'remove_addr', reserved: 0, addressIds: [1, 2] }],
    ['mp_prio B=1 id=3', { kind: 'mp_prio', reserved: 0, backup: true, addressId: 3 }],
    [
      'add_addr id=2 addr=fd00::1 port=80 hmac=hex:0011',
      {
        kind: 'add_addr',
        reserved: 0,
        echo: false,
        addressId: 2,
        address: 'fd00::1',
        port: 80,
        hmac: Uint8Array.of(0, 0x11),
      },
    ],
    ['mss=1400', { kind: 'mss', mss: 1400 }],
    [
      'malformed code=30 bytes=hex:1e03',
      { kind: 'malformed', code: 30, reason: 'truncated', message: '', raw: Uint8Array.of(30, 3) },
    ],
    [
      'dss len=9',
      {
        kind: 'dss',
        reserved: 0,
        dataFin: false,
        dsn8: false,
        hasMap: false,
        dataAck8: false,
        hasDataAck: false,
        length: 9,
      },
    ],
  ])('%s', (text, option) => expect(formatOption(option)).toBe(text));
});

test('showValue writes values as the notation does', () => {
  expect(showValue(10n)).toBe('10');
  expect(showValue(10n, 'hex')).toBe('0xa');
  expect(showValue(0x81n, 'letters')).toBe('AH');
  expect(showValue(3n, 'reason')).toBe('prohibited');
  expect(showValue(77n, 'reason')).toBe('77');
  expect(showValue('word')).toBe('word');
  expect(showValue(new Uint8Array(41))).toBe(`hex:${'00'.repeat(40)}...(41 bytes)`);
});

describe('round trip', () => {
  const isFiller = (option: TcpOption): boolean =>
    option.kind === 'nop' ||
    option.kind === 'eol' ||
    (option.kind === 'padding' && option.raw.every((byte) => byte === 0));

  test('every packet is written so that it can be read', () => {
    fc.assert(
      fc.property(packet, (one) => {
        const text = formatPacket('a', one, {});
        const line = parsePacketLine(text);
        const shown = one.tcp.options.filter((option) => !isFiller(option));
        expect(line.text).toBe(text);
        expect(line.flags).toEqual(flagText(one.tcp) === 'none' ? [] : flagText(one.tcp).split('/'));
        expect(line.options?.items.map((item) => item.name)).toEqual(shown.map((option) => option.kind));
        for (const [index, item] of (line.options?.items ?? []).entries()) {
          for (const { name, matcher } of item.fields) {
            const option = shown[index]!;
            const style = optionField(option.kind, name)?.style;
            if (name === 'len' || style === 'letters' || style === 'reason') continue;
            const read = optionField(option.kind, name)?.read(option);
            expect(
              matcher.type === 'equal' && 'value' in matcher.expr && String(matcher.expr.value),
              `${text} ${name}`,
            ).toBe(String(read));
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
