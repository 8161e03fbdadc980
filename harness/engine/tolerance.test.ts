import { expect, it } from 'vitest';
import { idsn } from '../mptcp/index.ts';
import type { Packet, TcpOption } from '../packet/types.ts';
import { Connection, Subflow } from './endpoint.ts';
import { isRetransmissionOf, repeatsData } from './tolerance.ts';

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

it('knows data and a DATA_FIN again on any subflow by their numbers', () => {
  const connection = new Connection(
    { timestamps: true, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 }, { uint32: () => 1, uint64: () => 2n },
  );
  connection.remoteKey = 3n;
  const address = { address: '192.0.2.1', port: 1 };
  const subflow = new Subflow({
    name: 'b', spec: { link: 1, addressId: 0 }, connection, active: true, first: true, local: address, remote: address,
  });
  const mapped = (dsn: bigint, dataLength: number, dataFin: boolean): Packet => ack({
    kind: 'dss', reserved: 0, dataFin, dsn8: true, hasMap: true, dataAck8: false, hasDataAck: false,
    dsn: BigInt.asUintN(64, idsn(3n) + dsn), ssn: 0, dataLength,
  });
  const before = { receiveNext: 1, dataNext: 102n };
  expect(repeatsData({ packet: mapped(101n, 1, true), subflow, before })).toBe(true);
  expect(repeatsData({ packet: mapped(1n, 100, false), subflow, before })).toBe(true);
  expect(repeatsData({ packet: mapped(102n, 1, true), subflow, before })).toBe(false);
  expect(repeatsData({ packet: mapped(100n, 10, false), subflow, before })).toBe(false);
  expect(repeatsData({ packet: ack(), subflow, before })).toBe(false);
});
