import { describe, expect, test } from 'vitest';
import { addAddrHmac } from '../mptcp/index.ts';
import type { OptionAddAddr } from '../packet/types.ts';
import { parsePacketLine } from '../notation/packet-line.ts';
import { composePacket } from './compose.ts';
import { Connection, Subflow } from './endpoint.ts';
import { matchPacket } from './match.ts';

const [LOCAL_KEY, REMOTE_KEY] = [0x0102030405060708n, 0x1122334455667788n];
const scope = { lookup: () => undefined };

function subflow(): Subflow {
  const profile = { timestamps: false, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 } as const;
  const connection = new Connection(profile, { uint32: () => 7, uint64: () => LOCAL_KEY });
  connection.remoteKey = REMOTE_KEY;
  const one = new Subflow({
    name: 'a',
    spec: { link: 1, addressId: 0 },
    connection,
    active: true,
    first: true,
    local: { address: '10.0.0.1', port: 1000 },
    remote: { address: '10.0.0.2', port: 5001 },
  });
  return Object.assign(one, { remoteIsn: 5, sendNext: 1 });
}

function sent(line: string): OptionAddAddr | undefined {
  const packet = composePacket(parsePacketLine(line), subflow(), scope, 0);
  return packet.tcp.options.find((option) => option.kind === 'add_addr');
}

describe('an announcement to send', () => {
  test('has the HMAC of the address, id and port that it announces', () => {
    expect(sent('a ACK <add_addr id=9 addr=192.0.2.7 port=99>')?.hmac).toEqual(
      addAddrHmac(LOCAL_KEY, REMOTE_KEY, 9, '192.0.2.7', 99),
    );
  });

  test('has the HMAC that is written, or none', () => {
    expect(sent('a ACK <add_addr hmac=hex:0000000000000001>')?.hmac).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1));
    expect(sent('a ACK <add_addr hmac=absent>')?.hmac).toBeUndefined();
  });

  test('has no HMAC when it is an echo', () => {
    expect(sent('a ACK <add_addr E=1 id=9 addr=192.0.2.7>')?.hmac).toBeUndefined();
  });
});

describe('an announcement that has come', () => {
  const differences = (hmac: Uint8Array): string[] => {
    const own = subflow();
    const packet = composePacket(parsePacketLine('a ACK <>'), own, scope, 0);
    packet.tcp.options = [
      { kind: 'add_addr', reserved: 0, echo: false, addressId: 4, address: '10.9.9.9', port: 77, hmac },
    ];
    const arrival = { packet, subflow: own, before: own.before(), at: 0, link: 'a', index: 0, consumed: false };
    return matchPacket(parsePacketLine('a ACK <add_addr hmac=auto>'), arrival, own, scope).differences.map(
      (one) => one.field,
    );
  };

  test('is held against the HMAC of what it announces', () => {
    expect(differences(addAddrHmac(REMOTE_KEY, LOCAL_KEY, 4, '10.9.9.9', 77))).toEqual([]);
    expect(differences(addAddrHmac(REMOTE_KEY, LOCAL_KEY, 4, '10.9.9.9', 0))).toEqual(['add_addr.hmac']);
    expect(differences(addAddrHmac(LOCAL_KEY, REMOTE_KEY, 4, '10.9.9.9', 77))).toEqual(['add_addr.hmac']);
  });
});
