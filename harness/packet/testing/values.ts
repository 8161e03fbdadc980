/** Arbitrary values of fields. */
import fc, { type Arbitrary } from 'fast-check';
import { formatAddress } from '../address.ts';

export const u8 = fc.integer({ min: 0, max: 0xff });
export const u16 = fc.integer({ min: 0, max: 0xffff });
export const u32 = fc.integer({ min: 0, max: 0xffffffff });
export const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
export const bits = (count: number): Arbitrary<number> => fc.integer({ min: 0, max: 2 ** count - 1 });
export const bytes = (minLength: number, maxLength = minLength): Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });

export const ipv4Address = bytes(4).map(formatAddress);
export const ipv6Address = fc
  .oneof(
    bytes(16),
    // Long runs of zeros are what the text form is about; random bytes never have them.
    fc
      .array(fc.constantFrom(0, 0, 0, 0xff, 0x01), { minLength: 16, maxLength: 16 })
      .map((list) => Uint8Array.from(list)),
  )
  .map(formatAddress);
