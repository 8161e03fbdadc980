import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeEchoReply, encodeEchoRequest } from './icmp.ts';
import {
  decodePacket,
  decodeTcp,
  encodePacket,
  isNotTcp,
  normalizePacket,
  synthesizeIpv6,
  verifyChecksums,
} from './packet.ts';
import { packet } from './testing/arbitrary.ts';
import { ipv4Address, ipv6Address } from './testing/values.ts';
import { FLAG, type Packet } from './types.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const v4: Packet = {
  ip: { family: 'ipv4', src: '10.0.0.1', dst: '10.0.0.2', tos: 0, id: 7, fragment: 0x4000, ttl: 64, protocol: 6 },
  tcp: {
    srcPort: 1234,
    dstPort: 80,
    seq: 1,
    ack: 2,
    flags: FLAG.SYN,
    window: 65535,
    urgent: 0,
    options: [
      { kind: 'mss', mss: 1460 },
      { kind: 'mp_capable', version: 1, flags: 1 },
    ],
    payload: hex('010203'),
  },
};
const v6: Packet = {
  ip: {
    family: 'ipv6',
    src: '2001:db8::1',
    dst: '2001:db8::2',
    trafficClass: 3,
    flowLabel: 0x12345,
    hopLimit: 9,
    protocol: 6,
  },
  tcp: v4.tcp,
};

