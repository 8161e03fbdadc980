import { expect, test } from 'vitest';
import { idsn } from '../mptcp/index.ts';
import type { Packet } from '../packet/types.ts';
import { parsePacketLine } from '../notation/packet-line.ts';
import { Connection, Subflow } from '../engine/endpoint.ts';
import { withNumbers } from './forge.ts';
import { matchPacket } from '../engine/match.ts';

test('makes a packet that a line with ranges and relative numbers fits', () => {
  const connection = new Connection(
    { timestamps: true, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 },
    { uint32: () => 1, uint64: () => 2n },
  );
  connection.remoteKey = 3n;
  const address = { address: '192.0.2.1', port: 1 };
  const subflow = new Subflow({
    name: 'a',
    spec: { link: 1, addressId: 0 },
    connection,
    active: true,
    first: true,
    local: address,
    remote: address,
  });
  subflow.remoteIsn = 77;
  const sample: Packet = {
    ip: { family: 'ipv4', src: '192.0.2.1', dst: '192.0.2.2', tos: 0, id: 0, fragment: 0, ttl: 64, protocol: 6 },
    tcp: {
      srcPort: 1,
      dstPort: 2,
      seq: 0,
      ack: 0,
      flags: 0x10,
      window: 1,
      urgent: 0,
      payload: new Uint8Array(0),
      options: [
        {
          kind: 'dss',
          reserved: 0,
          dataFin: false,
          dsn8: false,
          hasMap: false,
          dataAck8: false,
          hasDataAck: true,
          dataAck: 1n,
        },
      ],
    },
  };
  const scope = { lookup: () => undefined };
  const line = parsePacketLine('a any seq=551..9999 len=1..9999 <dss dsn=551..9999 dack=7, ...>');
  const packet = withNumbers(sample, line, subflow, scope);
  expect(packet.tcp.seq).toBe(628);
  expect(packet.tcp.options[0]).toMatchObject({ dsn: BigInt.asUintN(64, idsn(3n) + 551n) });
  const arrival = { packet, subflow, before: subflow.before(), at: 0, link: 'a', index: 0, consumed: false };
  expect(matchPacket(line, arrival, subflow, scope).differences).toEqual([]);

  const otherSyn = parsePacketLine('any any from=192.0.2.9 to=192.0.2.8 sport=!7 dport=8 seq=!0');
  const forged = withNumbers(sample, otherSyn, subflow, scope);
  expect(forged.ip).toMatchObject({ src: '192.0.2.9', dst: '192.0.2.8' });
  expect(forged.tcp).toMatchObject({ srcPort: 8, dstPort: 8, seq: 78 });
  expect(matchPacket(otherSyn, { ...arrival, packet: forged }, subflow, scope).differences).toEqual([]);
});
