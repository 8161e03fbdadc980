import { expect, it } from 'vitest';
import { decodePacket, encodePacket, isNotTcp, type Packet } from '../packet/index.ts';
import { openBoxedPort } from './boxed-port.ts';
import { merge } from './forward/boxes/resegment.ts';
import { rewriteIsn } from './forward/boxes/isn.ts';
import type { Middlebox } from './forward/middlebox.ts';
import { segment, type Made } from './forward/testing/conversation.ts';
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
  const port = openBoxedPort({
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

it('tells of packets as the tester sends and gets them, and hands on what the middleboxes made', async () => {
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

it('holds the fence until middleboxes hold nothing back', async () => {
  const { port, reached, fences } = boxed([merge(1000)]);
  await port.send(tester({ seq: 1, payload: '0123456789' }));
  expect(reached).toHaveLength(0);
  await port.echo(1000);
  expect(fences).toEqual([1]);
  port.close();
});

it('lets pass what is not TCP, and nothing once it is closed', async () => {
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

it('reports that the link does not work', async () => {
  const port = openBoxedPort({
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