describe('packets', () => {
  test('decode(encode(p)) is normalize(p)', () => {
    fc.assert(
      fc.property(packet, (p) => {
        expect(decodePacket(encodePacket(p))).toEqual(normalizePacket(p));
      }),
      { numRuns: 500 },
    );
  });

  test('a decoded packet encodes to the same bytes', () => {
    fc.assert(
      fc.property(packet, (p) => {
        const bytes = encodePacket(p);
        const decoded = decodePacket(bytes);
        if (isNotTcp(decoded)) throw new Error(decoded.message);
        expect(encodePacket(decoded)).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  test('computed checksums are right, and a flipped bit shows', () => {
    fc.assert(
      fc.property(packet, fc.nat(), (p, where) => {
        const bytes = encodePacket(p);
        expect(verifyChecksums(bytes)).toEqual({ ip: true, tcp: true });
        const start = bytes.length - p.tcp.payload.length - 20;
        const at = start + (where % (bytes.length - start));
        bytes[at]! ^= 1 << (where % 8);
        const broken = verifyChecksums(bytes);
        if (!isNotTcp(broken)) expect(broken.tcp).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('noise and truncated packets never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0x45, 0x46, 0x4f, 0x60), (bytes, first) => {
        if (bytes.length > 0) bytes[0] = first;
        decodePacket(bytes);
        verifyChecksums(bytes);
        decodeEchoReply(bytes);
        decodeTcp(bytes, { src: '::1', dst: '::2', family: 'ipv6' });
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(packet, (p) => {
        const bytes = encodePacket(p);
        for (let end = 0; end < bytes.length; end++) expect(isNotTcp(decodePacket(bytes.subarray(0, end)))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('a Buffer gives plain bytes, and bytes after the packet are dropped', () => {
    const bytes = encodePacket(v4);
    const padded = Buffer.concat([bytes, Buffer.alloc(6)]);
    const decoded = decodePacket(padded);
    expect(decoded).toEqual(normalizePacket(v4));
    expect(isNotTcp(decoded) || decoded.tcp.payload.constructor).toBe(Uint8Array);
  });

  test('given lengths and checksums are written as they are', () => {
    const bytes = encodePacket({ ip: { ...v4.ip, checksum: 1 } as Packet['ip'], tcp: { ...v4.tcp, checksum: 2 } });
    expect(verifyChecksums(bytes)).toEqual({ ip: false, tcp: false });
    const lying = encodePacket({ ...v4, tcp: { ...v4.tcp, dataOffset: 5 } });
    expect(decodePacket(lying)).toMatchObject({ tcp: { options: [], dataOffset: 5 } });
  });

  test.each<[string, Uint8Array, object]>([
    ['nothing', hex(''), { problem: 'truncated' }],
    ['another version', hex('50'), { problem: 'not_ip', message: 'IP version: expected 4 or 6, got 5' }],
    [
      'a fragment',
      encodePacket({ ...v4, ip: { ...v4.ip, fragment: 0x2001 } as Packet['ip'] }),
      { problem: 'fragment', message: 'a fragment at offset 8, more fragments: true' },
    ],
    [
      'UDP',
      encodePacket({ ...v4, ip: { ...v4.ip, protocol: 17 } }),
      { problem: 'not_tcp', message: 'IP protocol: expected 6 (TCP), got 17' },
    ],
    [
      'a short data offset',
      encodePacket({ ...v4, tcp: { ...v4.tcp, dataOffset: 4 } }),
      { problem: 'bad_header_length' },
    ],
    [
      'a long data offset',
      encodePacket({ ...v4, tcp: { ...v4.tcp, dataOffset: 15 } }),
      { problem: 'bad_header_length' },
    ],
    [
      'a total length beyond the end',
      encodePacket({ ...v4, ip: { ...v4.ip, totalLength: 999 } as Packet['ip'] }),
      { problem: 'truncated' },
    ],
    [
      'an IPv6 fragment',
      encodePacket({
        ...v6,
        ip: { ...v6.ip, extensions: [{ type: 44, raw: hex('06 00 0009 00000001') }] } as Packet['ip'],
      }),
      { problem: 'fragment' },
    ],
  ])('%s', (_name, bytes, expected) => {
    expect(decodePacket(bytes)).toMatchObject(expected);
  });

  test('an atomic IPv6 fragment is a packet like others', () => {
    const ip: Packet['ip'] = { ...v6.ip, extensions: [{ type: 44, raw: hex('06 00 0000 00000001') }] } as Packet['ip'];
    expect(decodePacket(encodePacket({ ...v6, ip }))).toEqual(normalizePacket({ ...v6, ip }));
  });

  test('more options than fit', () => {
    const options = Array.from({ length: 11 }, () => ({ kind: 'mss' as const, mss: 1 }));
    expect(() => encodePacket({ ...v4, tcp: { ...v4.tcp, options } })).toThrow('expected at most 40 bytes, got 44');
    expect(encodePacket({ ...v4, tcp: { ...v4.tcp, options, dataOffset: 15 } })).toHaveLength(20 + 20 + 44 + 3);
  });

  test('addresses of the other family', () => {
    expect(() => encodePacket({ ...v4, ip: { ...v4.ip, dst: '::1' } })).toThrow('ipv4 header: expected addresses');
  });
});

describe('bare TCP segments', () => {
  test('a segment gets an IPv6 header before it', () => {
    const segment = encodePacket(v6).subarray(40);
    const whole = synthesizeIpv6('2001:db8::1', '2001:DB8:0::2', segment);
    expect(verifyChecksums(whole)).toEqual({ ip: true, tcp: true });
    expect(decodePacket(whole)).toEqual(decodeTcp(segment, { src: '2001:DB8::1', dst: '2001:db8::2', family: 'ipv6' }));
  });

  test('an IPv4 header is assumed likewise', () => {
    const decoded = decodeTcp(encodePacket(v4).subarray(20), { src: '10.0.0.1', dst: '10.0.0.2', family: 'ipv4' });
    if (isNotTcp(decoded)) throw new Error(decoded.message);
    expect(verifyChecksums(encodePacket(decoded))).toEqual({ ip: true, tcp: true });
    expect(decoded.tcp).toEqual(normalizePacket(v4).tcp);
  });

  test('too short', () => {
    expect(decodeTcp(new Uint8Array(19), { src: '::1', dst: '::2', family: 'ipv6' })).toEqual({
      problem: 'truncated',
      message: 'TCP header: expected 20 bytes, got 19',
    });
  });
});

describe('ICMP echo', () => {
  /** The reply to a request: addresses swapped, type changed, checksum adjusted by the difference. */
  function answer(request: Uint8Array, headerLength: number, addressLength: number, type: number): Uint8Array {
    const reply = request.slice();
    const at = headerLength - 2 * addressLength;
    reply.set(request.subarray(at + addressLength, headerLength), at);
    reply.set(request.subarray(at, at + addressLength), at + addressLength);
    const view = new DataView(reply.buffer);
    const before = view.getUint16(headerLength);
    view.setUint8(headerLength, type);
    const sum = (~view.getUint16(headerLength + 2) & 0xffff) + (~before & 0xffff) + view.getUint16(headerLength);
    const folded = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(headerLength + 2, ~((folded & 0xffff) + (folded >>> 16)) & 0xffff);
    return reply;
  }

  const fields = { id: fc.nat(0xffff), seq: fc.nat(0xffff), payload: fc.uint8Array({ maxLength: 33 }) };

  test('IPv4', () => {
    fc.assert(
      fc.property(fc.record({ ...fields, src: ipv4Address, dst: ipv4Address }), (echo) => {
        const request = encodeEchoRequest({ family: 'ipv4', ...echo });
        const { id, seq, payload } = echo;
        expect(decodeEchoReply(answer(request, 20, 4, 0))).toEqual({ id, seq, payload });
        expect(decodeEchoReply(request)).toBeUndefined();
      }),
    );
  });

  test('IPv6, whole and bare', () => {
    fc.assert(
      fc.property(fc.record({ ...fields, src: ipv6Address, dst: ipv6Address }), (echo) => {
        const request = encodeEchoRequest({ family: 'ipv6', ...echo });
        const reply = answer(request, 40, 16, 129);
        const { id, seq, payload } = echo;
        expect(decodeEchoReply(reply)).toEqual({ id, seq, payload });
        expect(decodeEchoReply(reply.subarray(40))).toEqual({ id, seq, payload });
        expect(decodeEchoReply(request)).toBeUndefined();
      }),
    );
  });

  test('a broken checksum and other packets', () => {
    const request = encodeEchoRequest({ family: 'ipv4', src: '10.0.0.1', dst: '10.0.0.2', id: 1, seq: 2 });
    const reply = answer(request, 20, 4, 0);
    reply[25]! ^= 1;
    expect(decodeEchoReply(reply)).toBeUndefined();
    expect(decodeEchoReply(encodePacket(v4))).toBeUndefined();
  });
});
