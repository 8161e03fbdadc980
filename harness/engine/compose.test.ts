import { describe, expect, test } from 'vitest';
import { dssChecksum, idsn } from '../mptcp/index.ts';
import type { OptionDss, Packet } from '../packet/types.ts';
import { parsePacketLine } from '../notation/packet-line.ts';
import type { Profile } from '../scenario/suite.ts';
import { fillBytes } from '../sut/fill.ts';
import { composePacket, recordSent } from './compose.ts';
import { Connection, dssOf, Subflow } from './endpoint.ts';

const profile: Profile = { timestamps: false, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 };

function subflowOf(changes: Partial<Profile> = {}): Subflow {
  const connection = new Connection({ ...profile, ...changes }, { uint32: () => 7, uint64: () => 99n });
  connection.remoteKey = 5n;
  const subflow = new Subflow({
    name: 'a',
    spec: { link: 1, addressId: 0 },
    connection,
    active: true,
    first: true,
    local: { address: '192.0.2.1', port: 1 },
    remote: { address: '192.0.2.2', port: 2 },
  });
  Object.assign(subflow, { sendNext: 1, confirmed: true, remoteIsn: 0 });
  return subflow;
}

function send(text: string, subflow: Subflow): { packet: Packet; dss: OptionDss } {
  const line = parsePacketLine(text);
  const packet = composePacket(line, subflow, { lookup: () => undefined }, 0);
  recordSent(line, subflow, packet);
  const dss = dssOf(packet);
  if (dss === undefined) throw new Error('the packet has no DSS');
  return { packet, dss };
}

describe('a mapping that the line writes', () => {
  test('has the payload of its data sequence number', () => {
    const { packet } = send('a PSH/ACK len=10 <dss dsn=101>', subflowOf());
    expect(packet.tcp.payload).toEqual(fillBytes(100, 10));
  });

  test('leaves a hole, which the next segment without a number fills', () => {
    const subflow = subflowOf();
    send('a PSH/ACK len=10 <dss dsn=11>', subflow);
    expect(subflow.connection.sendNext).toBe(1n);
    const { packet } = send('a PSH/ACK len=10', subflow);
    expect(packet.tcp.payload).toEqual(fillBytes(0, 10));
    expect(subflow.connection.sendNext).toBe(21n);
  });

  test('covers segments that follow without an option', () => {
    const subflow = subflowOf();
    send('a PSH/ACK len=10 <dss dlen=30>', subflow);
    const line = parsePacketLine('a PSH/ACK len=20 <>');
    expect(composePacket(line, subflow, { lookup: () => undefined }, 0).tcp.payload).toEqual(fillBytes(10, 20));
  });

  test('has a checksum over all of it, not only what is in the segment', () => {
    const { dss } = send('a PSH/ACK len=10 <dss dlen=31 dsn_size=4>', subflowOf({ checksum: true }));
    const dsn = BigInt.asUintN(64, idsn(99n) + 1n);
    expect(dss.dsn).toBe(BigInt.asUintN(32, dsn));
    expect(dss.checksum).toBe(dssChecksum({ dsn, ssn: 1, dataLength: 31, data: fillBytes(0, 31) }));
  });

  test('can have a checksum that was not agreed, and a wrong one', () => {
    const right = send('a PSH/ACK len=10 <dss csum=auto>', subflowOf()).dss.checksum ?? -1;
    expect(send('a PSH/ACK len=10 <dss csum=auto+1>', subflowOf({ checksum: true })).dss.checksum).toBe(right + 1);
  });

  test('counts a DATA_FIN with data once', () => {
    const subflow = subflowOf();
    const { dss } = send('a PSH/ACK len=10 <dss F=1>', subflow);
    expect(dss.dataLength).toBe(11);
    expect(subflow.connection.sendNext).toBe(12n);
  });
});

describe('a DSS without some part', () => {
  test('has no mapping field and no size flag with map=0', () => {
    const { dss } = send('a PSH/ACK len=10 <dss map=0>', subflowOf());
    expect(dss).toMatchObject({ hasMap: false, dsn8: false });
    expect(dss.dsn ?? dss.ssn ?? dss.dataLength).toBeUndefined();
  });

  test('keeps a size flag that the line sets', () => {
    const { dss } = send('a PSH/ACK len=10 <dss dack=absent dack_size=8>', subflowOf());
    expect(dss).toMatchObject({ hasDataAck: false, dataAck8: true });
    expect(send('a PSH/ACK len=10 <dss dack=absent>', subflowOf()).dss.dataAck8).toBe(false);
  });
});
