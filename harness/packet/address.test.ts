import fc from 'fast-check';
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { describe, expect, test } from 'vitest';
import { canonicalAddress, formatAddress, fromV4Mapped, networkOf, parseAddress, toV4Mapped } from './address.ts';

describe('addresses', () => {
  test.each([
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0000:0001:0001:0001:0001:0001', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1::', '1::'],
    ['::ffff:c000:0201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['192.0.2.1', '192.0.2.1'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  test('text and bytes go round, and the system reads the same address', () => {
    const bytes = fc.constantFrom(4, 16).chain((n) => fc.uint8Array({ minLength: n, maxLength: n }));
    fc.assert(
      fc.property(bytes, (bytes) => {
        const text = formatAddress(bytes);
        expect(parseAddress(text)).toEqual(bytes);
        expect(bytes.length === 4 ? isIPv4(text) : isIPv6(text)).toBe(true);
      }),
    );
  });

  test('the system has the same canonical form, also with many zeros', () => {
    const sparse = fc.array(fc.constantFrom(0, 0, 1, 0xffff), { minLength: 8, maxLength: 8 });
    // Texts that start with five zero groups are left out: the system writes ::0.0.255.255 for ::ffff.
    fc.assert(
      fc.property(
        sparse.filter((words) => words.slice(0, 5).some((word) => word !== 0)),
        (words) => {
          const full = words.map((word) => word.toString(16)).join(':');
          expect(canonicalAddress(full)).toBe(new SocketAddress({ address: full, family: 'ipv6' }).address);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('v4-mapped', () => {
    expect(toV4Mapped('192.0.2.1')).toBe('::ffff:192.0.2.1');
    expect(toV4Mapped('2001:db8::1')).toBe('2001:db8::1');
    expect(fromV4Mapped('::FFFF:c000:201')).toBe('192.0.2.1');
    expect(fromV4Mapped('2001:db8::1')).toBe('2001:db8::1');
    expect(parseAddress('::ffff:192.0.2.1')).toHaveLength(16);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '1.2.3.x',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '::1.2.3',
    '1.2.3.4::',
    '1:1.2.3.4:2::',
    'fe80::1%eth0',
    '::g',
  ])('"%s" is none', (text) => {
    expect(() => parseAddress(text)).toThrow(`address "${text}"`);
  });

  test('other numbers of bytes', () => {
    expect(() => formatAddress(new Uint8Array(5))).toThrow('expected 4 or 16 bytes, got 5');
  });
});

test.each([
  ['10.1.2.3', 16, '10.1.0.0/16'],
  ['10.1.2.255', 28, '10.1.2.240/28'],
  ['fd00:1::2', 64, 'fd00:1::/64'],
  ['fd00:1::2', 0, '::/0'],
])('the network of %s/%i is %s', (address, length, network) => expect(networkOf(address, length)).toBe(network));
