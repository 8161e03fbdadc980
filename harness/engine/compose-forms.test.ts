/** Lines to send: each form of the header and of the options. Defaults that follow from mappings are in compose.test.ts. */
import { describe, expect, test } from 'vitest';
import { dssChecksum, idsn, joinHmac, token } from '../mptcp/index.ts';
import { encodeOptions } from '../packet/index.ts';
import { FLAG, type Packet, type TcpOption } from '../packet/types.ts';
import { OPTION_FIELDS } from '../notation/option-fields.ts';
import { parsePacketLine } from '../notation/packet-line.ts';
import { fillBytes } from '../sut/fill.ts';
import { composePacket, recordSent } from './compose.ts';
import type { Subflow } from './endpoint.ts';
import {
  establishedSubflow,
  freshSubflow,
  LOCAL_ISN,
  LOCAL_KEY,
  NOTHING,
  REMOTE_ISN,
  REMOTE_KEY,
} from './testing/subflows.ts';

function compose(text: string, subflow = establishedSubflow(), clock = 500): Packet {
  return composePacket(parsePacketLine(text), subflow, NOTHING, clock);
}

function optionsOf(text: string, subflow?: Subflow): TcpOption[] {
  return compose(text, subflow).tcp.options;
}

const kindsOf = (text: string, subflow?: Subflow): string[] => optionsOf(text, subflow).map((option) => option.kind);

/** The last option that a line makes. */
function last(options: string, subflow?: Subflow): TcpOption | undefined {
  return optionsOf(`a PSH/ACK len=10 <${options}>`, subflow).at(-1);
}

describe('the header', () => {
  test('is that of a compliant peer', () => {
    expect(compose('a PSH/ACK len=3')).toMatchObject({
      ip: { family: 'ipv4', src: '192.0.2.1', dst: '192.0.2.2' },
      tcp: {
        srcPort: 40_000,
        dstPort: 5001,
        seq: LOCAL_ISN + 1,
        ack: (REMOTE_ISN + 1) >>> 0,
        flags: FLAG.PSH | FLAG.ACK,
        window: 0xffff,
        urgent: 0,
        payload: fillBytes(0, 3),
      },
    });
    expect(compose('a SYN', freshSubflow()).tcp).toMatchObject({ seq: LOCAL_ISN, ack: 0, flags: FLAG.SYN });
  });

  test('is what the line says', () => {
    expect(
      compose('a URG/ACK seq=auto+5 ack=7 win=0 urg=9 sport=1 dport=2 data=hex:0102 from=198.51.100.1 to=198.51.100.2'),
    ).toMatchObject({
      ip: { src: '198.51.100.1', dst: '198.51.100.2' },
      tcp: {
        seq: LOCAL_ISN + 6,
        ack: (REMOTE_ISN + 7) >>> 0,
        window: 0,
        urgent: 9,
        srcPort: 1,
        dstPort: 2,
        flags: FLAG.URG | FLAG.ACK,
        payload: Uint8Array.of(1, 2),
      },
    });
    expect(compose('a none').tcp.flags).toBe(0);
    expect(compose('a any').tcp.flags).toBe(FLAG.ACK);
    expect(compose('a ACK seq=0-1001').tcp.seq).toBe(0xffffffff);
  });

  test('is of the family of the addresses', () => {
    const subflow = establishedSubflow();
    Object.assign(subflow.local, { address: 'fd00::1' });
    expect(compose('a ACK', subflow).ip.family).toBe('ipv6');
  });

  test('cannot have text that is not a value', () => {
    expect(() => compose('a ACK seq=1..2')).toThrow('seq: a packet to send needs one value');
    expect(() => compose('a ACK data=5')).toThrow('data: a packet to send needs bytes');
    expect(() => compose('a ACK from=5')).toThrow('from: a packet to send needs an address');
  });
});

