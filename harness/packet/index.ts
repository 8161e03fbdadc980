export type * from './types.ts';
export { FLAG } from './types.ts';
export {
  canonicalAddress,
  networkOf,
  familyOf,
  formatAddress,
  fromV4Mapped,
  isV4Mapped,
  parseAddress,
  toV4Mapped,
} from './address.ts';
export { EncodeError } from './bytes.ts';
export { foldSum, internetChecksum, onesSum, pseudoHeaderSum } from './checksum.ts';
export { decodeEchoReply, encodeEchoRequest, type Echo, type EchoRequest } from './icmp.ts';
export { PROTOCOL } from './ip.ts';
export { decodeOptions, encodedLength, encodeOptions } from './options.ts';
export { hasMptcpCode, isAssignedSubtype, isMptcp } from './options/registry.ts';
export {
  decodePacket,
  decodeTcp,
  encodePacket,
  isNotTcp,
  normalizePacket,
  synthesizeIpv6,
  verifyChecksums,
} from './packet.ts';
export { MAX_OPTION_OCTETS, padOptions } from './tcp.ts';
