import { describe, expect, test } from 'vitest';
import { parsePacketLine } from '../notation/packet-line.ts';
import { fillBytes } from '../sut/fill.ts';
import { composePacket, recordSent } from './compose.ts';
import { Connection, Subflow } from './endpoint.ts';

const profile = { timestamps: true, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 as const };
const scope = { lookup: () => undefined };

function established(): Subflow {
  const random = { uint32: () => 7, uint64: () => 9n };
  const subflow = new Subflow({
    name: 'a',
    spec: { link: 1, addressId: 0 },
    connection: new Connection(profile, random),
    active: true,
    first: true,
    local: { address: '192.0.2.1', port: 40_000 },
    remote: { address: '192.0.2.2', port: 5001 },
  });
  subflow.sendNext = 1;
  subflow.remoteIsn = 100;
  return subflow;
}

function send(subflow: Subflow, text: string): Uint8Array {
  const line = parsePacketLine(text);
  const packet = composePacket(line, subflow, scope, 1);
  recordSent(line, subflow, packet);
  return packet.tcp.payload;
}

describe('the payload of data without a mapping', () => {
  test('goes on where the subflow stands', () => {
    const subflow = established();
    expect(send(subflow, 'a PSH/ACK len=100 <>')).toEqual(fillBytes(0, 100));
    expect(send(subflow, 'a PSH/ACK len=100 <!dss>')).toEqual(fillBytes(100, 100));
  });

  test('is the mapped one when it is sent again without its mapping', () => {
    const subflow = established();
    send(subflow, 'a PSH/ACK len=100 <dss>');
    expect(send(subflow, 'a PSH/ACK seq=51 len=50 <>')).toEqual(fillBytes(50, 50));
  });

  test('is not confused with data whose mapping is stated', () => {
    const subflow = established();
    send(subflow, 'a PSH/ACK len=100 <>');
    expect(send(subflow, 'a PSH/ACK len=100 <dss>')).toEqual(fillBytes(0, 100));
  });
});
