/** Faults of the handshake with MP_CAPABLE (section 3.1): form, version, flags. */
import type { OptionMpCapable } from '../../packet/index.ts';
import type { Variation } from '../rules/index.ts';
import { fault, isIpv6, reads, reset, sends } from './fault.ts';

const A = 0x80;
const B = 0x40;
const C = 0x20;

/** Alters MP_CAPABLE by the number of keys that it has: none on the SYN, one on the SYN/ACK, two on the third packet. */
export function capable(keys: number | 'any', change: (option: OptionMpCapable) => Partial<OptionMpCapable>) {
  return sends('mp_capable', (option) => {
    const has = (option.senderKey === undefined ? 0 : 1) + (option.receiverKey === undefined ? 0 : 1);
    return keys === 'any' || has === keys ? { ...option, ...change(option) } : option;
  });
}

/** Faults of MP_CAPABLE. */
export const capableFaults: readonly Variation[] = [
  fault(
    'key-on-syn',
    ['3.1-6.1.s1', '3.1-3.s1', '3.1-8.s1', '3.1-14.s2', 'B.1-3.1.s1'],
    'Puts its key on the SYN already, as version 0 did.',
    () => ({ initiation: { synKey: ({ connection }) => ({ senderKey: connection.localKey }) } }),
  ),
  fault(
    'two-keys-on-synack',
    ['3.1-6.2.s1', 'B.1-3.2.s1'],
    'Puts two keys on the SYN/ACK.',
    capable(1, () => ({ receiverKey: 0n })),
  ),
  fault(
    'no-key-on-synack',
    '3.1-6.2.s1',
    'Answers with an MP_CAPABLE that has no key.',
    sends('mp_capable', (option) => {
      if (option.receiverKey !== undefined || option.senderKey === undefined) return option;
      const { senderKey: _key, ...rest } = option;
      return rest;
    }),
  ),
  fault(
    'third-without-own-key',
    ['3.1-14.s1', '3.1-6.3.s1', '3.1-1.s2'],
    "Sends a third packet that has only the peer's key.",
    () => ({ initiation: { keysOnAck: ({ connection }) => ({ senderKey: connection.remoteKey ?? 0n }) } }),
  ),
  fault(
    'third-keys-swapped',
    ['3.1-14.s1', '3.1-2.1.s1.1', '3.1-7.s2'],
    "Puts the peer's key before its own on the third packet.",
    () => ({
      initiation: { keysOnAck: ({ connection: c }) => ({ senderKey: c.remoteKey ?? 0n, receiverKey: c.localKey }) },
    }),
  ),
  fault('third-echoes-wrong-key', '3.1-14.s1', "Echoes the responder's key with its last bit changed.", () => ({
    initiation: {
      keysOnAck: ({ connection: c }) => ({ senderKey: c.localKey, receiverKey: (c.remoteKey ?? 0n) ^ 1n }),
    },
  })),
  fault(
    'third-without-capable',
    ['3.1-15.s4', '3.1-1.s2', 'A-7.s1.1'],
    'Sends the third packet without MP_CAPABLE.',
    () => ({ initiation: { capableOnAck: () => false } }),
  ),
  fault(
    'third-without-capable-ipv6',
    ['3.1-15.s4', '3.1-1.s2'],
    'Over IPv6, sends the third packet without MP_CAPABLE.',
    ({ initiation }) => ({
      initiation: { capableOnAck: (subflow) => !isIpv6(subflow) && initiation.capableOnAck(subflow) },
    }),
  ),
  fault(
    'third-with-data-length',
    ['3.1-15.s4', '3.1-6.3.s1'],
    'Sends the third packet with a Data-Level Length of 0 though it has no data.',
    sends('mp_capable', (option, _, { payload }) =>
      option.receiverKey !== undefined && (payload?.length ?? 0) === 0 ? { ...option, dataLength: 0 } : option,
    ),
  ),
  fault(
    'first-data-without-capable',
    ['3.1-15.s5', '3.1-6.4.s1', '3.1-15.s3', '3.1-16.s2', '3.1-5.s1'],
    'Sends its first data with a DSS instead of MP_CAPABLE.',
    () => ({ initiation: { capableOnFirstData: () => false } }),
  ),
  fault(
    'every-data-with-capable',
    '3.3.1-14.s1',
    'Puts MP_CAPABLE on all data while no DSS came, not on the first alone.',
    () => ({
      initiation: { capableOnFirstData: ({ connection, kind }) => kind === 'initial' && !connection.dssReceived },
    }),
  ),
  fault('capable-not-repeated', ['3.1-15.s8', '3.1-14.s4'], 'Retransmits the first data without MP_CAPABLE.', () => ({
    initiation: { repeatsCapable: (_, { times }) => times <= 1 },
  })),
  fault(
    'capable-length-short',
    ['3.1-15.s6.2', '3.1-2.1.s1.2', '3.1-6.4.s1', '3.1-15.s6.1'],
    'Sends a Data-Level Length in MP_CAPABLE that is one byte too small.',
    sends('mp_capable', (option) =>
      option.dataLength === undefined ? option : { ...option, dataLength: option.dataLength - 1 },
    ),
  ),
  fault(
    'capable-without-checksum',
    ['3.1-15.s6.2', '3.1-6.4.s1'],
    'Leaves the checksum out of MP_CAPABLE with data though it was negotiated.',
    sends('mp_capable', (option) => {
      const { checksum: _sum, ...rest } = option;
      return rest;
    }),
  ),
  fault(
    'capable-data-unmapped',
    ['3.1-16.s5', '3.1-15.s7', '3.1-15.s9', '3.1-16.s4'],
    'Does not take the Data-Level Length of MP_CAPABLE for a mapping.',
    () => ({ initiation: { mapsWithCapable: () => false } }),
  ),
  fault(
    'capable-data-once',
    ['3.1-16.s6', '3.1-16.s4', '3.1-16.s7.1'],
    'Resets the subflow when data with MP_CAPABLE comes again.',
    ({ signals }) => ({
      signals: {
        incoming: (options, subflow) => {
          const again = options.some((one) => one.kind === 'mp_capable' && one.dataLength !== undefined);
          if (again && subflow?.dssReceived === true) reset(subflow, 1);
          return signals.incoming(options, subflow);
        },
      },
    }),
  ),
  fault(
    'answers-higher-version',
    ['3.1-3.s3', '3.1-18.s3.2'],
    'Answers with a version one above the one offered.',
    () => ({ initiation: { answerVersion: (offered) => (offered >= 1 ? offered + 1 : undefined) } }),
  ),
  fault('answers-version-2', ['3.1-3.s3', '3.1-18.s3.2'], 'Always answers with version 2.', () => ({
    initiation: { answerVersion: () => 2 },
  })),
  fault('answers-1-to-0', ['3.1-3.s3', '3.1-3.s7'], 'Answers an offer of version 0 with version 1.', () => ({
    initiation: { answerVersion: () => 1, offerFormValid: () => true },
  })),
  fault('echoes-any-version', '3.1-3.s3', 'Answers with whatever version was offered.', () => ({
    initiation: { answerVersion: (offered) => offered },
  })),
  fault('takes-any-answered-version', '3.1-17.s3', 'Goes on with MPTCP whatever version the SYN/ACK names.', () => ({
    initiation: { answerValid: ({ senderKey }) => senderKey !== undefined },
  })),
  fault('takes-key-on-syn', '3.1-7.s1', 'Treats an MP_CAPABLE with a key on the SYN as an offer.', () => ({
    initiation: { offerFormValid: () => true },
  })),
  fault(
    'takes-wrong-echoed-key',
    '3.1-13.s3',
    "Accepts a third packet whatever it echoes as the responder's key.",
    () => ({ initiation: { thirdValid: () => true } }),
  ),
  fault('takes-changed-third-flags', '3.1-21.s2', 'Accepts a third packet with any flags.', () => ({
    initiation: { thirdValid: ({ receiverKey }, { localKey }) => receiverKey === localKey },
  })),
  fault('takes-half-of-echoed-key', '3.1-13.s3', 'Checks only the upper half of the echoed key.', ({ initiation }) => ({
    initiation: {
      thirdValid: (option, c, withData) =>
        (option.receiverKey ?? 0n) >> 32n === c.localKey >> 32n &&
        initiation.thirdValid({ ...option, receiverKey: c.localKey }, c, withData),
    },
  })),
  fault(
    'offers-flag-b',
    ['3.1-20.4.s2', '3.1-20.4.s1', '7.3-1.s2.2'],
    'Sets flag B on the SYN.',
    capable(0, ({ flags }) => ({ flags: flags | B })),
  ),
  fault(
    'answers-flag-b',
    ['3.1-20.4.s2', '3.1-20.4.s1'],
    'Sets flag B on the SYN/ACK.',
    capable(1, ({ flags }) => ({ flags: flags | B })),
  ),
  fault(
    'third-with-flag-b',
    '3.1-20.4.s2',
    'Sets flag B on the third packet.',
    capable(2, ({ flags }) => ({ flags: flags | B })),
  ),
  fault('takes-flag-b', '3.1-20.4.s5', 'Ignores flag B.', () => ({ initiation: { flagBAcceptable: () => true } })),
  fault('takes-flag-b-on-syn', ['3.1-20.4.s5', '3.1-20.4.s6'], 'Ignores flag B on a SYN.', () => ({
    initiation: { flagBAcceptable: ({ flags }, on) => on === 'syn' || (flags & B) === 0 },
  })),
  fault(
    'clears-flag-b',
    ['3.1-20.4.s5', '3.1-20.4.s6'],
    'Reads an MP_CAPABLE with flag B as if it were 0.',
    reads('mp_capable', (option) => ({ ...option, flags: option.flags & ~B })),
  ),
  fault('mirrors-flag-b', '3.1-20.4.s5', 'Answers with flag B where it was offered.', ({ initiation }) => {
    let offered = 0;
    return {
      initiation: {
        flagBAcceptable: ({ flags }) => {
          offered = flags & B;
          return true;
        },
        flags: (subflow, on) => initiation.flags(subflow, on) | (on === 'synack' ? offered : 0),
      },
    };
  }),
  fault(
    'ignores-flag-c',
    '3.1-20.6.s1.1',
    'Opens subflows to the first address and port though flag C was set.',
    () => ({ initiation: { noJoinToInitial: () => false } }),
  ),
  fault(
    'responder-ignores-flag-c',
    '3.1-20.6.s1.1',
    "As a responder, opens subflows to the initiator's address though flag C was set.",
    ({ initiation }) => ({
      initiation: { noJoinToInitial: (option) => option.senderKey !== undefined && initiation.noJoinToInitial(option) },
    }),
  ),
  fault(
    'announced-beats-flag-c',
    '3.1-20.6.s1.1',
    'Obeys flag C for its endpoints, not when the same address is announced.',
    () => ({ heuristics: { honoursNoJoin: false } }),
  ),
  fault(
    'takes-joins-under-own-c',
    '3.1-20.6.s1.2',
    'Sets flag C and accepts joins at that address nevertheless.',
    () => ({ join: { takesTarget: () => true } }),
  ),
  fault('stops-all-joins-for-c', '3.1-15.s4', 'Treats flag C as a reason to leave MPTCP.', () => ({
    initiation: { flagBAcceptable: ({ flags }) => (flags & (B | C)) === 0 },
  })),
  fault(
    'third-denies-checksums',
    '3.1-23.s5',
    'Has A=0 on the third packet though checksums were negotiated.',
    capable(2, ({ flags }) => ({ flags: flags & ~A })),
  ),
  fault(
    'third-invents-checksums',
    '3.1-23.s4',
    'Has A=1 on the third packet whatever was negotiated.',
    capable(2, ({ flags }) => ({ flags: flags | A })),
  ),
];
