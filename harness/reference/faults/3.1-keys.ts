/** Faults of keys, tokens, checksums and fall-back at the start (section 3.1). */
import { createHash } from 'node:crypto';
import { keyBytes } from '../../mptcp/index.ts';
import type { TcpOption } from '../../packet/index.ts';
import type { Rules, RulesChange, Variation } from '../rules/index.ts';
import type { Subflow } from '../state.ts';
import { fault, isJoin, reset } from './fault.ts';

/** SHA-256 of a key, as a view; `reversed` takes the key's octets from the last to the first. */
function hash(key: bigint, reversed = false): DataView {
  const octets = reversed ? keyBytes(key).reverse() : keyBytes(key);
  const digest = createHash('sha256').update(octets).digest();
  return new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
}

/** Adds options to what a subflow sends where `when` holds and there is no MPTCP option yet. */
function adds(
  when: (subflow: Subflow) => boolean,
  option: (subflow: Subflow) => TcpOption,
): (standard: Rules) => RulesChange {
  return ({ signals }) => ({
    signals: {
      outgoing: (subflow, options, parts) => {
        const sent = signals.outgoing(subflow, options, parts);
        const silent = !sent.some(({ kind }) => kind === 'dss' || kind === 'mp_capable');
        return silent && (parts.flags & 0x06) === 0 && when(subflow) ? [...sent, option(subflow)] : sent;
      },
    },
  });
}

function dataAck(subflow: Subflow): TcpOption {
  const shape = { reserved: 0, dataFin: false, dsn8: false, hasMap: false, dataAck8: true, hasDataAck: true };
  return { kind: 'dss', ...shape, dataAck: subflow.connection.rcvNxt };
}

const lateKey = (subflow: Subflow): boolean => subflow.connection.wanted && subflow.connection.mode === 'tcp';

