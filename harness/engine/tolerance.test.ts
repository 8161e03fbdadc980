import { describe, expect, test } from 'vitest';
import { idsn } from '../mptcp/index.ts';
import { FLAG, type OptionDss, type Packet, type TcpOption } from '../packet/types.ts';
import { Connection, Subflow } from './endpoint.ts';
import { establishedSubflow, fromStack } from './testing/subflows.ts';
import {
  flagsMatch,
  isAnnouncementAgain,
  isKeepalive,
  isPureAck,
  isRetransmissionOf,
  repeatsData,
} from './tolerance.ts';

const { SYN, ACK, FIN, RST, PSH, URG, ECE, CWR } = FLAG;

describe('flagsMatch', () => {
  test.each<[readonly string[] | 'any', number, boolean]>([
    ['any', SYN | FIN, true],
    [['ACK'], ACK, true],
    [['ACK'], ACK | PSH, true],
    [['ACK'], ACK | ECE | CWR, true],
    [['ACK'], ACK | FIN, false],
    [['ACK'], 0, false],
    [['PSH', 'ACK'], ACK, true],
    [['SYN', 'ACK'], SYN | ACK, true],
    [['SYN', 'ACK'], SYN, false],
    [['RST'], RST, true],
    [['RST'], RST | ACK, true],
    [['RST', 'ACK'], RST, true],
    [['RST'], RST | PSH, true],
    [['RST'], RST | FIN, false],
    [['RST'], ACK, false],
    [['RST', 'FIN'], RST | FIN | ACK, true],
    [['URG', 'ACK'], ACK, false],
    [['URG', 'ACK'], ACK | URG, true],
    [['SYN', 'ECE', 'CWR'], SYN, false],
    [['SYN', 'ECE', 'CWR'], SYN | ECE | CWR, true],
    [[], 0, true],
    [[], PSH, true],
    [[], ACK, false],
  ])('%s against %d: %s', (names, flags, expected) => expect(flagsMatch(names, flags)).toBe(expected));
});

describe('isPureAck', () => {
  const dss: OptionDss = {
    kind: 'dss',
    reserved: 0,
    dataFin: false,
    dsn8: true,
    hasMap: false,
    dataAck8: true,
    hasDataAck: true,
    dataAck: 1n,
  };

  test('is an acknowledgment that does nothing else', () => {
    expect(isPureAck(fromStack({}))).toBe(true);
    expect(isPureAck(fromStack({ options: [{ kind: 'ts', value: 1, echo: 2 }, dss], flags: ACK | PSH | ECE }))).toBe(
      true,
    );
  });

  test.each([
    ['data', { payload: new Uint8Array(1) }],
    ['FIN', { flags: FIN | ACK }],
    ['no ACK', { flags: 0 }],
    ['a mapping', { options: [{ ...dss, hasMap: true }] }],
    ['DATA_FIN', { options: [{ ...dss, dataFin: true }] }],
    ['MP_FAIL', { options: [{ kind: 'mp_fail' as const, reserved: 0, dsn: 1n }] }],
    [
      'a broken MPTCP option',
      {
        options: [
          {
            kind: 'malformed' as const,
            code: 30,
            reason: 'truncated' as const,
            message: '',
            raw: Uint8Array.of(30, 9),
          },
        ],
      },
    ],
  ])('is none with %s', (_what, change) => expect(isPureAck(fromStack(change))).toBe(false));
});

describe('isRetransmissionOf', () => {
  const data = fromStack({ payload: new Uint8Array(10) });

  test('is the same place, flags and length', () => {
    expect(isRetransmissionOf(fromStack({ payload: new Uint8Array(10), flags: ACK | PSH, ack: 99 }), data)).toBe(true);
    expect(isRetransmissionOf(fromStack({ payload: new Uint8Array(9) }), data)).toBe(false);
    expect(isRetransmissionOf(fromStack({ payload: new Uint8Array(10), seq: 2 }), data)).toBe(false);
    expect(isRetransmissionOf(fromStack({ payload: new Uint8Array(10), flags: FIN | ACK }), data)).toBe(false);
  });

  test('may leave out the data of a SYN, and no other', () => {
    const syn = fromStack({ flags: SYN, payload: new Uint8Array(10) });
    expect(isRetransmissionOf(fromStack({ flags: SYN }), syn)).toBe(true);
    expect(isRetransmissionOf(syn, fromStack({ flags: SYN }))).toBe(false);
    expect(isRetransmissionOf(fromStack({}), data)).toBe(false);
  });

  test('knows the third packet of a join when it comes again', () => {
    const third = fromStack({ options: [{ kind: 'mp_join', form: 'ack', reserved: 0, hmac: new Uint8Array(20) }] });
    expect(isRetransmissionOf(third, third)).toBe(true);
    expect(isRetransmissionOf(fromStack({}), third)).toBe(false);
  });

  test('of what takes no room there is none', () => {
    expect(isRetransmissionOf(fromStack({}), fromStack({}))).toBe(false);
    expect(isRetransmissionOf(fromStack({ flags: SYN }), fromStack({ flags: SYN }))).toBe(true);
    expect(isRetransmissionOf(fromStack({ flags: FIN | ACK }), fromStack({ flags: FIN | ACK }))).toBe(true);
  });
});

