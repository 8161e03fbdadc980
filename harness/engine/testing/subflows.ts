/** Ends of connections in known states, for tests of what the engine works out. */
import type { Packet, TcpOption, TcpSegment } from '../../packet/types.ts';
import type { Profile } from '../../scenario/suite.ts';
import { Connection, Subflow } from '../endpoint.ts';
import type { Arrival } from '../packet-view.ts';

export const LOCAL_KEY = 0x0102030405060708n;
export const REMOTE_KEY = 0x1122334455667788n;
export const LOCAL_ISN = 1000;
export const REMOTE_ISN = 0xfffffff0;

/** Scope without any name. */
export const NOTHING = { lookup: () => undefined };

const PROFILE: Profile = { timestamps: false, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 };

/** A subflow before its first packet; `first: false` is a join to a connection whose keys are known. */
export function freshSubflow(profile: Partial<Profile> = {}, first = true, active = true): Subflow {
  const connection = new Connection({ ...PROFILE, ...profile }, { uint32: () => LOCAL_ISN, uint64: () => LOCAL_KEY });
  if (!first) connection.remoteKey = REMOTE_KEY;
  return new Subflow({
    name: 'a',
    spec: { link: 1, addressId: first ? 0 : 2 },
    connection,
    active,
    first,
    local: { address: '192.0.2.1', port: 40_000 },
    remote: { address: '192.0.2.2', port: 5001 },
  });
}

/** A subflow whose handshake is done; the stack has acknowledged data when `confirmed`. */
export function establishedSubflow(profile: Partial<Profile> = {}, first = true, confirmed = true): Subflow {
  const subflow = freshSubflow(profile, first);
  subflow.connection.remoteKey = REMOTE_KEY;
  Object.assign(subflow, { sendNext: 1, remoteIsn: REMOTE_ISN, remoteNonce: 77, confirmed });
  subflow.received.take(0n, 1);
  return subflow;
}

/** A packet of the stack. Sequence numbers are relative. */
export function fromStack(
  tcp: Partial<Omit<TcpSegment, 'seq' | 'ack'>> & { seq?: number; ack?: number; options?: TcpOption[] },
): Packet {
  const { seq = 1, ack = 1, ...rest } = tcp;
  return {
    ip: { family: 'ipv4', src: '192.0.2.2', dst: '192.0.2.1', tos: 0, id: 0, fragment: 0x4000, ttl: 64, protocol: 6 },
    tcp: {
      srcPort: 5001,
      dstPort: 40_000,
      seq: (REMOTE_ISN + seq) >>> 0,
      ack: (LOCAL_ISN + ack) >>> 0,
      flags: 0x10,
      window: 502,
      urgent: 0,
      options: [],
      payload: new Uint8Array(0),
      ...rest,
    },
  };
}

/** The packet as the matcher gets it, after the subflow has learnt from it. */
export function arrive(packet: Packet, subflow: Subflow): Arrival {
  const before = subflow.before();
  subflow.observe(packet);
  return { packet, subflow, before, at: 0, link: 'a', index: 0, consumed: false };
}
