import { describe, expect, test } from 'vitest';
import { addAddrHmac, hmacSha256, joinHmac } from './hmac.ts';
import { idsn, keyBytes, token } from './keys.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('HMAC-SHA-256: the test cases of RFC 4231', () => {
  test.each<[number, string, string, string]>([
    [1, '0b'.repeat(20), '4869205468657265', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      2,
      '4a656665',
      '7768617420646f2079612077616e7420666f72206e6f7468696e673f',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [3, 'aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
    [
      4,
      '0102030405060708090a0b0c0d0e0f10111213141516171819',
      'cd'.repeat(50),
      '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    ],
    [5, '0c'.repeat(20), '546573742057697468205472756e636174696f6e', 'a3b6167473100ee06e0c796c2955552b'],
    [
      6,
      'aa'.repeat(131),
      text(Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First')),
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
    [
      7,
      'aa'.repeat(131),
      [
        '5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b65',
        '7920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565',
        '647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c',
        '676f726974686d2e',
      ].join(''),
      '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    ],
  ])('case %i', (_number, key, message, expected) => {
    const halves = (bytes: Uint8Array): Uint8Array[] => [bytes.subarray(0, 3), bytes.subarray(3)];
    expect(text(hmacSha256(halves(hex(key)), halves(hex(message)))).slice(0, expected.length)).toBe(expected);
  });
});

describe('tokens and initial data sequence numbers', () => {
  // printf '\x01\x23\x45\x67\x89\xab\xcd\xef' | openssl dgst -sha256, and so on: the first 4 and the last 8 bytes
  test.each<[bigint, number, bigint]>([
    [0n, 0xaf5570f5, 0xe5b2328de0e83dfcn],
    [1n, 0xcd266215, 0x19ec509083d00a50n],
    [0x0123456789abcdefn, 0x55c53f5d, 0x570762cd38be9818n],
    [0x8000000000000001n, 0x52cc849f, 0x0788c9f7e1b0e202n],
    [0xffffffffffffffffn, 0x12a3ae44, 0x57fb595bbbacf0can],
  ])('%d', (key, expectedToken, expectedIdsn) => {
    expect(token(key)).toBe(expectedToken);
    expect(idsn(key)).toBe(expectedIdsn);
  });

  test('keys that do not fit', () => {
    expect(() => token(1n << 64n)).toThrow('key: expected an integer of 64 bits');
    expect(() => idsn(-1n)).toThrow('key: expected an integer of 64 bits, got -1');
    expect(text(keyBytes(0x0123456789abcdefn))).toBe('0123456789abcdef');
  });
});

// Python 3: hmac.new(struct.pack('>QQ', a, b), message, 'sha256') with the two keys below
const a = 0x0123456789abcdefn;
const b = 0xfedcba9876543210n;

describe('HMAC of MP_JOIN', () => {
  // message: struct.pack('>II', local nonce, remote nonce)
  test('each side has its own', () => {
    expect(text(joinHmac(a, b, 0x11223344, 0xaabbccdd))).toBe(
      'f61753d6b8ac227764b9d1b17a6f5ceeec9d1a8a4351afe5408a31e58cbbe7ba',
    );
    expect(text(joinHmac(b, a, 0xaabbccdd, 0x11223344))).toBe(
      '3bae5abc810a33c2e293af8b4572e4827e89510eea113d42098dff12ea4fad3f',
    );
  });

  test('nonces that do not fit', () => {
    expect(() => joinHmac(a, b, -1, 0)).toThrow('localNonce: expected an integer of 32 bits, got -1');
    expect(() => joinHmac(a, b, 0, 2 ** 32)).toThrow('remoteNonce');
  });
});

describe('HMAC of ADD_ADDR', () => {
  // message: id 5, ipaddress.ip_address(address).packed, struct.pack('>H', port); the last 8 bytes
  test.each<[string, number, string]>([
    ['192.0.2.7', 0, 'e36ce1f7c2f780d9'],
    ['192.0.2.7', 8080, 'fe3892cbc7345e49'],
    ['2001:db8::7', 0, '8df09cd26308427f'],
    ['2001:db8::7', 8080, 'dbd3c762040d094c'],
    ['::ffff:192.0.2.7', 443, '29e5651e08c450e0'],
  ])('%s port %i', (address, port, expected) => {
    expect(text(addAddrHmac(a, b, 5, address, port))).toBe(expected);
  });

  test('values that do not fit', () => {
    expect(() => addAddrHmac(a, b, 256, '192.0.2.7', 0)).toThrow('addressId: expected an integer from 0 to 255');
    expect(() => addAddrHmac(a, b, 5, '192.0.2.7', 65536)).toThrow('port: expected an integer from 0 to 65535');
    expect(() => addAddrHmac(a, b, 5, '192.0.2', 0)).toThrow('address "192.0.2"');
  });
});
