/** Opens the tester's end of a built link. */
import { openPort } from '../wire/raw-link.ts';
import { openShapedPort } from '../wire/shaped-port.ts';
import type { WirePacket, WirePort } from '../wire/types.ts';
import { seededRandom } from '../wire/forward/seeded.ts';
import type { CellLink } from './types.ts';

/**
 * Opens a port on a link, and shapes the link where the driver leaves that to the tester.
 *
 * @throws WireError when the device cannot be opened
 */
export function openLink(
  link: CellLink, family: 'ipv4' | 'ipv6', onPacket: (packet: WirePacket) => void, onError: (error: Error) => void,
): WirePort {
  const { spec, device } = link;
  const open = (hear: (packet: WirePacket) => void): WirePort => openPort({
    device, link: spec.name, family, testerAddress: link.tester[family], sutAddress: link.sut[family], onPacket: hear, onError,
  });
  if (link.shapedByTester === undefined) return open(onPacket);
  return openShapedPort({ shape: { toSut: spec.toSut, fromSut: spec.fromSut }, onPacket, random: seededRandom(spec.name), open });
}