describe('the options of a compliant peer', () => {
  test('are on a SYN what the tester offers', () => {
    expect(kindsOf('a SYN', freshSubflow({ timestamps: true }))).toEqual([
      'mss',
      'sack_ok',
      'wscale',
      'ts',
      'mp_capable',
    ]);
    expect(kindsOf('a SYN', freshSubflow({ sack: false, wscale: -1 }))).toEqual(['mss', 'mp_capable']);
    expect(kindsOf('a SYN', freshSubflow({}, false))).toEqual(['mss', 'sack_ok', 'wscale', 'mp_join']);
  });

  test('are MP_CAPABLE until the stack acknowledges data, then DSS (§3.1)', () => {
    const waiting = establishedSubflow({}, true, false);
    expect(kindsOf('a ACK', waiting)).toEqual(['mp_capable']);
    expect(kindsOf('a PSH/ACK len=10', waiting)).toEqual(['mp_capable']);
    expect(kindsOf('a PSH/ACK seq=11 len=10', waiting)).toEqual(['dss']);
    expect(kindsOf('a ACK')).toEqual(['dss']);
    expect(kindsOf('a ACK', establishedSubflow({}, false, false))).toEqual(['mp_join']);
    expect(kindsOf('a ACK', establishedSubflow({}, false))).toEqual(['dss']);
  });

  test('are none after a fall back, nor on an RST', () => {
    const plain = establishedSubflow();
    plain.connection.mptcp = false;
    expect(kindsOf('a ACK', plain)).toEqual([]);
    expect(kindsOf('a RST', establishedSubflow({ timestamps: true }))).toEqual([]);
  });

  test('have the clock on timestamps, unless there is no room for them', () => {
    const subflow = establishedSubflow({ timestamps: true });
    subflow.timestampRecent = 88;
    expect(compose('a ACK <>', subflow, 2 ** 32 + 5).tcp.options).toEqual([{ kind: 'ts', value: 5, echo: 88 }]);
    expect(compose('a ACK <ts ecr=1>', subflow, 7).tcp.options).toEqual([{ kind: 'ts', value: 7, echo: 1 }]);
    expect(kindsOf('a ACK <dss, mp_fail>', subflow)).toEqual(['ts', 'dss', 'mp_fail']);
    expect(kindsOf('a PSH/ACK len=1 <dss, mp_fail>', subflow)).toEqual(['dss', 'mp_fail']);
  });
});

describe('a list of options', () => {
  test('is all there is of MPTCP, and adds to what is there when it is open', () => {
    expect(kindsOf('a ACK <>')).toEqual([]);
    expect(kindsOf('a ACK <mp_prio>')).toEqual(['mp_prio']);
    expect(kindsOf('a ACK <mp_prio, ...>')).toEqual(['dss', 'mp_prio']);
    expect(kindsOf('a ACK <dss dack=5, ...>')).toEqual(['dss']);
    expect(kindsOf('a ACK <!dss, mp_prio, ...>')).toEqual(['mp_prio']);
    expect(kindsOf('a ACK <dss, dss>')).toEqual(['dss', 'dss']);
  });

  test("leaves TCP's own options, but for those that it names", () => {
    expect(optionsOf('a SYN <mss=536>', freshSubflow()).slice(-1)).toEqual([{ kind: 'mss', mss: 536 }]);
    expect(kindsOf('a SYN <mss=536, !sack_ok>', freshSubflow())).toEqual(['wscale', 'mss']);
  });
});

