/** A scenario's capture for Wireshark: comments on judged packets, named links, and the keys. Pure. */
import { decodePacket, isNotTcp } from '../packet/index.ts';
import type { NotTcp, Packet } from '../packet/types.ts';
import type { LadderEntry, ScenarioResult } from '../verdict/result.ts';
import { isKept } from '../verdict/verdict.ts';
import { pcapng, type CommentedPacket } from '../wire/pcapng-write.ts';

/** A packet of a capture. */
export type CapturedPacket = Pick<CommentedPacket, 'at' | 'bytes' | 'originalLength'>;

/**
 * The capture as pcapng. The ladder says of each packet which step sent it or waited for it, and verdict and clause where
 * the step judged.
 *
 * @param packets those of the ladder, in the same order
 */
export function commentedCapture(
  { id, title, verdict }: Pick<ScenarioResult, 'id' | 'title' | 'verdict'>,
  ladder: readonly LadderEntry[],
  packets: readonly CapturedPacket[],
): Buffer {
  const comments = commentsOn(ladder);
  const decoded = packets.map(({ bytes }) => decodePacket(bytes));
  const directions = ladder.filter(({ kind }) => kind === 'packet').map(({ direction }) => direction);
  const links: string[] = [];
  const commented = packets.map((packet, index): CommentedPacket => {
    const name = linkOf(decoded[index]);
    if (!links.includes(name)) links.push(name);
    const lines = comments.get(index)?.map(lineOf);
    const direction = directions[index];
    return {
      ...packet,
      interface: links.indexOf(name),
      ...(direction === undefined ? {} : { direction }),
      ...(lines === undefined ? {} : { comment: lines.join('\n') }),
    };
  });
  const about = [id, title, `verdict: ${verdict}`, ...keysIn(decoded)];
  return pcapng({ comment: about.join('\n'), interfaces: links, packets: commented });
}

/** Wireshark's display filter for the packets with a departure; for those with a comment where none departs. */
export function departureFilter(ladder: readonly LadderEntry[]): string {
  const bad = [...commentsOn(ladder)].filter(([, steps]) =>
    steps.some(({ verdict }) => verdict !== undefined && !isKept(verdict)),
  );
  return bad.length === 0 ? 'frame.comment' : `frame.number in {${bad.map(([index]) => index + 1).join(', ')}}`;
}

/** Steps by the place of the packet that they are about. */
function commentsOn(ladder: readonly LadderEntry[]): Map<number, LadderEntry[]> {
  const comments = new Map<number, LadderEntry[]>();
  const add = (place: number, about: LadderEntry): void => {
    if (place >= 0) comments.set(place, [...(comments.get(place) ?? []), about]);
  };
  let step: LadderEntry | undefined;
  let packets = 0;
  const settle = (): void => {
    // A step without a packet of its own is about what came before it.
    if (step?.verdict !== undefined) add(packets - 1, step);
    step = undefined;
  };
  for (const entry of ladder) {
    if (entry.kind === 'packet') {
      if (step !== undefined) add(packets, step);
      step = undefined;
      packets++;
    } else if (entry.kind === 'step') {
      settle();
      step = entry;
    }
  }
  settle();
  return comments;
}

function lineOf({ text, verdict, clause }: LadderEntry): string {
  const judged = [verdict, clause].filter((one) => one !== undefined).join(' ');
  return judged === '' ? text : `${judged}: ${text}`;
}

/** The two addresses, in the same order for both directions. */
function linkOf(packet: Packet | NotTcp | undefined): string {
  if (packet === undefined || isNotTcp(packet)) return 'other';
  return [packet.ip.src, packet.ip.dst].sort().join(' - ');
}

function keysIn(packets: readonly (Packet | NotTcp)[]): string[] {
  const keys = new Map<string, string>();
  for (const packet of packets) {
    if (isNotTcp(packet)) continue;
    for (const option of packet.tcp.options) {
      if (option.kind !== 'mp_capable' || option.senderKey === undefined) continue;
      const host = `${packet.ip.src} port ${packet.tcp.srcPort}`;
      if (!keys.has(host)) keys.set(host, `0x${option.senderKey.toString(16).padStart(16, '0')}`);
    }
  }
  return [...keys].map(([host, key]) => `key of ${host}: ${key}`);
}
