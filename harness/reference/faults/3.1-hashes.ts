/** Faults of what is made from keys: tokens and initial data sequence numbers (section 3.1). */
import { createHash } from 'node:crypto';
import { keyBytes } from '../../mptcp/index.ts';
import type { Variation } from '../rules/index.ts';
import { fault } from './fault.ts';

/** SHA-256 of a key, as a view; `reversed` takes the key's bytes from the last to the first. */
function hash(key: bigint, reversed = false): DataView {
  const bytes = reversed ? keyBytes(key).reverse() : keyBytes(key);
  const digest = createHash('sha256').update(bytes).digest();
  return new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
}

/** Faults of tokens and IDSNs. */
export const hashFaults: readonly Variation[] = [
  fault('token-from-the-right', '3.1-22.s2', 'Takes the rightmost 32 bits of the hash for a token.', () => ({
    initiation: { tokenOf: (key) => hash(key).getUint32(28) },
  })),
  fault('token-second-word', '3.1-22.s2', 'Takes the second 32 bits of the hash for a token.', () => ({
    initiation: { tokenOf: (key) => hash(key).getUint32(4) },
  })),
  fault('token-of-reversed-key', '3.1-22.s4', 'Hashes keys in little-endian order for tokens.', () => ({
    initiation: { tokenOf: (key) => hash(key, true).getUint32(0) },
  })),
  fault(
    'token-little-endian',
    ['3.1-22.s2', '3.1-22.s4'],
    'Reads the token from the hash in little-endian order.',
    () => ({ initiation: { tokenOf: (key) => hash(key).getUint32(0, true) } }),
  ),
  fault(
    'idsn-from-the-left',
    ['3.1-22.s5', '3.1-22.s3'],
    'Takes the leftmost 64 bits of the hash for an IDSN.',
    () => ({ initiation: { initialDsn: (key) => hash(key).getBigUint64(0) } }),
  ),
  fault(
    'idsn-little-endian',
    ['3.1-22.s5', '3.1-22.s3'],
    'Reads the IDSN from the hash in little-endian order.',
    () => ({ initiation: { initialDsn: (key) => hash(key).getBigUint64(24, true) } }),
  ),
  fault('idsn-of-reversed-key', ['3.1-22.s4', '3.1-22.s5'], 'Hashes keys in little-endian order for IDSNs.', () => ({
    initiation: { initialDsn: (key) => hash(key, true).getBigUint64(24) },
  })),
  fault(
    'own-idsn-random',
    ['3.1-28.s3', '3.1-22.s3', '3.3.1-13.s2'],
    'Starts its own data at a number that has nothing to do with its key.',
    ({ initiation }) => ({
      initiation: {
        initialDsn: (key, whose) =>
          whose === 'local' ? BigInt.asUintN(64, key * 7n) : initiation.initialDsn(key, whose),
      },
    }),
  ),
  fault(
    'own-idsn-zero',
    ['3.1-22.s3', '3.1-22.s5', '3.3.1-4.s1.1'],
    'Starts its own data at number 1.',
    ({ initiation }) => ({
      initiation: { initialDsn: (key, whose) => (whose === 'local' ? 0n : initiation.initialDsn(key, whose)) },
    }),
  ),
  fault(
    'own-idsn-32-bits',
    ['3.1-22.s3', '3.3.1-13.s2'],
    'Has an IDSN of which the upper 32 bits are 0.',
    ({ initiation }) => ({
      initiation: {
        initialDsn: (key, whose) =>
          whose === 'local' ? BigInt.asUintN(32, initiation.initialDsn(key, whose)) : initiation.initialDsn(key, whose),
      },
    }),
  ),
  fault(
    'idsn-not-counted',
    ['3.1-28.s5.1', '4-2.2.s3.1'],
    'Numbers the first byte of data with the IDSN itself.',
    ({ initiation }) => ({ initiation: { initialDsn: (key, whose) => initiation.initialDsn(key, whose) - 1n } }),
  ),
  fault(
    'idsn-counted-twice',
    ['3.1-28.s5.1', 'B.2-1.s2'],
    'Leaves one number out before the first byte of data.',
    ({ initiation }) => ({
      initiation: { initialDsn: (key, whose) => initiation.initialDsn(key, whose) + (whose === 'local' ? 1n : 0n) },
    }),
  ),
  fault('peer-idsn-unknown', '3.1-28.s3', "Expects the peer's data one number too late.", ({ initiation }) => ({
    initiation: { initialDsn: (key, whose) => initiation.initialDsn(key, whose) + (whose === 'remote' ? 1n : 0n) },
  })),
  fault(
    'idsn-of-the-other',
    '3.1-28.s3',
    "Expects the peer's data from a hash of the key's lower half.",
    ({ initiation }) => ({
      initiation: {
        initialDsn: (key, whose) => initiation.initialDsn(whose === 'remote' ? BigInt.asUintN(32, key) : key, whose),
      },
    }),
  ),
  fault('key-hashed-as-text', '3.1-22.s4', 'Hashes keys as hexadecimal text.', () => {
    const digest = (key: bigint): Buffer => createHash('sha256').update(key.toString(16).padStart(16, '0')).digest();
    return {
      initiation: {
        tokenOf: (key) => digest(key).readUInt32BE(0),
        initialDsn: (key) => digest(key).readBigUInt64BE(24),
      },
    };
  }),
  fault(
    'idsn-words-swapped',
    ['3.1-22.s5', '3.1-22.s3'],
    'Reads the IDSN as two words of 32 bits in the wrong order.',
    () => ({
      initiation: { initialDsn: (key) => (BigInt(hash(key).getUint32(28)) << 32n) | BigInt(hash(key).getUint32(24)) },
    }),
  ),
  fault(
    'idsn-of-damaged-key',
    '3.1-22.s3',
    'Starts its own data at the hash of a key that is one bit off its own.',
    ({ initiation }) => ({
      initiation: { initialDsn: (key, whose) => initiation.initialDsn(whose === 'local' ? key ^ 1n : key, whose) },
    }),
  ),
];