describe('each option', () => {
  const capable = establishedSubflow({}, true, false);
  const hmac = joinHmac(LOCAL_KEY, REMOTE_KEY, LOCAL_ISN, 77);

  test.each<[string, object]>([
    ['mp_capable version=0 flags=ABH', { version: 0, flags: 0xc1 }],
    ['mp_capable flags=0x40', { flags: 0x40 }],
    ['mp_capable A=1 H=0 C=1', { flags: 0xa0 }],
    ['mp_capable crypto=0', { flags: 0 }],
    ['mp_capable key=absent rkey=absent dlen=absent', { kind: 'mp_capable', version: 1, flags: 1 }],
    [
      'mp_capable key=flip(auto) rkey=auto+1 dlen=auto+1',
      { senderKey: LOCAL_KEY ^ 1n, receiverKey: REMOTE_KEY + 1n, dataLength: 11 },
    ],
    ['mp_capable csum=0x1234', { checksum: 0x1234 }],
  ])('%s', (text, expected) => expect(last(text, capable)).toMatchObject(expected));

  test.each<[string, object]>([
    [
      'mp_join B=1 id=9 token=1 nonce=2 rsv=7',
      { form: 'syn', backup: true, addressId: 9, token: 1, nonce: 2, reserved: 7 },
    ],
    ['mp_join token=auto+1', { token: token(REMOTE_KEY) + 1 }],
  ])('%s on a SYN', (text, expected) =>
    expect(optionsOf(`a SYN <${text}>`, establishedSubflow({}, false)).at(-1)).toMatchObject(expected),
  );

  test.each<[string, object]>([
    ['mp_join', { form: 'ack', hmac: hmac.slice(0, 20) }],
    [
      'mp_join hmac=flip(auto) rsv=0xfff',
      { hmac: Uint8Array.of((hmac[0] ?? 0) ^ 0x80, ...hmac.slice(1, 20)), reserved: 0xfff },
    ],
    ['add_addr id=3 addr=fd00::3 port=80 E=1', { addressId: 3, address: 'fd00::3', port: 80, echo: true }],
    ['remove_addr=1+2+3', { addressIds: [1, 2, 3] }],
    ['remove_addr id=7', { addressIds: [7] }],
    ['mp_prio B=0 id=4 rsv=1', { backup: false, addressId: 4, reserved: 1 }],
    ['mp_fail dsn=5', { dsn: BigInt.asUintN(64, idsn(REMOTE_KEY) + 5n) }],
    ['mp_fastclose key=auto+1', { receiverKey: REMOTE_KEY + 1n }],
    ['mp_tcprst reason=middlebox T=1 rsv=2', { reason: 6, transient: true, reserved: 2 }],
    ['mp_tcprst reason=99', { reason: 99 }],
    ['mp_experimental nibble=5 data=hex:0102', { nibble: 5, data: Uint8Array.of(1, 2) }],
    ['mptcp_unknown subtype=11 nibble=1 data=hex:', { subtype: 11, nibble: 1, data: new Uint8Array(0) }],
    ['unknown code=253 data=hex:01', { code: 253, data: Uint8Array.of(1) }],
    ['raw=hex:1e0399', { kind: 'raw', raw: Uint8Array.of(0x1e, 3, 0x99) }],
    ['padding=hex:0100', { raw: Uint8Array.of(1, 0) }],
    ['fastopen=hex:01020304', { cookie: Uint8Array.of(1, 2, 3, 4) }],
    ['mss=9', { mss: 9 }],
    ['wscale=14', { shift: 14 }],
    ['sack_ok', { kind: 'sack_ok' }],
    ['nop', { kind: 'nop' }],
    ['eol', { kind: 'eol' }],
  ])('%s', (text, expected) => expect(last(text, establishedSubflow({}, false))).toMatchObject(expected));

  test('of the notation can be sent as a compliant peer has it', () => {
    for (const kind of OPTION_FIELDS.keys()) {
      const option = last(kind);
      expect(option && encodeOptions([option]), kind).toBeInstanceOf(Uint8Array);
    }
  });
});

