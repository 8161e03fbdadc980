import { expect, it } from 'vitest';
import type { Packet, TcpOption } from '../packet/types.ts';
import { isRetransmissionOf, repeatsDataFin } from './tolerance.ts';

function ack(...options: TcpOption[]): Packet {
  return {
    ip: { family: 'ipv4', src: '192.0.2.1', dst: '192.0.2.2', tos: 0, id: 0, fragment: 0, ttl: 64, protocol: 6 },
    tcp: { srcPort: 1, dstPort: 2, seq: 5, ack: 7, flags: 0x10, window: 1, urgent: 0, options, payload: new Uint8Array(0) },
  };
}

it('takes a DATA_FIN that comes again for a retransmission, and no other ACK', () => {
  const fin: TcpOption = {
    kind: 'dss', reserved: 0, dataFin: true, dsn8: true, hasMap: true, dataAck8: false, hasDataAck: false, dsn: 1n, ssn: 0, dataLength: 1,
  };
  expect(isRetransmissionOf(ack(fin), ack(fin))).toBe(true);
  expect(isRetransmissionOf(ack(fin), ack())).toBe(false);
  expect(isRetransmissionOf(ack(), ack())).toBe(false);
  const join: TcpOption = { kind: 'mp_join', form: 'ack', reserved: 0, hmac: new Uint8Array(20) };
  expect(isRetransmissionOf(ack(join), ack(join))).toBe(true);
});

it('knows a DATA_FIN again on another subflow by its number', () => {
  const fin = (dsn: bigint): TcpOption => ({
    kind: 'dss', reserved: 0, dataFin: true, dsn8: true, hasMap: true, dataAck8: false, hasDataAck: false, dsn, ssn: 0, dataLength: 1,
  });
  expect(repeatsDataFin(ack(fin(1n)), ack(fin(1n)))).toBe(true);
  expect(repeatsDataFin(ack(fin(1n)), ack(fin(2n)))).toBe(false);
  expect(repeatsDataFin(ack(fin(1n)), ack())).toBe(false);
});
