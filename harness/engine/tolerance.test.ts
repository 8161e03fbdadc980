import { describe, expect, it } from 'vitest';
import { FLAG, type Packet, type TcpOption } from '../packet/types.ts';
import { isRetransmissionOf } from './tolerance.ts';

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
