/** Opens the tester's end of a built link. */
import { realClock, type Clock } from '../clock/clock.ts';
import { openPathPort } from '../wire/path-port.ts';
import { openPort } from '../wire/raw-link.ts';
import type { WirePacket, WirePort } from '../wire/types.ts';
import { makeBoxes } from './middleboxes.ts';
import type { CellLink } from './contract.ts';

/**
 * Opens a port on a link. The link's middleboxes are played here, next to the tester, and its shaping where the driver
 * leaves that to the tester.
 *
 * @throws WireError when the device cannot be opened
 */
export function openLink(
  link: CellLink,
  family: 'ipv4' | 'ipv6',
  onPacket: (packet: WirePacket) => void,
  onError: (error: Error) => void,
  clock: Clock = realClock,
): WirePort {
  const { spec, device } = link;
  const openDevice = (hear: (packet: WirePacket) => void): WirePort =>
    link.open?.(family, hear) ??
    openPort({
      device,
      link: spec.name,
      family,
      testerAddress: link.tester[family],
      sutAddress: link.sut[family],
      onPacket: hear,
      onError,
    });
  const shape =
    link.shapedByTester === true ? { up: spec.fromSut ?? {}, down: spec.toSut ?? {} } : { up: {}, down: {} };
  const boxes = makeBoxes(spec.middleboxes ?? [], link, family);
  if (link.shapedByTester !== true && boxes.length === 0) return openDevice(onPacket);
  return openPathPort({ clock, shape, boxes, seed: spec.name, onPacket, open: openDevice });
}
