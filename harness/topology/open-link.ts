/** Opens the tester's end of a built link. */
import { openBoxedPort } from '../wire/boxed-port.ts';
import { openPort } from '../wire/raw-link.ts';
import { openShapedPort } from '../wire/shaped-port.ts';
import type { WirePacket, WirePort } from '../wire/types.ts';
import { seededRandom } from '../wire/forward/seeded.ts';
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
): WirePort {
  const { spec, device } = link;
  const openDevice = (hear: (packet: WirePacket) => void): WirePort =>
    openPort({
      device,
      link: spec.name,
      family,
      testerAddress: link.tester[family],
      sutAddress: link.sut[family],
      onPacket: hear,
      onError,
    });
  const openShaped = (hear: (packet: WirePacket) => void): WirePort =>
    link.shapedByTester === undefined
      ? openDevice(hear)
      : openShapedPort({
          shape: { toSut: spec.toSut, fromSut: spec.fromSut },
          onPacket: hear,
          random: seededRandom(spec.name),
          open: openDevice,
        });
  if (spec.middleboxes === undefined) return openShaped(onPacket);
  return openBoxedPort({ boxes: makeBoxes(spec.middleboxes, link, family), onPacket, open: openShaped });
}
