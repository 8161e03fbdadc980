/** A middlebox that alters what applications say, as application-level gateways of NATs do. */
import { seqAdd, seqDiff } from '../../../mptcp/index.ts';
import { FLAG, type Packet } from '../../../packet/types.ts';
import { clampMss, flowOf, unsealed, type Middlebox, type Outlet } from '../middlebox.ts';
import { moveSack } from './isn.ts';
import { back, type Way } from '../types.ts';

/** Fields to alter. */
export interface RewriteSettings {
  ways: readonly Way[];
  /** Bytes of payload that pass before the first alteration. */
  after: number;
  /** Bytes put in; 0 alters a byte in place. */
  insert: number;
  /** Number of segments to alter. */
  times: number;
}

/** Payload that fits into 1,500 bytes with the longest headers, IPv6 and all TCP options. */
const LARGEST_SEGMENT = 1400;

interface Change {
  /** Sequence number, as the sender has it, of the segment that was altered. */
  seq: number;
  length: number;
}

/** Alters segments, the same way when they come again, and moves all numbers after the inserted bytes. */
export function rewrite({ ways, after, insert, times }: RewriteSettings): Middlebox {
  const passed: Record<Way, number> = { up: 0, down: 0 };
  const changes = new Map<string, Change[]>();
  const changesOf = (way: Way, flow: string): Change[] => {
    const key = `${way} ${flow}`;
    const known = changes.get(key) ?? [];
    changes.set(key, known);
    return known;
  };
  let made = 0;
  return {
    name: 'rewrite',
    pass: (way: Way, packet: Packet, outlet: Outlet) => {
      if (insert > 0 && (packet.tcp.flags & FLAG.SYN) !== 0) {
        outlet.send(way, clampMss(packet, LARGEST_SEGMENT - insert));
        return;
      }
      const flow = flowOf(way, packet);
      const [own, others] = [changesOf(way, flow), changesOf(back(way), flow)];
      const { seq, payload } = packet.tcp;
      const isKnown = own.some((one) => one.seq === seq);
      if (ways.includes(way) && payload.length > 0) {
        if (!isKnown && made < times && passed[way] >= after) {
          made += 1;
          own.push({ seq, length: payload.length });
        }
        passed[way] += payload.length;
      }
      if (own.length === 0 && others.length === 0) {
        outlet.send(way, packet);
        return;
      }
      outlet.send(way, altered(packet, own, others, insert));
    },
  };
}

function altered(packet: Packet, own: readonly Change[], others: readonly Change[], insert: number): Packet {
  const { ip, tcp } = unsealed(packet);
  const isAltered = own.some((one) => one.seq === tcp.seq) && tcp.payload.length > 0;
  const shift = own.filter((one) => isBehind(tcp.seq, one.seq)).length * insert;
  // The far side counts what was put in; the near side must not hear of it.
  const unshift = others.filter((one) => isBehind(tcp.ack, seqAdd(one.seq, insert))).length * insert;
  return {
    ip,
    tcp: {
      ...tcp,
      seq: seqAdd(tcp.seq, shift),
      ack: seqAdd(tcp.ack, -unshift),
      options: moveSack(tcp.options, -unshift),
      payload: isAltered ? changed(tcp.payload, insert) : tcp.payload,
    },
  };
}

function changed(payload: Uint8Array, insert: number): Uint8Array {
  const made = new Uint8Array(payload.length + insert);
  made.set(payload, insert);
  if (insert === 0) made[0] = (made[0] ?? 0) ^ 0xff;
  else made.fill(0xff, 0, insert);
  return made;
}

/** Whether a sequence number lies after another (RFC 9293 section 3.4). */
function isBehind(a: number, b: number): boolean {
  return seqDiff(a, b) > 0;
}