test.each([
  ['one byte below the next', { seq: 100, payload: new Uint8Array(1) }, true],
  ['one new byte', { seq: 101, payload: new Uint8Array(1) }, false],
  ['two bytes', { seq: 100, payload: new Uint8Array(2) }, false],
  ['a FIN', { seq: 100, payload: new Uint8Array(1), flags: FIN | ACK }, false],
])('keepalive: %s', (_what, packet, expected) => {
  const arrival = {
    packet: fromStack(packet),
    subflow: establishedSubflow(),
    before: { receiveNext: 101, dataNext: 101n },
  };
  expect(isKeepalive(arrival)).toBe(expected);
  expect(isKeepalive({ ...arrival, subflow: undefined })).toBe(false);
});

function ack(...options: TcpOption[]): Packet {
  return {
    ip: { family: 'ipv4', src: '192.0.2.1', dst: '192.0.2.2', tos: 0, id: 0, fragment: 0, ttl: 64, protocol: 6 },
    tcp: {
      srcPort: 1,
      dstPort: 2,
      seq: 5,
      ack: 7,
      flags: 0x10,
      window: 1,
      urgent: 0,
      options,
      payload: new Uint8Array(0),
    },
  };
}

test('takes a DATA_FIN that comes again for a retransmission, and no other ACK', () => {
  const fin: TcpOption = {
    kind: 'dss',
    reserved: 0,
    dataFin: true,
    dsn8: true,
    hasMap: true,
    dataAck8: false,
    hasDataAck: false,
    dsn: 1n,
    ssn: 0,
    dataLength: 1,
  };
  expect(isRetransmissionOf(ack(fin), ack(fin))).toBe(true);
  expect(isRetransmissionOf(ack(fin), ack())).toBe(false);
  expect(isRetransmissionOf(ack(), ack())).toBe(false);
  const join: TcpOption = { kind: 'mp_join', form: 'ack', reserved: 0, hmac: new Uint8Array(20) };
  expect(isRetransmissionOf(ack(join), ack(join))).toBe(true);
});

test('knows data and a DATA_FIN again on any subflow by their numbers', () => {
  const connection = new Connection(
    { timestamps: true, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 },
    { uint32: () => 1, uint64: () => 2n },
  );
  connection.remoteKey = 3n;
  const address = { address: '192.0.2.1', port: 1 };
  const subflow = new Subflow({
    name: 'b',
    spec: { link: 1, addressId: 0 },
    connection,
    active: true,
    first: true,
    local: address,
    remote: address,
  });
  const mapped = (dsn: bigint, dataLength: number, dataFin: boolean): Packet =>
    ack({
      kind: 'dss',
      reserved: 0,
      dataFin,
      dsn8: true,
      hasMap: true,
      dataAck8: false,
      hasDataAck: false,
      dsn: BigInt.asUintN(64, idsn(3n) + dsn),
      ssn: 0,
      dataLength,
    });
  const before = { receiveNext: 1, dataNext: 102n };
  expect(repeatsData({ packet: mapped(101n, 1, true), subflow, before })).toBe(true);
  expect(repeatsData({ packet: mapped(1n, 100, false), subflow, before })).toBe(true);
  expect(repeatsData({ packet: mapped(102n, 1, true), subflow, before })).toBe(false);
  expect(repeatsData({ packet: mapped(100n, 10, false), subflow, before })).toBe(false);
  expect(repeatsData({ packet: ack(), subflow, before })).toBe(false);
});

test('knows the same announcement again, and nothing else', () => {
  const announce = (addressId: number, echo = false): TcpOption => ({
    kind: 'add_addr',
    reserved: 0,
    echo,
    addressId,
    address: '192.0.2.9',
  });
  expect(isAnnouncementAgain(ack(announce(2)), ack(announce(2)))).toBe(true);
  expect(isAnnouncementAgain(ack(announce(3)), ack(announce(2)))).toBe(false);
  expect(isAnnouncementAgain(ack(announce(2, true)), ack(announce(2, true)))).toBe(false);
  expect(isAnnouncementAgain(ack(), ack())).toBe(false);
});
