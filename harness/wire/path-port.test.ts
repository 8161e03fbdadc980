import { expect, test } from 'vitest';
import { sleep } from '../clock/clock.ts';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { decodePacket, encodePacket, isNotTcp, type Packet } from '../packet/index.ts';
import { merge } from './forward/boxes/resegment.ts';
import { rewriteIsn } from './forward/boxes/isn.ts';
import type { Middlebox } from './forward/middlebox.ts';
import { segment, type Made } from './forward/testing/conversation.ts';
import { bothWays } from './forward/path.ts';
import type { PathShape } from './forward/types.ts';
import { openPathPort } from './path-port.ts';
import type { WirePacket, WirePort } from './types.ts';

function sut(made: Made): Uint8Array {
  return encodePacket(segment('up', made));
}

function tester(made: Made): Uint8Array {
  return encodePacket(segment('down', made));
}

function tcpOf(bytes: Uint8Array | undefined): Packet['tcp'] {
  const packet = decodePacket(bytes ?? new Uint8Array());
  if (isNotTcp(packet)) throw new Error(packet.message);
  return packet.tcp;
}

/** A port over a link whose far end keeps what reaches it. */
function boxed(boxes: readonly Middlebox[]): {
  port: WirePort;
  heard: WirePacket[];
  reached: Uint8Array[];
  sutSends: (bytes: Uint8Array) => void;
  fences: number[];
} {
  const heard: WirePacket[] = [];
  const reached: Uint8Array[] = [];
  const fences: number[] = [];
  let hear: (packet: WirePacket) => void = () => undefined;
  const port = openPathPort({
    clock: new VirtualClock(),
    shape: bothWays({}),
    seed: 'seed',
    boxes,
    onPacket: (packet) => heard.push(packet),
    open: (onPacket) => {
      hear = onPacket;
      return {
        link: 'a',
        send: (bytes) => {
          reached.push(bytes);
          return Promise.resolve();
        },
        echo: () => {
          fences.push(reached.length);
          return Promise.resolve(1);
        },
        close: () => undefined,
      };
    },
  });
  return { port, heard, reached, fences, sutSends: (bytes) => hear({ at: 0, direction: 'in', link: 'a', bytes }) };
}

test('tells of packets as the tester sends and gets them, and hands on what the middleboxes made', async () => {
  const { port, heard, reached, sutSends } = boxed([rewriteIsn({ up: 500, down: 70 })]);
  await port.send(tester({ seq: 1, ack: 1500 }));
  sutSends(sut({ seq: 1000, ack: 71 }));
  expect(heard.map(({ direction, bytes }) => [direction, tcpOf(bytes).seq, tcpOf(bytes).ack])).toEqual([
    ['out', 1, 1500],
    ['in', 1500, 1],
  ]);
  expect(reached.map((bytes) => [tcpOf(bytes).seq, tcpOf(bytes).ack])).toEqual([[71, 1000]]);
  port.close();
});

test('holds the fence until middleboxes hold nothing back', async () => {
  const { port, reached, fences } = boxed([merge(1000)]);
  await port.send(tester({ seq: 1, payload: '0123456789' }));
  expect(reached).toHaveLength(0);
  await port.echo(1000);
  expect(fences).toEqual([1]);
  port.close();
});

test('lets pass what is not TCP, and nothing once it is closed', async () => {
  const { port, heard, reached, sutSends } = boxed([merge(1000)]);
  const icmp = sut({});
  icmp[9] = 1;
  sutSends(icmp);
  expect(heard.map(({ bytes }) => bytes)).toEqual([icmp]);
  await port.send(tester({ seq: 1, payload: '0123456789' }));
  port.close();
  sutSends(sut({}));
  expect([heard.length, reached.length]).toEqual([2, 0]);
});

test('reports that the link does not work', async () => {
  const port = openPathPort({
    clock: new VirtualClock(),
    shape: bothWays({}),
    seed: 'seed',
    boxes: [],
    onPacket: () => undefined,
    open: () => ({
      link: 'a',
      send: () => Promise.reject(new Error('gone')),
      echo: () => Promise.resolve(1),
      close: () => undefined,
    }),
  });
  await port.send(tester({}));
  await expect(port.echo(100)).rejects.toThrow('gone');
  port.close();
});
/** A port over a link that is a mirror: what is sent comes back, the first byte raised by one. */
function mirror(shape: PathShape): { port: WirePort; heard: WirePacket[]; clock: VirtualClock } {
  const heard: WirePacket[] = [];
  const clock = new VirtualClock();
  const port = openPathPort({
    clock,
    shape,
    boxes: [],
    seed: 'seed',
    onPacket: (packet) => heard.push(packet),
    open: (onPacket) => ({
      link: 'a',
      send: (bytes) => {
        onPacket({ at: 0, direction: 'out', link: 'a', bytes });
        onPacket({ at: 0, direction: 'in', link: 'a', bytes: bytes.map((byte, i) => (i === 0 ? byte + 1 : byte)) });
        return Promise.resolve();
      },
      echo: () => Promise.resolve(1),
      close: () => undefined,
    }),
  });
  return { port, heard, clock };
}

const said = (heard: readonly WirePacket[]): string[] =>
  heard.map(({ direction, bytes }) => `${direction} ${bytes[0] ?? '?'}`);

test('delays both ways, keeps the order, and a fence comes after all', async () => {
  const { port, heard } = mirror({ down: { delay: 30 }, up: { delay: 20 } });
  for (const byte of [10, 20, 30]) await port.send(Uint8Array.of(byte));
  expect(said(heard)).toEqual(['out 10', 'out 20', 'out 30']);
  expect(await port.echo(1000)).toBe(50);
  expect(said(heard)).toEqual(['out 10', 'out 20', 'out 30', 'in 11', 'in 21', 'in 31']);
  expect(heard[3]?.at).toBe(50);
  port.close();
});

test('loses by chance what was sent, and what comes', async () => {
  const { port, heard } = mirror(bothWays({ loss: 0.5 }));
  for (let i = 0; i < 200; i++) await port.send(Uint8Array.of(10));
  await port.echo(1000);
  const count = (what: string): number => said(heard).filter((one) => one === what).length;
  expect(count('out 10')).toBe(200);
  // A quarter survives both ways; 3 standard deviations are 18.
  expect(Math.abs(count('in 11') - 50)).toBeLessThan(18);
  port.close();
});

test('keeps to a rate', async () => {
  const { port, heard, clock } = mirror({ down: { rate: 80_000 }, up: {} });
  for (let i = 0; i < 5; i++) await port.send(new Uint8Array(100));
  await port.echo(1000);
  expect(heard.filter(({ direction }) => direction === 'in')).toHaveLength(5);
  // 500 bytes at 10 bytes a millisecond.
  expect(clock.now()).toBe(50);
  port.close();
});

test('lets nothing out of a link that is closed', async () => {
  const { port, heard, clock } = mirror({ down: { delay: 5 }, up: {} });
  await port.send(Uint8Array.of(10));
  port.close();
  await sleep(clock, 20);
  expect(said(heard)).toEqual(['out 10']);
});
