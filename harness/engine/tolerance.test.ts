import { describe, expect, it } from 'vitest';
import { FLAG, type Packet, type TcpOption } from '../packet/types.ts';
import { isRetransmissionOf } from './tolerance.ts';

function packet(flags: number, seq: number, options: TcpOption[] = [], length = 0): Packet {
  return {
    ip: { family: 'ipv4', src: '10.0.0.1', dst: '10.0.0.2', tos: 0, id: 0, fragment: 0, ttl: 64, protocol: 6 },
    tcp: { srcPort: 1, dstPort: 2, seq, ack: 1, flags, window: 1, urgent: 0, options, payload: new Uint8Array(length) },
  };
}

describe('a segment sent again', () => {
  const join: TcpOption = { kind: 'mp_join', form: 'ack', reserved: 0, hmac: new Uint8Array(20) };

  it('is one with the same data, or the same third packet of a join', () => {
    expect(isRetransmissionOf(packet(FLAG.ACK, 5, [], 9), packet(FLAG.ACK | FLAG.PSH, 5, [], 9))).toBe(true);
    expect(isRetransmissionOf(packet(FLAG.ACK, 1, [join]), packet(FLAG.ACK, 1, [join]))).toBe(true);
  });

  it('is no ACK without place in sequence space, whatever else it carries', () => {
    const announcement: TcpOption = { kind: 'remove_addr', reserved: 0, addressIds: [1] };
    expect(isRetransmissionOf(packet(FLAG.ACK, 1), packet(FLAG.ACK, 1))).toBe(false);
    expect(isRetransmissionOf(packet(FLAG.ACK, 1, [announcement]), packet(FLAG.ACK, 1, [announcement]))).toBe(false);
  });
});
