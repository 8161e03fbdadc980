/** ICMP messages that tell a sender that its packet is too large for a path. */
import { ByteWriter } from '../../packet/bytes.ts';
import {
  familyOf,
  internetChecksum,
  parseAddress,
  pseudoHeaderSum,
  PROTOCOL,
  type IpHeader,
} from '../../packet/index.ts';
import { writeIpHeader } from '../../packet/ip.ts';

/** Bytes of the packet that the message quotes: what RFC 792 asks for and ports need, and room in any MTU. */
const QUOTED = 68;

/**
 * "Fragmentation needed" of ICMP (RFC 792, RFC 1191 section 4) or "Packet Too Big" of ICMPv6 (RFC 4443 section 3.2),
 * as a whole IP packet.
 *
 * @param packet the packet that was too large
 * @param mtu bytes that would have fitted
 * @param from address of the router that speaks
 * @param to sender of the packet
 */
export function tooBigMessage(packet: Uint8Array, mtu: number, from: string, to: string): Uint8Array {
  const isV4 = familyOf(from) === 'ipv4';
  const quoted = packet.subarray(0, QUOTED);
  const message = new Uint8Array(8 + quoted.length);
  const view = new DataView(message.buffer);
  message[0] = isV4 ? 3 : 2;
  message[1] = isV4 ? 4 : 0;
  if (isV4) view.setUint16(6, mtu);
  else view.setUint32(4, mtu);
  message.set(quoted, 8);
  const addresses = Uint8Array.from([...parseAddress(from), ...parseAddress(to)]);
  const initial = isV4 ? 0 : pseudoHeaderSum(addresses, PROTOCOL.ICMPV6, message.length);
  view.setUint16(2, internetChecksum(message, initial));
  return withHeader(message, from, to, isV4);
}

function withHeader(message: Uint8Array, src: string, dst: string, isV4: boolean): Uint8Array {
  const w = new ByteWriter(40 + message.length);
  const ip: IpHeader = isV4
    ? { family: 'ipv4', src, dst, tos: 0, id: 0, fragment: 0, ttl: 64, protocol: PROTOCOL.ICMP }
    : { family: 'ipv6', src, dst, trafficClass: 0, flowLabel: 0, hopLimit: 64, protocol: PROTOCOL.ICMPV6 };
  writeIpHeader(w, ip, message.length);
  w.put(message);
  return w.bytes().slice();
}
