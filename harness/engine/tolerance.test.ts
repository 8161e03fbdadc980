import { describe, expect, test } from 'vitest';
import { FLAG, type OptionDss, type Packet } from '../packet/types.ts';
import { fromStack } from './testing/subflows.ts';
import { flagsMatch, isPureAck, isReinjectionOf, isRetransmissionOf } from './tolerance.ts';
import { worst, WORST_FIRST } from './verdict.ts';

const { SYN, ACK, FIN, RST, PSH, URG, ECE, CWR } = FLAG;

describe('flagsMatch', () => {
  test.each<[readonly string[] | 'any', number, boolean]>([
    ['any', SYN | FIN, true],
    [['ACK'], ACK, true], [['ACK'], ACK | PSH, true], [['ACK'], ACK | ECE | CWR, true], [['ACK'], ACK | FIN, false], [['ACK'], 0, false],
    [['PSH', 'ACK'], ACK, true],
    [['SYN', 'ACK'], SYN | ACK, true], [['SYN', 'ACK'], SYN, false],
    [['RST'], RST, true], [['RST'], RST | ACK, true], [['RST', 'ACK'], RST, true], [['RST'], RST | PSH, true], [['RST'], RST | FIN, false], [['RST'], ACK, false],
    [['RST', 'FIN'], RST | FIN | ACK, true],
    [['URG', 'ACK'], ACK, false], [['URG', 'ACK'], ACK | URG, true],
    [['SYN', 'ECE', 'CWR'], SYN, false], [['SYN', 'ECE', 'CWR'], SYN | ECE | CWR, true],
    [[], 0, true], [[], PSH, true], [[], ACK, false],
  ])('%s against %d: %s', (names, flags, expected) => expect(flagsMatch(names, flags)).toBe(expected));
});

describe('isPureAck', () => {
  const dss: OptionDss = { kind: 'dss', reserved: 0, dataFin: false, dsn8: true, hasMap: false, dataAck8: true, hasDataAck: true, dataAck: 1n };

  test('is an acknowledgment that does nothing else', () => {
    expect(isPureAck(fromStack({}))).toBe(true);
    expect(isPureAck(fromStack({ options: [{ kind: 'ts', value: 1, echo: 2 }, dss], flags: ACK | PSH | ECE }))).toBe(true);
  });

  test.each([
    ['data', { payload: new Uint8Array(1) }], ['FIN', { flags: FIN | ACK }], ['no ACK', { flags: 0 }],
    ['a mapping', { options: [{ ...dss, hasMap: true }] }], ['DATA_FIN', { options: [{ ...dss, dataFin: true }] }],
    ['MP_FAIL', { options: [{ kind: 'mp_fail' as const, reserved: 0, dsn: 1n }] }],
    ['a broken MPTCP option', { options: [{ kind: 'malformed' as const, code: 30, reason: 'truncated' as const, message: '', raw: Uint8Array.of(30, 9) }] }],
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

test('the worst verdict is what was seen, then what was not settled', () => {
  expect(worst([])).toBeUndefined();
  for (const [i, verdict] of WORST_FIRST.entries()) expect(worst(WORST_FIRST.slice(i).toReversed())).toBe(verdict);
});

describe('isReinjectionOf', () => {
  const data = (dsn: bigint, octet: number, seq = 7): Packet => {
    const packet = fromStack({ options: [{
      kind: 'dss', reserved: 0, dataFin: false, dsn8: true, dataAck8: false, hasDataAck: false, hasMap: true, dsn, ssn: 1, dataLength: 2,
    }] });
    return { ...packet, tcp: { ...packet.tcp, seq, payload: Uint8Array.of(1, octet) } };
  };

  test('knows the same octets wherever they stand on a subflow', () => {
    expect(isReinjectionOf(data(5n, 2, 900), data(5n, 2))).toBe(true);
  });

  test('takes neither other numbers, nor other octets, nor packets without data for the same', () => {
    expect(isReinjectionOf(data(6n, 2), data(5n, 2))).toBe(false);
    expect(isReinjectionOf(data(5n, 3), data(5n, 2))).toBe(false);
    expect(isReinjectionOf(fromStack({}), data(5n, 2))).toBe(false);
    expect(isReinjectionOf(fromStack({}), fromStack({}))).toBe(false);
  });
});
