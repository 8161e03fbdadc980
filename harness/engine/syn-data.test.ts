import { expect, test } from 'vitest';
import { FLAG, type Packet } from '../packet/types.ts';
import { fillBytes } from '../sut/fill.ts';
import { Connection, Subflow } from './endpoint.ts';
import { autoHeader } from './packet-view.ts';

test('expects the data of a SYN to be the first of the stream', () => {
  const connection = new Connection(
    { timestamps: false, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 },
    { uint32: () => 7, uint64: () => 9n },
  );
  const subflow = new Subflow({
    name: 'a',
    spec: { link: 1, addressId: 0 },
    connection,
    active: false,
    first: true,
    local: { address: '10.0.0.1', port: 5001 },
    remote: { address: '10.0.0.2', port: 1000 },
  });
  subflow.remoteIsn = 77;
  const packet: Packet = {
    ip: { family: 'ipv4', src: '10.0.0.2', dst: '10.0.0.1', tos: 0, id: 0, fragment: 0, ttl: 64, protocol: 6 },
    tcp: {
      srcPort: 1000,
      dstPort: 5001,
      seq: 77,
      ack: 0,
      flags: FLAG.SYN,
      window: 1,
      urgent: 0,
      options: [],
      payload: new Uint8Array(5),
    },
  };
  const arrival = { packet, subflow, before: subflow.before(), at: 0, link: 'a', index: 0, consumed: false };
  expect(autoHeader('data', arrival, subflow)).toEqual(fillBytes(0, 5));
});
