/** A scenario's capture for Wireshark: comments on judged packets, named links, and the keys. */
import { decodePacket, isNotTcp } from '../../packet/index.ts';
import { readLadder } from '../../report/ladder-file.ts';
import type { ScenarioRecord } from '../../report/results.ts';
import type { LadderEntry } from '../../verdict/result.ts';
import { readPcap } from '../../wire/pcap-read.ts';
import { pcapng, type CommentedPacket } from '../../wire/pcapng-write.ts';

type Captured = Awaited<ReturnType<typeof readPcap>>['packets'][number];

/** The capture, and where to look in it. */
export interface WiresharkCapture {
  bytes: Buffer;
  /** Display filter that shows the packets with a departure; those with a comment where none departs. */
  filter: string;
}

/**
 * Puts what the ladder says of each packet into a copy of the capture: the step that waited for it or sent it, and verdict
 * and clause where the step judged.
 *
 * @throws CaptureError, ResultsFileError
 */
export async function wiresharkCapture(
  scenario: ScenarioRecord,
  files: { pcap: string; ladder: string },
): Promise<WiresharkCapture> {
  const { packets } = await readPcap(files.pcap);
  const ladder = readLadder(files.ladder);
  const comments = commentsOn(ladder);
  const directions = ladder.filter(({ kind }) => kind === 'packet').map(({ direction }) => direction);
  const links: string[] = [];
  const commented = packets.map((packet, index): CommentedPacket => {
    const name = linkOf(packet);
    if (!links.includes(name)) links.push(name);
    const lines = comments.get(index);
    const direction = directions[index];
    return {
      ...packet,
      interface: links.indexOf(name),
      ...(direction === undefined ? {} : { direction }),
      ...(lines === undefined ? {} : { comment: lines.join('\n') }),
    };
  });
  const about = [scenario.id, scenario.title, `verdict: ${scenario.verdict}`, ...keysIn(packets)];
  const bad = [...comments].filter(([, lines]) => lines.some((line) => /^(fail|warn|inconclusive) /.test(line)));
  return {
    bytes: pcapng({ comment: about.join('\n'), interfaces: links, packets: commented }),
    filter: bad.length === 0 ? 'frame.comment' : `frame.number in {${bad.map(([index]) => index + 1).join(', ')}}`,
  };
}

/** Comments by the place of the packet: packets of the ladder are those of the capture, in the same order. */
function commentsOn(ladder: readonly LadderEntry[]): Map<number, string[]> {
  const comments = new Map<number, string[]>();
  const add = (place: number, line: string): void => {
    if (place >= 0) comments.set(place, [...(comments.get(place) ?? []), line]);
  };
  let step: LadderEntry | undefined;
  let packets = 0;
  const settle = (): void => {
    // A step without a packet of its own is about what came before it.
    if (step?.verdict !== undefined) add(packets - 1, lineOf(step));
    step = undefined;
  };
  for (const entry of ladder) {
    if (entry.kind === 'packet') {
      if (step !== undefined) add(packets, lineOf(step));
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
function linkOf({ bytes }: Captured): string {
  const packet = decodePacket(bytes);
  if (isNotTcp(packet)) return 'other';
  return [packet.ip.src, packet.ip.dst].sort().join(' - ');
}

function keysIn(packets: readonly Captured[]): string[] {
  const keys = new Map<string, string>();
  for (const { bytes } of packets) {
    const packet = decodePacket(bytes);
    if (isNotTcp(packet)) continue;
    for (const option of packet.tcp.options) {
      if (option.kind !== 'mp_capable' || option.senderKey === undefined) continue;
      const host = `${packet.ip.src} port ${packet.tcp.srcPort}`;
      if (!keys.has(host)) keys.set(host, `0x${option.senderKey.toString(16).padStart(16, '0')}`);
    }
  }
  return [...keys].map(([host, key]) => `key of ${host}: ${key}`);
}
