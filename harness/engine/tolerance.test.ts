import { describe, expect, it } from 'vitest';
import { FLAG, type Packet, type TcpOption } from '../packet/types.ts';
import { isAnnouncementAgain, isReinjectionOf, isRetransmissionOf } from './tolerance.ts';

function ack(options: TcpOption[]): Packet {
  return {
    ip: { family: 'ipv4', src: '192.0.2.1', dst: '192.0.2.2', tos: 0, id: 0, fragment: 0, ttl: 64, protocol: 6 },
    tcp: { srcPort: 1, dstPort: 2, seq: 7, ack: 9, flags: FLAG.ACK, window: 1, urgent: 0, options, payload: new Uint8Array(0) },
  };
}

describe('isRetransmissionOf', () => {
  const third: TcpOption = { kind: 'mp_join', form: 'ack', reserved: 0, hmac: new Uint8Array(20) };

  it('knows the third packet of a join when it comes again', () => {
    expect(isRetransmissionOf(ack([third]), ack([third]))).toBe(true);
  });

  it('takes no other empty segment for one sent again', () => {
    expect(isRetransmissionOf(ack([]), ack([third]))).toBe(false);
    expect(isRetransmissionOf(ack([]), ack([]))).toBe(false);
  });
});

describe('isReinjectionOf', () => {
  const data = (dsn: bigint, octet: number, seq = 7): Packet => {
    const packet = ack([{
      kind: 'dss', reserved: 0, dataFin: false, dsn8: true, dataAck8: false, hasDataAck: false, hasMap: true, dsn, ssn: 1, dataLength: 2,
    }]);
    return { ...packet, tcp: { ...packet.tcp, seq, payload: Uint8Array.of(1, octet) } };
  };

  it('knows the same octets wherever they stand on a subflow', () => {
    expect(isReinjectionOf(data(5n, 2, 900), data(5n, 2))).toBe(true);
  });

  it('takes neither other numbers, nor other octets, nor packets without data for the same', () => {
    expect(isReinjectionOf(data(6n, 2), data(5n, 2))).toBe(false);
    expect(isReinjectionOf(data(5n, 3), data(5n, 2))).toBe(false);
    expect(isReinjectionOf(ack([]), data(5n, 2))).toBe(false);
    expect(isReinjectionOf(ack([]), ack([]))).toBe(false);
  });
});

describe('isAnnouncementAgain', () => {
  const announce = (addressId: number, echo = false): TcpOption => ({ kind: 'add_addr', reserved: 0, echo, addressId, address: '192.0.2.9' });

  it('knows the same announcement, and nothing else', () => {
    expect(isAnnouncementAgain(ack([announce(2)]), ack([announce(2)]))).toBe(true);
    expect(isAnnouncementAgain(ack([announce(3)]), ack([announce(2)]))).toBe(false);
    expect(isAnnouncementAgain(ack([announce(2, true)]), ack([announce(2, true)]))).toBe(false);
    expect(isAnnouncementAgain(ack([]), ack([]))).toBe(false);
  });
});