describe('a DSS', () => {
  const at = (base: bigint, offset: bigint): bigint => BigInt.asUintN(64, idsn(base) + offset);

  test.each<[string, object]>([
    ['dss dack=absent', { hasDataAck: false, hasMap: true }],
    ['dss dsn=auto+100 dack=auto-1', { dsn: at(LOCAL_KEY, 101n), dataAck: at(REMOTE_KEY, 0n) }],
    ['dss dsn=0-1', { dsn: at(LOCAL_KEY, -1n) }],
    ['dss ssn=77 dlen=0', { ssn: 77, dataLength: 0 }],
    ['dss dsn_size=4', { dsn8: false, dsn: BigInt.asUintN(32, at(LOCAL_KEY, 1n)), dataAck8: true }],
    ['dss dack_size=4', { dataAck8: false, dataAck: BigInt.asUintN(32, at(REMOTE_KEY, 1n)), dsn8: true }],
    ['dss rsv=0x7f F=1', { reserved: 0x7f, dataFin: true, dataLength: 11 }],
  ])('%s', (text, expected) => expect(last(text)).toMatchObject(expected));

  test('has long numbers where the line asks for them and the tester sends short ones', () => {
    expect(last('dss dsn_size=8 dack_size=8', establishedSubflow({ dsnSize: 4 }))).toMatchObject({
      dsn: at(LOCAL_KEY, 1n),
      dataAck: at(REMOTE_KEY, 1n),
    });
  });

  test('maps without data where the line speaks of a mapping', () => {
    const [option] = optionsOf('a ACK <dss dlen=5>');
    expect(option).toMatchObject({ hasMap: true, dsn: at(LOCAL_KEY, 1n), ssn: 1, dataLength: 5 });
    expect(optionsOf('a ACK <dss map=1>')[0]).toMatchObject({ hasMap: true, dataLength: 0 });
    expect(optionsOf('a ACK <dss dsn=absent>')[0]).toMatchObject({ hasMap: false });
  });

  test('sums up what the line writes', () => {
    const subflow = establishedSubflow({ checksum: true });
    const sum = dssChecksum({ dsn: at(LOCAL_KEY, 51n), ssn: 1, dataLength: 10, data: fillBytes(50, 10) });
    expect(last('dss dsn=51', subflow)).toMatchObject({ checksum: sum });
    expect(last('dss dsn=51 dsn_size=4', subflow)).toMatchObject({ checksum: sum });
    expect(last('dss csum=flip(auto) dsn=51', subflow)).toMatchObject({ checksum: sum ^ 1 });
    expect(last('dss dlen=0', subflow)).toMatchObject({ checksum: 0 });
    expect(last('dss csum=absent', subflow)).not.toHaveProperty('checksum');
  });
});

describe('a length', () => {
  test('cuts or fills an option, and stands in its Length byte', () => {
    for (const length of [3, 4, 11, 12, 20, 33]) {
      const option = last(`mp_capable len=${length}`, establishedSubflow({}, true, false));
      expect(option?.kind === 'raw' && [option.raw.length, option.raw[0], option.raw[1]]).toEqual([length, 30, length]);
    }
    expect(last('mp_prio len=auto+1')).toEqual({ kind: 'raw', raw: Uint8Array.of(30, 4, 0x51, 0) });
  });

  test('below two leaves no room for itself', () => {
    expect(last('mp_prio len=1')).toEqual({ kind: 'raw', raw: Uint8Array.of(30) });
    expect(last('mp_prio len=0')).toEqual({ kind: 'raw', raw: new Uint8Array(0) });
  });
});

describe('what was sent', () => {
  const send = (subflow: Subflow, text: string): void => {
    const line = parsePacketLine(text);
    recordSent(line, subflow, composePacket(line, subflow, NOTHING, 0));
  };

  test('moves the subflow by data, SYN and FIN, once', () => {
    const subflow = freshSubflow();
    for (const [text, next] of [
      ['a SYN', 1],
      ['a SYN seq=0', 1],
      ['a ACK', 1],
      ['a PSH/ACK len=10', 11],
      ['a FIN/ACK', 12],
    ] as const) {
      send(subflow, text);
      expect(subflow.sendNext, text).toBe(next);
    }
  });

  test('does not move it when it lies off the stream, nor by an RST', () => {
    const subflow = establishedSubflow();
    send(subflow, 'a PSH/ACK seq=500 len=10 <>');
    send(subflow, 'a RST len=10');
    expect(subflow.sendNext).toBe(1);
  });

  test('without MP_CAPABLE ends MPTCP, and data then needs no mapping', () => {
    const subflow = freshSubflow();
    send(subflow, 'a SYN <>');
    expect(subflow.connection.mptcp).toBe(false);
    send(subflow, 'a PSH/ACK len=10');
    expect(subflow.connection.sendNext).toBe(11n);
  });

  test('again has the same bytes and number', () => {
    const subflow = establishedSubflow();
    send(subflow, 'a PSH/ACK len=10');
    send(subflow, 'a PSH/ACK len=10');
    const again = compose('a PSH/ACK seq=1 len=10', subflow);
    expect(again.tcp.payload).toEqual(fillBytes(0, 10));
    expect(again.tcp.options).toMatchObject([{ dsn: BigInt.asUintN(64, idsn(LOCAL_KEY) + 1n), ssn: 1 }]);
    send(subflow, 'a PSH/ACK seq=1 len=10');
    expect(subflow.connection.sendNext).toBe(21n);
  });
});
