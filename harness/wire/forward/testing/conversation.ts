/** For tests: a made-up TCP conversation through a middlebox. */
import {
  decodePacket,
  encodePacket,
  isNotTcp,
  verifyChecksums,
  type Packet,
  type TcpOption,
} from '../../../packet/index.ts';
import { FLAG } from '../../../packet/types.ts';
import { passChain, type Middlebox } from '../middlebox.ts';
import type { Way } from '../types.ts';

/** Properties of a segment that differ from the default. */
export interface Made {
  flags?: number;
  seq?: number;
  ack?: number;
  payload?: string;
  options?: TcpOption[];
}

/** A segment of the client (`up`) or of the server. */
export function segment(way: Way, { flags = FLAG.ACK, seq = 1, ack = 1, payload = '', options = [] }: Made): Packet {
  const [client, server] = ['10.0.1.2', '10.0.9.2'];
  const up = way === 'up';
  return {
    ip: {
      family: 'ipv4',
      src: up ? client : server,
      dst: up ? server : client,
      tos: 0,
      id: 1,
      fragment: 0x4000,
      ttl: 64,
      protocol: 6,
    },
    tcp: {
      srcPort: up ? 40_000 : 5001,
      dstPort: up ? 5001 : 40_000,
      seq,
      ack,
      flags,
      window: 1000,
      urgent: 0,
      options,
      payload: new TextEncoder().encode(payload),
    },
  };
}

/** Packets that came out, and packets that wait for their time. */
export interface Passage {
  out: { way: Way; packet: Packet; text: string }[];
  /** Lets the time of everything that waits come. */
  elapse: () => void;
  pass: (way: Way, made: Made) => void;
}

/** Sends segments through middleboxes as the wire would: as bytes, which have to have right checksums when they leave. */
export function through(boxes: readonly Middlebox[]): Passage {
  const out: Passage['out'] = [];
  const waiting: (() => void)[] = [];
  const clock = { now: () => 0, later: (_: number, action: () => void) => waiting.push(action) };
  return {
    out,
    elapse: () => waiting.splice(0).forEach((action) => action()),
    pass: (way, made) => {
      const packet = decodePacket(encodePacket(segment(way, made)));
      if (isNotTcp(packet)) throw new Error(packet.message);
      passChain(boxes, way, packet, { ...clock, later: (ms, action) => void clock.later(ms, action) }, (to, left) => {
        const bytes = encodePacket(left);
        const again = decodePacket(bytes);
        const sums = verifyChecksums(bytes);
        if (isNotTcp(again) || 'problem' in sums || !sums.ip || !sums.tcp)
          throw new Error('a middlebox made a packet with a wrong checksum');
        out.push({ way: to, packet: again, text: new TextDecoder().decode(again.tcp.payload) });
      });
    },
  };
}
