import { bench, describe } from 'vitest';
import { decodePacket, encodePacket, isNotTcp, verifyChecksums } from './packet.ts';
import type { IpHeader, Packet, TcpSegment } from './types.ts';

/** Data segments as a capture of a bulk transfer holds them: timestamps and a full DSS before 1400 bytes. */

const tcp: TcpSegment = {
  srcPort: 40000,
  dstPort: 80,
  seq: 0xfffffff0,
  ack: 1,
  flags: 0x18,
  window: 512,
  urgent: 0,
  options: [
    { kind: 'nop' },
    { kind: 'nop' },
    { kind: 'ts', value: 123456789, echo: 987654321 },
    {
      kind: 'dss',
      reserved: 0,
      dataFin: false,
      dsn8: true,
      hasMap: true,
      dataAck8: true,
      hasDataAck: true,
      dataAck: 0x1122334455667788n,
      dsn: 0x8877665544332211n,
      ssn: 1,
      dataLength: 1400,
    },
  ],
  payload: new Uint8Array(1400).fill(0x5a),
};
const v4: IpHeader = {
  family: 'ipv4',
  src: '10.0.0.1',
  dst: '10.0.0.2',
  tos: 0,
  id: 1,
  fragment: 0x4000,
  ttl: 64,
  protocol: 6,
};
const v6: IpHeader = {
  family: 'ipv6',
  src: 'fd00:0:0:1::1',
  dst: 'fd00:0:0:1::2',
  trafficClass: 0,
  flowLabel: 0,
  hopLimit: 64,
  protocol: 6,
};

for (const [name, packet] of Object.entries<Packet>({ ipv4: { ip: v4, tcp }, ipv6: { ip: v6, tcp } })) {
  const bytes = encodePacket(packet);
  const decoded = decodePacket(bytes);
  if (isNotTcp(decoded)) throw new Error(decoded.message);
  describe(name, () => {
    bench('decode', () => void decodePacket(bytes));
    bench('encode, checksums given', () => void encodePacket(decoded));
    bench('encode, checksums computed', () => void encodePacket(packet));
    bench('verify checksums', () => void verifyChecksums(bytes));
  });
}
