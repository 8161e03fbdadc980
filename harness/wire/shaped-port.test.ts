import { expect, it } from 'vitest';
import { openShapedPort, type LinkShape } from './shaped-port.ts';
import type { WirePacket, WirePort } from './types.ts';

/** A port over a link that is a mirror: what is sent comes back, the first octet raised by one. */
function mirror(shape: LinkShape, random = () => 0.5): { port: WirePort; heard: WirePacket[] } {
  const heard: WirePacket[] = [];
  const port = openShapedPort({
    shape,
    random,
    onPacket: (packet) => heard.push(packet),
    open: (onPacket) => ({
      link: 'a',
      send: (bytes) => {
        onPacket({ at: 0, direction: 'out', link: 'a', bytes });
        onPacket({ at: 0, direction: 'in', link: 'a', bytes: bytes.map((octet, i) => (i === 0 ? octet + 1 : octet)) });
        return Promise.resolve();
      },
      echo: () => Promise.resolve(1),
      close: () => undefined,
    }),
  });
  return { port, heard };
}

const said = (heard: readonly WirePacket[]): string[] =>
  heard.map(({ direction, bytes }) => `${direction} ${bytes[0] ?? '?'}`);

it('delays both ways, keeps the order, and a fence comes behind all', async () => {
  // Timers may be a millisecond early, each.
  const { port, heard } = mirror({ toSut: { delay: 30 }, fromSut: { delay: 20 } });
  const start = performance.now();
  for (const octet of [10, 20, 30]) await port.send(Uint8Array.of(octet));
  expect(said(heard)).toEqual(['out 10', 'out 20', 'out 30']);
  expect(await port.echo(1000)).toBeGreaterThanOrEqual(47);
  expect(said(heard)).toEqual(['out 10', 'out 20', 'out 30', 'in 11', 'in 21', 'in 31']);
  expect((heard[3]?.at ?? 0) - start).toBeGreaterThanOrEqual(46);
  port.close();
});

it('loses by chance what was sent, and what comes', async () => {
  // The first is lost on its way, the second on its way back.
  const chances = [0.1, 0.9, 0.1, 0.9, 0.9];
  const { port, heard } = mirror({ toSut: { loss: 0.5 }, fromSut: { loss: 0.5 } }, () => chances.shift() ?? 1);
  for (const octet of [10, 20, 30]) {
    await port.send(Uint8Array.of(octet));
    await port.echo(1000);
  }
  expect(said(heard)).toEqual(['out 10', 'out 20', 'out 30', 'in 31']);
  port.close();
});

it('keeps to a rate', async () => {
  const { port, heard } = mirror({ toSut: { rate: 80_000 } });
  const start = performance.now();
  for (let i = 0; i < 5; i++) await port.send(new Uint8Array(100));
  await port.echo(1000);
  expect(heard.filter(({ direction }) => direction === 'in')).toHaveLength(5);
  // 500 octets at 10 octets a millisecond.
  expect(performance.now() - start).toBeGreaterThanOrEqual(46);
  port.close();
});

it('lets nothing out of a link that is closed', async () => {
  const { port, heard } = mirror({ toSut: { delay: 5 } });
  await port.send(Uint8Array.of(10));
  port.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(said(heard)).toEqual(['out 10']);
});
