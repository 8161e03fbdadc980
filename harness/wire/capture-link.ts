/**
 * Takes link layers and tunnels off captured packets. Link types are numbered as in the registry of tcpdump.org.
 */

const ETHERTYPE = {
  IPV4: 0x0800,
  IPV6: 0x86dd,
  VLAN: 0x8100,
  QINQ: 0x88a8,
  OLD_QINQ: 0x9100,
  PPPOE: 0x8864,
  MPLS: 0x8847,
  MPLS_MULTICAST: 0x8848,
  ETHERNET: 0x6558,
  ERSPAN_2: 0x88be,
  ERSPAN_3: 0x22eb,
} as const;
const PPP = { IPV4: 0x0021, IPV6: 0x0057 } as const;
const PROTOCOL = { IPV4: 4, UDP: 17, IPV6: 41, GRE: 47 } as const;
const PORT = { VXLAN: 4789, VXLAN_LINUX: 8472, GENEVE: 6081 } as const;
/** Headers within headers, at most: no packet makes us go round for ever. */
const DEEPEST = 16;

/** No IP packet: ARP, for one, or a packet that is cut before its IP header. */
const NOT_IP = -1;
/** The link type is not known. */
export const UNKNOWN_LINK = -2;

/**
 * Offset of the IP header that is nearest to the payload, past VLAN tags, PPPoE, MPLS, GRE, ERSPAN, VXLAN, Geneve and IP
 * in IP; {@link NOT_IP} or {@link UNKNOWN_LINK} where there is none.
 */
export function ipOffset(linkType: number, bytes: Uint8Array): number {
  const at = outerIp(linkType, bytes);
  return at < 0 ? at : innermostIp(bytes, at);
}

function outerIp(linkType: number, bytes: Uint8Array): number {
  switch (linkType) {
    case 1: // Ethernet
      return afterEthertype(bytes, 12);
    case 9: // PPP
    case 50: // PPP in HDLC-like framing
      return afterPpp(bytes, word(bytes, 0) === 0xff03 ? 2 : 0);
    case 51: // PPPoE
      return afterPpp(bytes, 6);
    case 113: // Linux cooked
      return afterEthertype(bytes, 14);
    case 219: // MPLS
      return afterLabels(bytes, 0);
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
      return UNKNOWN_LINK;
  }
}

const LINK_NAMES: Readonly<Record<number, string>> = {
  105: 'IEEE 802.11',
  119: 'IEEE 802.11 with Prism header',
  127: 'IEEE 802.11 with radiotap header',
  163: 'IEEE 802.11 with AVS header',
  187: 'Bluetooth HCI',
  189: 'USB',
  195: 'IEEE 802.15.4',
  239: 'netfilter log',
  253: 'netlink',
};

const ETHERTYPE_NAMES: Readonly<Record<number, string>> = {
  0x0806: 'ARP',
  0x8035: 'RARP',
  0x8863: 'PPPoE discovery',
  0x888e: 'EAPOL',
  0x88cc: 'LLDP',
  0x88e5: 'MACsec, encrypted',
  0x88f7: 'PTP',
};

/** The name of a packet in which {@link ipOffset} found no IP packet. */
export function nameOfOther(linkType: number, bytes: Uint8Array): string {
  if (outerIp(linkType, bytes) === UNKNOWN_LINK) return `link type ${linkType} (${LINK_NAMES[linkType] ?? 'unknown'})`;
  const at = { 1: 12, 113: 14, 276: 0 }[linkType];
  if (at === undefined) return 'no IP packet';
  const type = word(bytes, at);
  if (type < 0x600) return 'IEEE 802.3 without EtherType';
  return ETHERTYPE_NAMES[type] ?? `EtherType 0x${type.toString(16).padStart(4, '0')}`;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** The protocol field is at `at`, the payload after it, past as many VLAN tags as there are. */
function afterEthertype(bytes: Uint8Array, at: number): number {
  let offset = at;
  for (let tags = 0; tags < DEEPEST; tags++) {
    switch (word(bytes, offset)) {
      case ETHERTYPE.IPV4:
      case ETHERTYPE.IPV6:
        return ifIp(bytes, offset + 2);
      case ETHERTYPE.PPPOE:
        return afterPpp(bytes, offset + 8);
      case ETHERTYPE.MPLS:
      case ETHERTYPE.MPLS_MULTICAST:
        return afterLabels(bytes, offset + 2);
      case ETHERTYPE.VLAN:
      case ETHERTYPE.QINQ:
      case ETHERTYPE.OLD_QINQ:
        offset += 4;
        break;
      default:
        return NOT_IP;
    }
  }
  return NOT_IP;
}

function afterPpp(bytes: Uint8Array, at: number): number {
  const protocol = word(bytes, at);
  return protocol === PPP.IPV4 || protocol === PPP.IPV6 ? ifIp(bytes, at + 2) : NOT_IP;
}

/** MPLS does not say what it carries (RFC 3032): the first four bits do, 0 being the control word of a pseudowire (RFC 4385). */
function afterLabels(bytes: Uint8Array, at: number): number {
  let offset = at;
  for (let labels = 0; labels < DEEPEST; labels++, offset += 4) {
    if (((bytes[offset + 2] ?? 0) & 1) === 0) continue;
    const payload = offset + 4;
    const version = (bytes[payload] ?? 0xf0) >> 4;
    return version === 0 ? afterEthertype(bytes, payload + 4 + 12) : ifIp(bytes, payload);
  }
  return NOT_IP;
}

/** Version 2 of Linux cooked capture has the protocol first and a header of 20 bytes. */
function afterCooked2(bytes: Uint8Array): number {
  const type = word(bytes, 0);
  if (type === ETHERTYPE.IPV4 || type === ETHERTYPE.IPV6) return ifIp(bytes, 20);
  if (type === ETHERTYPE.PPPOE) return afterPpp(bytes, 26);
  if (type === ETHERTYPE.MPLS) return afterLabels(bytes, 20);
  if (type !== ETHERTYPE.VLAN && type !== ETHERTYPE.QINQ) return NOT_IP;
  return afterEthertype(bytes, 22);
}

function ifIp(bytes: Uint8Array, at: number): number {
  const version = at < bytes.length ? (bytes[at] ?? 0) >> 4 : 0;
  return version === 4 || version === 6 ? at : NOT_IP;
}

/** Goes through tunnels; a tunnel without an IP packet in it is left as it is. */
function innermostIp(bytes: Uint8Array, outer: number): number {
  let at = outer;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const inner = tunnelled(bytes, at);
    if (inner < 0) return at;
    at = inner;
  }
  return at;
}

