/** Faults of fast close, reset reasons and fall-back (sections 3.5 to 3.7) and of fast open (appendix B). */
import { low32 } from '../../mptcp/index.ts';
import type { Variation } from '../rules/index.ts';
import { tryAgain } from './3.4-paths.ts';
import { fault, hasJoins, isJoin, reads, sends } from './fault.ts';

/** Faults of fast close and resets. */
export const endingFaults: readonly Variation[] = [
  fault('fast-close-own-key', '3.5-5.1.s1.2', 'Closes fast with its own key.', () => ({
    fastClose: { keyToSend: ({ localKey }) => localKey },
  })),
  fault('fast-close-own-key-by-reset', '3.5-5.2.s1.2', 'Closes fast by RSTs with its own key.', () => ({
    fastClose: { option: () => 'R', keyToSend: ({ localKey }) => localKey },
  })),
  fault(
    'fast-close-by-plain-reset',
    ['3.5-2.s5', '3.5-2.s1.1'],
    'Aborts a connection by RSTs without MP_FASTCLOSE.',
    () => ({ fastClose: { sendsFastClose: () => false } }),
  ),
  fault('fast-close-on-one-reset', '3.5-5.2.s1.1', 'Puts MP_FASTCLOSE on the RST of the first subflow only.', () => ({
    fastClose: { option: () => 'R', optionOnSubflow: (_, at) => at === 0 },
  })),
  fault(
    'fast-close-leaves-others',
    ['3.5-5.1.s2', '3.5-2.s1.1'],
    'Closes fast by an ACK and leaves the other subflows open.',
    () => ({ fastClose: { option: () => 'A', resetsOthers: () => false } }),
  ),
  fault('fast-close-ack-not-repeated', ['3.5-7.3.s1', '3.5-5.1.s3'], 'Sends MP_FASTCLOSE on an ACK once.', () => ({
    fastClose: { option: () => 'A', retransmissions: 0, finalReset: false },
  })),
  fault('fast-close-ack-for-ever', '3.5-7.3.s2', 'Repeats MP_FASTCLOSE on ACKs without end.', () => ({
    fastClose: { option: () => 'A', retransmissions: 1000 },
  })),
  fault('fast-close-no-final-reset', '3.5-7.3.s4', 'Gives FASTCLOSE_WAIT up without MP_FASTCLOSE on its RST.', () => ({
    fastClose: { option: () => 'A', finalReset: false },
  })),
  fault(
    'data-in-fast-close-wait',
    '3.5-2.s1.2',
    'Accepts data and acknowledges it after its own MP_FASTCLOSE.',
    () => ({ fastClose: { option: () => 'A' }, receiving: { acceptanceEdge: ({ rcvEdge }) => rcvEdge } }),
  ),
  fault('fast-close-wait-stays', '3.5-7.2.s1', 'Stays in FASTCLOSE_WAIT though the RST came.', () => ({
    fastClose: { option: () => 'A', endsWait: () => false, forgetsConnection: () => false },
    errors: { takesReset: ({ connection }) => connection.state !== 'FASTCLOSE_WAIT' },
  })),
  fault(
    'fast-close-reserved',
    '3.5-3.1.s1.2',
    'Sets reserved bits of MP_FASTCLOSE.',
    sends('mp_fastclose', (option) => ({ ...option, reserved: 0x801 })),
  ),
  fault(
    'fast-close-reserved-minded',
    '3.5-3.1.s1.3',
    'Ignores MP_FASTCLOSE with reserved bits.',
    reads('mp_fastclose', (option) => (option.reserved === 0 ? option : undefined)),
  ),
  fault('fast-close-any-key', '3.5-7.1.s1.3', 'Accepts MP_FASTCLOSE with any key.', () => ({
    fastClose: { keyValid: () => true },
  })),
  fault(
    'fast-close-any-key-by-reset',
    '3.5-8.s1.2',
    'On joined subflows, accepts MP_FASTCLOSE with any key.',
    ({ fastClose }) => ({
      fastClose: {
        keyValid: (key, connection, subflow) => isJoin(subflow) || fastClose.keyValid(key, connection, subflow),
      },
    }),
  ),
  fault('fast-close-peers-key', '3.5-7.1.s1.3', "Accepts MP_FASTCLOSE with the sender's key.", () => ({
    fastClose: { keyValid: (key, { localKey, remoteKey }) => key === localKey || key === remoteKey },
  })),
  fault('fast-close-half-key', '3.5-7.1.s1.3', 'Compares the lower half of the key in MP_FASTCLOSE.', () => ({
    fastClose: { keyValid: (key, { localKey }) => low32(key) === low32(localKey) },
  })),
  fault('fast-close-unanswered', '3.5-7.1.s1.1', 'Does not answer MP_FASTCLOSE on an ACK by a RST.', () => ({
    fastClose: { answersWithReset: () => false },
  })),
  fault(
    'fast-close-others-unreset',
    '3.5-7.1.s1.2',
    'Sends no RST on the other subflows when MP_FASTCLOSE comes.',
    () => ({ fastClose: { resetsOnReceipt: () => false } }),
  ),
  fault(
    'fast-close-reset-others-unreset',
    '3.5-8.s1.1',
    'Sends no RST on joined subflows when MP_FASTCLOSE comes.',
    () => ({ fastClose: { resetsOnReceipt: (subflow) => !isJoin(subflow) } }),
  ),
  fault('fast-close-not-told', '3.5-7.1.s2', 'Keeps the connection when MP_FASTCLOSE comes.', () => ({
    fastClose: { closesConnection: () => false },
  })),
  fault(
    'fast-close-reset-not-told',
    '3.5-8.s2',
    'Keeps a connection without subflows when a RST with MP_FASTCLOSE came.',
    () => ({ fastClose: { closesConnection: (connection) => hasJoins(connection) } }),
  ),
  fault('fast-close-token-stays', '3.5-5.2.s2', 'Accepts joins to a connection that was closed fast.', () => ({
    fastClose: { forgetsConnection: () => false },
    join: { connectionTakesSubflows: () => true },
  })),
  fault('fast-close-ignored', '3.5-7.1.s1.1', 'Ignores MP_FASTCLOSE.', () => ({
    fastClose: { keyValid: () => false },
  })),
  fault('reset-ends-connection', ['3.5-1.s2', '3.3-7.s4'], 'Closes the connection when a subflow is reset.', () => ({
    reset: { endsConnection: () => true },
  })),
  fault(
    'reset-of-first-ends-connection',
    '4-2.12.s1',
    'Closes the connection when its first subflow is reset.',
    () => ({ reset: { endsConnection: (subflow) => !isJoin(subflow) } }),
  ),
  fault('last-reset-ends-connection', '3.5-1.s3', 'Closes the connection when its last subflow is reset.', () => ({
    reset: { endsConnection: ({ connection }) => connection.subflows.length === 0 },
  })),
  fault('reason-reserved', '3.6-4.s6.1', 'Sets flags U, V and W of MP_TCPRST.', () => ({ reset: { reserved: 7 } })),
  fault('reason-reserved-w', '3.6-4.s6.1', 'Sets flag W of MP_TCPRST.', () => ({ reset: { reserved: 1 } })),
  fault(
    'reason-reserved-u',
    '3.6-4.s6.1',
    'Sets flag U of MP_TCPRST on joined subflows.',
    sends('mp_tcprst', (option, subflow) => (isJoin(subflow) ? { ...option, reserved: 4 } : option)),
  ),
  fault('reason-reserved-minded', '3.6-4.s6.2', 'Ignores a RST whose MP_TCPRST has flags U, V or W.', () => ({
    errors: { takesReset: (_, { options }) => !options.some((one) => one.kind === 'mp_tcprst' && one.reserved !== 0) },
  })),
  fault(
    'reason-u-ends-connection',
    '3.6-4.s6.2',
    'Closes the connection for flag U of MP_TCPRST.',
    ({ reset: rules }) => {
      let seen = false;
      return {
        reset: {
          readable: ({ reserved }) => {
            seen = (reserved & 4) !== 0;
            return true;
          },
          endsConnection: (subflow) => seen || rules.endsConnection(subflow),
        },
      };
    },
  ),
  fault(
    'reason-w-is-transient',
    '3.6-4.s6.2',
    'Ignores MP_FAIL and MP_FASTCLOSE beside an MP_TCPRST with reserved flags.',
    () => ({
      errors: {
        takesReset: (_, { options }) => !options.some((one) => one.kind === 'mp_tcprst' && (one.reserved & 1) !== 0),
      },
    }),
  ),
  fault('reason-unknown', ['3.6-5.s1', '7.4-1.s1'], 'Sends reason 9, which is not defined.', () => ({
    reset: { option: ({ transient }) => ({ transient, reason: 9 }) },
  })),
  fault('reason-unknown-minded', '3.6-5.s2', 'Ignores a RST with a reason that it does not know.', () => ({
    errors: { takesReset: (_, { options }) => !options.some((one) => one.kind === 'mp_tcprst' && one.reason > 6) },
  })),
  fault('reason-without-reset', '3.6-2.1.s1.2', 'Sends MP_TCPRST on ACKs.', ({ signals }) => ({
    signals: {
      outgoing: (subflow, options, parts) => {
        const sent = signals.outgoing(subflow, options, parts);
        const idle =
          (parts.flags & 0x07) === 0 && (parts.payload?.length ?? 0) === 0 && subflow.connection.mode === 'mptcp';
        return idle ? [...sent, { kind: 'mp_tcprst', reserved: 0, transient: false, reason: 0 }] : sent;
      },
    },
  })),
  fault(
    'join-reset-wrong-reason',
    '3.2-20.s2',
    'Resets a join that failed with reason 4, "too much outstanding data".',
    () => ({ join: { handshakeReset: () => ({ reason: 4 }) } }),
  ),
  fault('checksum-reset-wrong-reason', '3.3-8.s5', 'Resets for a checksum that is out of place with reason 3.', () => ({
    reset: { option: ({ reason, transient }) => ({ transient, reason: reason === 1 ? 3 : reason }) },
  })),
  fault('middlebox-reset-wrong-reason', '3.7-4.2.s2.2', 'Resets a subflow without Data ACKs with reason 5.', () => ({
    fallback: { missingDataAckReason: 5 },
  })),
  fault('unmapped-reset-wrong-reason', '3.7-4.4.s2', 'Resets a subflow without mappings with reason 2.', () => ({
    fallback: { unmappedReason: 2 },
  })),
  fault('permanent-reset-retried', '3.6-4.s4', 'Tries a path again at once after a permanent reset.', () => ({
    reset: { mayRetry: () => false },
    heuristics: { remembersFailure: tryAgain },
  })),
];
