/** Damages a capture as bad captures are damaged. The same seed gives the same damage. Pure. */
import { seededRandom } from '../../clock/random.ts';
import { flipped, withAddress, withLessTtl, withoutPayload } from './rewrite.ts';

/** A packet of a capture, from the IP header on. */
export interface CapturedPacket {
  /** Milliseconds. */
  at: number;
  bytes: Uint8Array;
}

type Chance = () => number;
type Damage = (packets: readonly CapturedPacket[], chance: Chance) => CapturedPacket[];

/** Text that orders addresses: the lower one is "one side". */
function source({ bytes }: CapturedPacket): string {
  const isIpv6 = (bytes[0] ?? 0) >> 4 === 6;
  return Buffer.from(isIpv6 ? bytes.subarray(8, 24) : bytes.subarray(12, 16)).toString('hex');
}

const DAMAGES: Readonly<Record<string, Damage>> = {
  drop: (packets, chance) => {
    const share = 0.02 + chance() * 0.5;
    return packets.filter(() => chance() > share);
  },
  cut: (packets, chance) => {
    const [from, to] = [chance() * 0.6, 0.6 + chance() * 0.4];
    return packets.slice(Math.floor(packets.length * from), Math.ceil(packets.length * to));
  },
  gap: (packets, chance) => {
    const from = Math.floor(packets.length * chance());
    return packets.toSpliced(from, 1 + Math.floor(chance() * 200));
  },
  'one direction': (packets) => {
    const first = packets[0] === undefined ? '' : source(packets[0]);
    return packets.filter((packet) => source(packet) === first);
  },
  duplicate: (packets, chance) => packets.flatMap((packet) => (chance() < 0.1 ? [packet, packet] : [packet])),
  reorder: reordered,
  'two interfaces': (packets, chance) => atTwoInterfaces(packets, chance, (bytes) => bytes),
  'a translator, from both of its sides': (packets, chance) => {
    const inside = packets[0] === undefined ? '' : source(packets[0]);
    return atTwoInterfaces(packets, chance, (bytes) =>
      withAddress(bytes, (one) => (one === inside ? flipped(one) : one)),
    );
  },
  translate: (packets) => {
    const inside = packets[0] === undefined ? '' : source(packets[0]);
    return packets.map(({ at, bytes }) => ({
      at,
      bytes: withAddress(bytes, (one) => (one === inside ? flipped(one) : one)),
    }));
  },
  anonymise: (packets) => packets.map(({ at, bytes }) => ({ at, bytes: withoutPayload(withAddress(bytes, flipped)) })),
  snap: (packets, chance) => {
    const length = 60 + Math.floor(chance() * 60);
    return packets.map(({ at, bytes }) => ({ at, bytes: bytes.subarray(0, length) }));
  },
};

/** Every packet at two interfaces of one machine: `-i any` on a router. `change` is what the router does to the copy. */
function atTwoInterfaces(
  packets: readonly CapturedPacket[],
  chance: Chance,
  change: (bytes: Uint8Array) => Uint8Array,
): CapturedPacket[] {
  const seen = packets.flatMap(({ at, bytes }) => {
    const copy = change(withLessTtl(bytes));
    // Towards the inside of a translator the translated one comes first.
    const pair = chance() < 0.5 ? [bytes, copy] : [copy, bytes];
    return [
      { at, bytes: pair[0] ?? bytes },
      { at: at + 0.02 + chance() * 0.1, bytes: pair[1] ?? copy },
    ];
  });
  return seen.sort((a, b) => a.at - b.at);
}

/** Swaps packets with near ones, as several receive queues do. */
function reordered(packets: readonly CapturedPacket[], chance: Chance): CapturedPacket[] {
  return packets
    .map((packet, place) => ({ packet, place: place + (chance() < 0.1 ? chance() * 4 : 0) }))
    .sort((a, b) => a.place - b.place)
    .map(({ packet }, index) => ({ bytes: packet.bytes, at: packets[index]?.at ?? packet.at }));
}

/** The mangled packets, and the operations that were applied. @param seed any text */
export function mangle(
  packets: readonly CapturedPacket[],
  seed: string,
): { done: string[]; packets: CapturedPacket[] } {
  const chance: Chance = seededRandom(seed);
  const names = Object.keys(DAMAGES);
  const done = Array.from(
    { length: 1 + Math.floor(chance() * 2) },
    () => names[Math.floor(chance() * names.length)] ?? '',
  );
  return {
    done,
    packets: done.reduce<CapturedPacket[]>((left, name) => DAMAGES[name]?.(left, chance) ?? left, [...packets]),
  };
}