/** The IP packet within the payload of another one. */
function tunnelled(bytes: Uint8Array, ip: number): number {
  const isIpv6 = (bytes[ip] ?? 0) >> 4 === 6;
  // A later fragment has no header of what it carries.
  if (!isIpv6 && (word(bytes, ip + 6) & 0x1fff) !== 0) return NOT_IP;
  const protocol = bytes[ip + (isIpv6 ? 6 : 9)];
  const payload = ip + (isIpv6 ? 40 : ((bytes[ip] ?? 0) & 0xf) * 4);
  switch (protocol) {
    case PROTOCOL.IPV4:
    case PROTOCOL.IPV6:
      return ifIp(bytes, payload);
    case PROTOCOL.GRE:
      return afterGre(bytes, payload);
    case PROTOCOL.UDP:
      return afterUdp(bytes, payload);
    case undefined:
    default:
      return NOT_IP;
  }
}

/** GRE (RFC 2784, RFC 2890) and ERSPAN in it. */
function afterGre(bytes: Uint8Array, at: number): number {
  const flags = word(bytes, at);
  if ((flags & 0x7) !== 0) return NOT_IP; // version 1 is PPTP's
  const optional = [0x8000, 0x2000, 0x1000].filter((flag) => (flags & flag) !== 0).length;
  const payload = at + 4 + 4 * optional;
  switch (word(bytes, at + 2)) {
    case ETHERTYPE.IPV4:
    case ETHERTYPE.IPV6:
      return ifIp(bytes, payload);
    case ETHERTYPE.MPLS:
      return afterLabels(bytes, payload);
    case ETHERTYPE.ETHERNET:
      return afterEthertype(bytes, payload + 12);
    case ETHERTYPE.ERSPAN_2:
      // Type I has neither a sequence number nor a header.
      return afterEthertype(bytes, payload + ((flags & 0x1000) === 0 ? 0 : 8) + 12);
    case ETHERTYPE.ERSPAN_3:
      return afterEthertype(bytes, payload + ((bytes[payload + 11] ?? 0) & 1 ? 20 : 12) + 12);
    default:
      return NOT_IP;
  }
}

/** VXLAN (RFC 7348) and Geneve (RFC 8926), by the ports that are registered for them, and Linux's old one. */
function afterUdp(bytes: Uint8Array, at: number): number {
  const port = word(bytes, at + 2);
  const header = at + 8;
  if (port === PORT.VXLAN || port === PORT.VXLAN_LINUX)
    return ((bytes[header] ?? 0) & 0x08) === 0 ? NOT_IP : afterEthertype(bytes, header + 8 + 12);
  if (port !== PORT.GENEVE || (bytes[header] ?? 0xff) >> 6 !== 0) return NOT_IP;
  const payload = header + 8 + ((bytes[header] ?? 0) & 0x3f) * 4;
  switch (word(bytes, header + 2)) {
    case ETHERTYPE.ETHERNET:
      return afterEthertype(bytes, payload + 12);
    case ETHERTYPE.IPV4:
    case ETHERTYPE.IPV6:
      return ifIp(bytes, payload);
    default:
      return NOT_IP;
  }
}
