/** Faults of section 3: signals as congestion, and signals of segments that are not acceptable. */
import type { TcpOption } from '../../packet/index.ts';
import type { Variation } from '../rules/index.ts';
import { actsUnchecked, fault, isIpv6, isJoin } from './fault.ts';

const has =
  (...kinds: readonly TcpOption['kind'][]) =>
  (options: readonly TcpOption[]): boolean =>
    options.some(({ kind }) => kinds.includes(kind));

/** Faults of options in general. */
export const signalFaults: readonly Variation[] = [
  fault(
    'signals-are-congestion',
    ['3-6.s5', '4-2.6.s1', 'A-9.s4'],
    'Counts every duplicate ACK with an MPTCP option as a loss.',
    () => ({ congestion: { countsAsDuplicate: () => true } }),
  ),
  fault(
    'signals-are-congestion-on-joins',
    '3-6.s5',
    'On joined subflows, counts ACKs that carry only MPTCP signals as a loss.',
    ({ congestion }) => ({
      congestion: {
        countsAsDuplicate: (options, subflow) => isJoin(subflow) || congestion.countsAsDuplicate(options, subflow),
      },
    }),
  ),
  fault(
    'signals-are-congestion-ipv6',
    '3-6.s5',
    'Over IPv6, counts ACKs that carry only MPTCP signals as a loss.',
    ({ congestion }) => ({
      congestion: {
        countsAsDuplicate: (options, subflow) => isIpv6(subflow) || congestion.countsAsDuplicate(options, subflow),
      },
    }),
  ),
  fault(
    'add-addr-is-congestion',
    '3.4.1-14.s3.1',
    'Counts duplicate ACKs with ADD_ADDR as a loss.',
    ({ congestion }) => ({
      congestion: {
        countsAsDuplicate: (options, subflow) =>
          has('add_addr')(options) || congestion.countsAsDuplicate(options, subflow),
      },
    }),
  ),
  fault(
    'remove-addr-is-congestion',
    ['3.4.1-14.s3.1', 'A-9.s4'],
    'Counts duplicate ACKs with REMOVE_ADDR as a loss.',
    ({ congestion }) => ({
      congestion: {
        countsAsDuplicate: (options, subflow) =>
          has('remove_addr')(options) || congestion.countsAsDuplicate(options, subflow),
      },
    }),
  ),
  fault(
    'one-add-addr-is-congestion',
    ['3.4.1-14.s3.1', 'A-9.s4'],
    'Retransmits at the first duplicate ACK with an MPTCP signal.',
    () => ({ congestion: { countsAsDuplicate: () => true, duplicatesUntilLoss: 1 } }),
  ),
  fault(
    'mp-prio-is-congestion',
    ['4-2.6.s1', 'A-9.s4'],
    'Counts duplicate ACKs with MP_PRIO as a loss.',
    ({ congestion }) => ({
      congestion: {
        countsAsDuplicate: (options, subflow) =>
          has('mp_prio')(options) || congestion.countsAsDuplicate(options, subflow),
      },
    }),
  ),
  fault(
    'echo-is-congestion',
    ['4-2.6.s1', '3-6.s5'],
    'Counts duplicate ACKs with the echo of an ADD_ADDR as a loss.',
    ({ congestion }) => ({
      congestion: {
        countsAsDuplicate: (options, subflow) =>
          options.some((one) => one.kind === 'add_addr' && one.echo) || congestion.countsAsDuplicate(options, subflow),
      },
    }),
  ),
  fault(
    'other-signals-are-congestion',
    ['4-2.6.s1', 'A-9.s4'],
    'Counts every duplicate ACK without MP_CAPABLE or MP_JOIN as a loss.',
    () => ({ congestion: { countsAsDuplicate: (options) => !has('mp_capable', 'mp_join')(options) } }),
  ),
  fault(
    'add-addr-unchecked',
    '3.4.1-1.s3',
    'Acts on ADD_ADDR of a segment with invalid sequence numbers.',
    actsUnchecked('add_addr'),
  ),
  fault(
    'add-addr-any-ack',
    '3.4.1-1.s3',
    'Acts on ADD_ADDR of a segment that acknowledges data that was not sent.',
    () => ({ tcp: { ackAcceptable: (_, { options }, right) => right || has('add_addr')(options) } }),
  ),
  fault('add-addr-any-sequence', '3.4.1-1.s3', 'Acts on ADD_ADDR of a segment outside the window.', () => ({
    tcp: { takesOutOfWindow: (_, { options, payload }) => payload.length === 0 && has('add_addr')(options) },
  })),
  fault(
    'remove-addr-unchecked',
    '3.4.2-4.s5',
    'Acts on REMOVE_ADDR of a segment with invalid sequence numbers.',
    actsUnchecked('remove_addr'),
  ),
  fault(
    'remove-addr-any-ack',
    '3.4.2-4.s5',
    'Acts on REMOVE_ADDR of a segment that acknowledges data that was not sent.',
    () => ({ tcp: { ackAcceptable: (_, { options }, right) => right || has('remove_addr')(options) } }),
  ),
  fault('remove-addr-any-sequence', '3.4.2-4.s5', 'Acts on REMOVE_ADDR of a segment outside the window.', () => ({
    tcp: { takesOutOfWindow: (_, { options, payload }) => payload.length === 0 && has('remove_addr')(options) },
  })),
  fault(
    'signals-unchecked',
    ['3-7.s1.1', '5-7.s1'],
    'Acts on every MPTCP option of a segment with invalid sequence numbers.',
    actsUnchecked('dss', 'add_addr', 'remove_addr', 'mp_prio', 'mp_fail', 'mp_fastclose'),
  ),
  fault(
    'fast-close-unchecked',
    '3-7.s1.1',
    'Acts on MP_FASTCLOSE of a segment with invalid sequence numbers.',
    actsUnchecked('mp_fastclose'),
  ),
  fault(
    'priority-unchecked',
    '5-7.s1',
    'Acts on MP_PRIO of a segment with invalid sequence numbers.',
    actsUnchecked('mp_prio'),
  ),
  fault(
    'fail-unchecked',
    '3-7.s1.1',
    'Acts on MP_FAIL of a segment with invalid sequence numbers.',
    actsUnchecked('mp_fail'),
  ),
  fault(
    'data-ack-unchecked',
    '3-7.s1.1',
    'Accepts the Data ACK of a segment with invalid sequence numbers.',
    actsUnchecked('dss'),
  ),
  fault('acks-of-the-future', '3-7.s1.1', 'Accepts segments that acknowledge data that was not sent.', () => ({
    tcp: { ackAcceptable: () => true },
  })),
  fault('any-reset-in-window', '3-7.s1.1', 'Accepts a RST anywhere in the window.', () => ({
    tcp: { takesResetInWindow: () => true },
  })),
];
