/** Takes the link layer off captured packets. Link types are numbered as in the registry of tcpdump.org. */

const ETHERTYPE = { IPV4: 0x0800, IPV6: 0x86dd, VLAN: 0x8100, QINQ: 0x88a8, OLD_QINQ: 0x9100 } as const;

/**
 * Offset of the IP header in a captured packet; -1 when it holds no IP packet (ARP, for one) or is cut before it, -2
 * when the link type is not known.
 */
export function ipOffset(linkType: number, bytes: Uint8Array): number {
  switch (linkType) {
    case 1: // Ethernet
      return afterEthertype(bytes, 12);
    case 113: // Linux cooked
      return afterEthertype(bytes, 14);
    case 276: // Linux cooked v2
      return afterCooked2(bytes);
    case 0: // NULL
    case 108: // LOOP
      return ifIp(bytes, 4);
    // Raw IP, IPv4, IPv6.
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return ifIp(bytes, 0);
    default:
      return -2;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** The protocol field stands at `at`, the payload follows, after as many VLAN tags as there are. */
function afterEthertype(bytes: Uint8Array, at: number): number {
  let offset = at;
  for (let tags = 0; tags < 4; tags++) {
    const type = word(bytes, offset);
    if (type === ETHERTYPE.IPV4 || type === ETHERTYPE.IPV6) return ifIp(bytes, offset + 2);
    if (type !== ETHERTYPE.VLAN && type !== ETHERTYPE.QINQ && type !== ETHERTYPE.OLD_QINQ) return -1;
    offset += 4;
  }
  return -1;
}

/** Version 2 of Linux cooked capture has the protocol first and a header of 20 bytes. */
function afterCooked2(bytes: Uint8Array): number {
  const type = word(bytes, 0);
  if (type === ETHERTYPE.IPV4 || type === ETHERTYPE.IPV6) return ifIp(bytes, 20);
  if (type !== ETHERTYPE.VLAN && type !== ETHERTYPE.QINQ) return -1;
  return afterEthertype(bytes, 22);
}

function ifIp(bytes: Uint8Array, at: number): number {
  const version = at < bytes.length ? (bytes[at] ?? 0) >> 4 : 0;
  return version === 4 || version === 6 ? at : -1;
}