export const keyFaults: readonly Variation[] = [
  fault('counting-keys', '3.1-10.s3.1', 'Makes keys by counting up from 1.', () => {
    let next = 1n;
    return { initiation: { newKey: () => next++ } };
  }),
  fault('short-keys', '3.1-10.s3.1', 'Makes keys of which only 16 bits are random.', () => ({
    initiation: { newKey: (random) => BigInt.asUintN(16, random) },
  })),
  fault('clock-keys', '3.1-10.s3.1', 'Makes keys from the time in milliseconds.', () => ({
    initiation: { newKey: (_, { now, connectionsMade }) => BigInt(Math.floor(now)) * 256n + BigInt(connectionsMade) },
  })),
  fault('half-key-constant', '3.1-10.s3.1', 'Has the same upper half in all its keys.', () => ({
    initiation: { newKey: (random) => (0x4d505443n << 32n) | BigInt.asUintN(32, random) },
  })),
  fault('one-key', '3.1-10.s3.2', 'Has one key for all its connections.', () => {
    let first: bigint | undefined;
    return { initiation: { newKey: (random) => (first ??= random), tokenFree: () => true } };
  }),
  fault('key-of-the-last', '3.1-10.s3.2', 'Gives every second connection the key of the one before.', () => {
    const keys: bigint[] = [];
    return {
      initiation: {
        newKey: (random) => {
          keys.push(keys.length % 2 === 1 ? (keys.at(-1) ?? random) : random);
          return keys.at(-1) ?? random;
        },
        tokenFree: () => true,
      },
    };
  }),
  fault('key-of-a-listener', '3.1-10.s3.2', 'As a responder, gives all connections the key of the first.', () => {
    let first: bigint | undefined;
    return {
      initiation: {
        newKey: (random, { listeners }) => (listeners.length > 0 ? (first ??= random) : random),
        tokenFree: () => true,
      },
    };
  }),
  fault('token-from-the-right', '3.1-22.s2', 'Takes the rightmost 32 bits of the hash for a token.', () => ({
    initiation: { tokenOf: (key) => hash(key).getUint32(28) },
  })),
  fault('token-second-word', '3.1-22.s2', 'Takes the second 32 bits of the hash for a token.', () => ({
    initiation: { tokenOf: (key) => hash(key).getUint32(4) },
  })),
  fault('token-of-reversed-key', '3.1-22.s4', 'Hashes keys in little-endian order for tokens.', () => ({
    initiation: { tokenOf: (key) => hash(key, true).getUint32(0) },
  })),
  fault('token-little-endian', '3.1-22.s2', 'Reads the token from the hash in little-endian order.', () => ({
    initiation: { tokenOf: (key) => hash(key).getUint32(0, true) },
  })),
  fault('idsn-from-the-left', '3.1-22.s5', 'Takes the leftmost 64 bits of the hash for an IDSN.', () => ({
    initiation: { initialDsn: (key) => hash(key).getBigUint64(0) },
  })),
  fault('idsn-little-endian', '3.1-22.s5', 'Reads the IDSN from the hash in little-endian order.', () => ({
    initiation: { initialDsn: (key) => hash(key).getBigUint64(24, true) },
  })),
  fault('idsn-of-reversed-key', '3.1-22.s4', 'Hashes keys in little-endian order for IDSNs.', () => ({
    initiation: { initialDsn: (key) => hash(key, true).getBigUint64(24) },
  })),
  fault(
    'own-idsn-random',
    '3.1-28.s3',
    'Starts its own data at a number that has nothing to do with its key.',
    ({ initiation }) => ({
      initiation: {
        initialDsn: (key, whose) =>
          whose === 'local' ? BigInt.asUintN(64, key * 7n) : initiation.initialDsn(key, whose),
      },
    }),
  ),
  fault('own-idsn-zero', '3.1-22.s3', 'Starts its own data at number 1.', ({ initiation }) => ({
    initiation: { initialDsn: (key, whose) => (whose === 'local' ? 0n : initiation.initialDsn(key, whose)) },
  })),
  fault('own-idsn-32-bits', '3.1-22.s3', 'Has an IDSN of which the upper 32 bits are 0.', ({ initiation }) => ({
    initiation: {
      initialDsn: (key, whose) =>
        whose === 'local' ? BigInt.asUintN(32, initiation.initialDsn(key, whose)) : initiation.initialDsn(key, whose),
    },
  })),
  fault(
    'idsn-not-counted',
    '3.1-28.s5.1',
    'Numbers the first octet of data with the IDSN itself.',
    ({ initiation }) => ({ initiation: { initialDsn: (key, whose) => initiation.initialDsn(key, whose) - 1n } }),
  ),
  fault(
    'idsn-counted-twice',
    '3.1-28.s5.1',
    'Leaves one number out before the first octet of data.',
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
  fault('checksums-by-both-only', '3.1-23.s2', 'Uses checksums only when both sides ask for them.', () => ({
    initiation: { checksumInUse: (connection, { flags }) => connection.checksumWanted && (flags & 0x80) !== 0 },
  })),
  fault('checksums-by-own-wish', '3.1-23.s2', 'Uses checksums only when it asks for them itself.', () => ({
    initiation: { checksumInUse: ({ checksumWanted }) => checksumWanted },
  })),
  fault('checksums-by-peers-wish', '3.1-23.s2', 'Uses checksums only when the peer asks for them.', () => ({
    initiation: { checksumInUse: (_, { flags }) => (flags & 0x80) !== 0 },
  })),
  fault(
    'responders-wish-ignored',
    '3.1-23.s5',
    'As an initiator, does not mind flag A of the SYN/ACK.',
    ({ initiation }) => ({
      initiation: {
        checksumInUse: (connection, option) =>
          connection.role === 'initiator' ? connection.checksumWanted : initiation.checksumInUse(connection, option),
      },
    }),
  ),
  fault('checksums-one-way', '3.1-23.s5', 'Sends no checksums where only the peer asked for them.', () => ({
    mapping: { carriesChecksum: ({ checksum, checksumWanted }) => checksum && checksumWanted },
  })),
  fault('checksums-on-first-subflow', '3.1-23.s6', 'Sends checksums only while there is one subflow.', () => ({
    mapping: { carriesChecksum: ({ checksum, subflows }) => checksum && !subflows.some(isJoin) },
  })),
  fault('answers-without-checksums', '3.1-23.s7', 'Answers A=1 with A=0 and uses no checksums.', ({ initiation }) => ({
    initiation: { checksumInUse: () => false, flags: (subflow, on) => initiation.flags(subflow, on) & ~0x80 },
  })),
  fault(
    'goes-on-without-answer',
    '3.1-26.s1',
    'Sends MP_CAPABLE on ACKs though the SYN/ACK had none.',
    adds(
      (subflow) => lateKey(subflow) && subflow.opener === 'active',
      ({ connection }) => ({
        kind: 'mp_capable',
        version: 1,
        flags: 1,
        senderKey: connection.localKey,
        receiverKey: 0n,
      }),
    ),
  ),
  fault(
    'data-acks-without-answer',
    '3.1-26.s1',
    'Sends Data ACKs though the SYN/ACK had no MP_CAPABLE.',
    adds((subflow) => lateKey(subflow) && subflow.opener === 'active', dataAck),
  ),
  fault('resets-without-answer', '3.1-26.s1', 'Resets the connection where the SYN/ACK has no MP_CAPABLE.', () => ({
    initiation: {
      mptcpWithoutAnswer: (subflow) => {
        reset(subflow);
        return false;
      },
    },
  })),
  fault('answers-plain-syn', '3.1-26.s2', 'Answers a SYN without MP_CAPABLE with one.', () => ({
    initiation: {
      answersWithoutOffer: (options) => (options.some(({ kind }) => kind === 'mp_capable') ? undefined : 1),
    },
  })),
  fault('answers-invalid-offer', '3.1-26.s2', 'Answers a SYN whose MP_CAPABLE it cannot read with one.', () => ({
    initiation: {
      answersWithoutOffer: (options) => (options.some(({ kind }) => kind === 'malformed') ? 1 : undefined),
    },
  })),
  fault(
    'data-acks-without-third',
    '3.1-26.s3',
    'Sends Data ACKs though the third packet had no MP_CAPABLE.',
    adds((subflow) => lateKey(subflow) && subflow.opener === 'passive', dataAck),
  ),
  fault('resets-without-third', '3.1-26.s3', 'Resets the connection where the third packet has no MP_CAPABLE.', () => ({
    initiation: {
      mptcpWithoutThird: (subflow) => {
        reset(subflow, 1);
        return false;
      },
    },
  })),
  fault(
    'waits-for-ever-for-third',
    '3.1-26.s3',
    'Drops all that comes until a third packet with MP_CAPABLE does.',
    ({ signals }) => ({
      tcp: {
        ackAcceptable: (subflow, { options }, right) =>
          right &&
          (subflow.state !== 'SYN_RECEIVED' ||
            subflow.connection.answerVersion === undefined ||
            signals.incoming(options, subflow).some(({ kind }) => kind === 'mp_capable')),
      },
    }),
  ),
  fault('capable-for-ever', '3.1-27.s2', 'Never sends a SYN without MP_CAPABLE.', () => ({
    initiation: { offersCapable: ({ connection }) => connection.wanted },
  })),
  fault('joins-before-dss', '3.1-17.s5', 'Opens subflows as soon as the handshake is over.', () => ({
    join: { mayInitiate: () => true },
  })),
  fault('joins-after-capable-data', '3.1-17.s5', 'Takes data with MP_CAPABLE for the DSS that joins wait for.', () => ({
    join: { mayInitiate: ({ dssReceived }) => dssReceived },
  })),
  fault('joins-after-own-data', '3.1-17.s5', 'Opens subflows once it has sent data, though nothing came.', () => ({
    join: { mayInitiate: ({ sent, dssOptionReceived }) => dssOptionReceived || sent.length > 0 },
  })),
  fault(
    'responder-joins-before-dss',
    '3.1-17.s5',
    'As a responder, opens subflows before a DSS has come.',
    ({ join }) => ({
      join: { mayInitiate: (connection) => connection.role === 'responder' || join.mayInitiate(connection) },
    }),
  ),
];
