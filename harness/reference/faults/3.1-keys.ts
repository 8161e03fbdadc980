/** Faults of keys, checksums and fall-back at the start (section 3.1). */
import type { TcpOption } from '../../packet/index.ts';
import type { Rules, RulesChange, Variation } from '../rules/index.ts';
import type { Subflow } from '../state.ts';
import { fault, isJoin, reset } from './fault.ts';

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

/** Faults of keys. */
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
  fault('one-key', ['3.1-10.s3.2', '3.1-10.s1'], 'Has one key for all its connections.', () => {
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
  fault(
    'key-of-a-listener',
    ['3.1-10.s3.2', '3.1-10.s1'],
    'As a responder, gives all connections the key of the first.',
    () => {
      let first: bigint | undefined;
      return {
        initiation: {
          newKey: (random, { listeners }) => (listeners.length > 0 ? (first ??= random) : random),
          tokenFree: () => true,
        },
      };
    },
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
    'As an initiator, ignores flag A of the SYN/ACK.',
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
  fault(
    'answers-without-checksums',
    ['3.1-23.s7', 'B.2-2.s2'],
    'Answers A=1 with A=0 and uses no checksums.',
    ({ initiation }) => ({
      initiation: { checksumInUse: () => false, flags: (subflow, on) => initiation.flags(subflow, on) & ~0x80 },
    }),
  ),
  fault('reset-for-checksums', '3.1-23.s7', 'Answers A=1 with a RST.', () => {
    let refused = false;
    return {
      initiation: {
        checksumDemandAcceptable: ({ flags }) => {
          refused = (flags & 0x80) !== 0;
          return !refused;
        },
      },
      tcp: {
        outgoing: (subflow, segment) =>
          refused && subflow.state === 'SYN_RECEIVED' && subflow.kind === 'initial'
            ? { ...segment, flags: 0x14, options: [], payload: new Uint8Array() }
            : segment,
      },
    };
  }),
  fault(
    'checksum-demand-forgotten',
    '3.1-23.s7',
    'As an initiator, goes on with MPTCP and no checksums where A=1 is answered.',
    ({ initiation }) => ({
      initiation: {
        checksumInUse: (connection, option) =>
          connection.role === 'responder' && initiation.checksumInUse(connection, option),
        flags: (subflow, on) => initiation.flags(subflow, on) & ~0x80,
      },
    }),
  ),
  fault(
    'goes-on-without-answer',
    ['3.1-26.s1', '3.1-17.s4', '6-5.s2.2', '3.1-17.s3'],
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
    ['3.1-26.s1', '3.1-17.s4', '3.1-17.s3'],
    'Sends Data ACKs though the SYN/ACK had no MP_CAPABLE.',
    adds((subflow) => lateKey(subflow) && subflow.opener === 'active', dataAck),
  ),
  fault(
    'resets-without-answer',
    ['3.1-26.s1', '3.7-2.s2', '6-5.s2.2'],
    'Resets the connection where the SYN/ACK has no MP_CAPABLE.',
    () => ({
      initiation: {
        mptcpWithoutAnswer: (subflow) => {
          reset(subflow);
          return false;
        },
      },
    }),
  ),
  fault('answers-plain-syn', ['3.1-26.s2', '6-5.s2.1'], 'Answers a SYN without MP_CAPABLE with one.', () => ({
    initiation: {
      answersWithoutOffer: (options) => (options.some(({ kind }) => kind === 'mp_capable') ? undefined : 1),
    },
  })),
  fault('answers-invalid-offer', '3-4.1.s1', 'Answers a SYN whose MP_CAPABLE it cannot read with one.', () => ({
    initiation: {
      answersWithoutOffer: (options) => (options.some(({ kind }) => kind === 'malformed') ? 1 : undefined),
    },
  })),
  fault(
    'answers-plain-syn-after-offer',
    '3.1-26.s2',
    'Answers a SYN without MP_CAPABLE as it answered the offer before it.',
    () => {
      let offered = false;
      return {
        initiation: {
          answersWithoutOffer: () => (offered ? 1 : undefined),
          answerVersion: (version) => {
            offered = true;
            return version >= 1 ? 1 : undefined;
          },
        },
      };
    },
  ),
  fault(
    'answers-second-plain-syn',
    '3.1-26.s2',
    'Puts MP_CAPABLE on the SYN/ACK when a SYN without it comes again.',
    ({ signals }) => {
      const answered = new Set<Subflow>();
      return {
        signals: {
          outgoing: (subflow, options, parts) => {
            const sent = signals.outgoing(subflow, options, parts);
            if ((parts.flags & 0x12) !== 0x12 || subflow.kind === 'join') return sent;
            const again = answered.has(subflow);
            answered.add(subflow);
            const silent = !sent.some(({ kind }) => kind === 'mp_capable');
            return again && silent
              ? [...sent, { kind: 'mp_capable', version: 1, flags: 1, senderKey: subflow.connection.localKey }]
              : sent;
          },
        },
      };
    },
  ),
  fault(
    'data-acks-without-third',
    ['3.1-26.s3', '3.1-17.s4', '3.1-27.s5'],
    'Sends Data ACKs though the third packet had no MP_CAPABLE.',
    adds((subflow) => lateKey(subflow) && subflow.opener === 'passive', dataAck),
  ),
  fault(
    'resets-without-third',
    ['3.1-26.s3', '3.1-17.s2', '3.1-27.s4', '3.1-27.s5', '6-5.s1'],
    'Resets the connection where the third packet has no MP_CAPABLE.',
    () => ({
      initiation: {
        mptcpWithoutThird: (subflow) => {
          reset(subflow, 1);
          return false;
        },
      },
    }),
  ),
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
  fault('joins-after-capable-data', '3.1-17.s5', 'Treats data with MP_CAPABLE as the DSS that joins wait for.', () => ({
    join: { mayInitiate: ({ dssReceived }) => dssReceived },
  })),
  fault('joins-after-own-data', '3.1-17.s5', 'Opens subflows once it has data to send, though nothing came.', () => ({
    join: { mayInitiate: ({ sendBuffer, dssOptionReceived }) => dssOptionReceived || sendBuffer.length > 0 },
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
