/** Faults after a failed checksum: MP_FAIL, discarding, continuation (section 3.7). */
import { low32 } from '../../mptcp/index.ts';
import type { TcpOption } from '../../packet/index.ts';
import type { Rules, RulesChange, Variation } from '../rules/index.ts';
import type { Subflow } from '../state.ts';
import { dataAcksAfterwards } from './3.7-fallback.ts';
import { fault, isIpv6, isJoin, reads, reset, sends } from './fault.ts';

/** Delivers data whose checksum is wrong, and resets the subflow with MP_FAIL after that. */
function failsLate(
  when: (subflow: Subflow) => boolean,
  tell: () => void = () => undefined,
): (standard: Rules) => RulesChange {
  return ({ mapping }) => ({
    mapping: {
      checksumFits: (came, right, subflow, whole) => {
        const fits = mapping.checksumFits(came, right, subflow, whole);
        if (fits || !when(subflow)) return fits;
        const option: TcpOption = { kind: 'mp_fail', reserved: 0, dsn: whole.dsn };
        subflow.resetDue ??= { transient: false, reason: 6, options: [option] };
        tell();
        return true;
      },
    },
  });
}

/** Faults of checksums. */
export const checksumFaults: readonly Variation[] = [
  fault('corrupt-data-taken', '3.7-10.s2.1', 'Acknowledges data whose checksum is wrong.', () => ({
    mapping: { checksumFits: () => true },
  })),
  fault(
    'corrupt-data-acknowledged-on-joins',
    '3.7-8.s3.1',
    'Acknowledges data with a wrong checksum on joined subflows.',
    ({ mapping }) => ({
      mapping: {
        checksumFits: (came, right, subflow, whole) =>
          isJoin(subflow) || mapping.checksumFits(came, right, subflow, whole),
      },
    }),
  ),
  fault(
    'corrupt-data-taken-later',
    '3.7-10.s2.1',
    'Verifies the checksum of the first mapping only.',
    ({ mapping }) => {
      const verified = new Set<Subflow>();
      return {
        mapping: {
          checksumFits: (came, right, subflow, whole) => {
            const fits = verified.has(subflow) || mapping.checksumFits(came, right, subflow, whole);
            verified.add(subflow);
            return fits;
          },
        },
      };
    },
  ),
  fault(
    'corrupt-data-acknowledged-ipv6',
    '3.7-10.s2.1',
    'Over IPv6, acknowledges data whose checksum is wrong.',
    ({ mapping }) => ({
      mapping: {
        checksumFits: (came, right, subflow, whole) =>
          isIpv6(subflow) || mapping.checksumFits(came, right, subflow, whole),
      },
    }),
  ),
  fault(
    'corrupt-data-not-reset',
    ['3.7-8.s3.1', '6-11.6.s2'],
    'Keeps a subflow whose checksum failed beside others.',
    () => ({ fallback: { resetsOnChecksum: () => false } }),
  ),
  fault('no-fail-on-reset', '3.7-8.s3.1', 'Resets for a failed checksum without MP_FAIL.', ({ fallback }) => ({
    fallback: { sendsFail: (subflow) => subflow.connection.subflows.length === 1 && fallback.sendsFail(subflow) },
  })),
  fault('fail-number-one-off', ['3.7-8.s3.2', '3.7-11.s3.2'], 'Sends MP_FAIL with a number one too high.', () => ({
    fallback: { failNumber: (dsn) => dsn + 1n },
  })),
  fault('fail-number-32-bits', '3.7-8.s4', 'Sends MP_FAIL with the lower 32 bits of the number.', () => ({
    fallback: { failNumber: (dsn) => low32(dsn) },
  })),
  fault(
    'fail-reserved',
    '3.7-9.1.s1.2',
    'Sets reserved bits of MP_FAIL.',
    sends('mp_fail', (option) => ({ ...option, reserved: 0xfff })),
  ),
  fault(
    'fail-reserved-minded',
    '3.7-9.1.s1.2',
    'Ignores MP_FAIL with reserved bits.',
    reads('mp_fail', (option) => (option.reserved === 0 ? option : undefined)),
  ),
  fault(
    'resets-only-subflow',
    '3.7-11.s3.1',
    'Resets its only subflow for a failed checksum though the data is contiguous.',
    () => ({ fallback: { keepsSubflow: () => false } }),
  ),
  fault('keeps-data-after-fail', '3.7-10.s1', 'Keeps what came after the number of a failed mapping.', () => ({
    fallback: { discardOffset: 1 << 20 },
  })),
  fault(
    'delivers-then-fails',
    ['3.7-10.s1', '3.7-12.s2'],
    'Delivers the data of a failed mapping and then resets the subflow.',
    failsLate(() => true),
  ),
  fault(
    'delivers-then-fails-ipv6',
    ['3.7-12.s2', '3.7-10.s1'],
    'Over IPv6, delivers the data of a failed mapping and then resets the subflow.',
    failsLate(isIpv6),
  ),
  fault(
    'failed-data-as-zeros',
    ['3.7-12.s2', '3.7-10.s1'],
    'Delivers zeros for a failed mapping, and what comes after it.',
    (standard) => {
      let failed = false;
      const late = failsLate(
        () => true,
        () => {
          failed = true;
        },
      )(standard);
      return {
        mapping: {
          ...late.mapping,
          data: (data) => {
            if (!failed) return data;
            failed = false;
            return new Uint8Array(data.length);
          },
        },
      };
    },
  ),
  fault(
    'discards-too-little',
    '3.7-10.s1',
    'Discards only what lies more than 150 bytes after the number of a failed mapping.',
    () => ({ fallback: { discardOffset: 150 } }),
  ),
  fault('fail-unanswered', '3.7-11.s7.1', 'Does not answer MP_FAIL by one.', () => ({
    fallback: { answersFail: () => false },
  })),
  fault('fail-unanswered-by-responder', '3.7-11.s7.1', 'As a responder, does not answer MP_FAIL by one.', () => ({
    fallback: { answersFail: ({ connection }) => connection.role === 'initiator' },
  })),
  fault('fail-ignored', ['3.7-11.s7.1', '3.7-11.s4'], 'Ignores MP_FAIL on an ACK.', () => ({
    fallback: { honoursFail: () => false },
  })),
  fault('fail-without-fallback', ['3.7-11.s7.2', '3.7-11.s4'], 'Answers MP_FAIL and goes on with MPTCP.', () => ({
    fallback: { revertsAfterFail: () => false },
  })),
  fault(
    'fail-one-direction',
    '3.7-11.s7.2',
    'Goes on sending Data ACKs after MP_FAIL.',
    dataAcksAfterwards(() => true),
  ),
  fault('fail-resets', '3.7-11.s7.1', 'Resets its only subflow when MP_FAIL comes.', () => ({
    fallback: {
      honoursFail: (subflow) => {
        reset(subflow, 6);
        return false;
      },
    },
  })),
  fault(
    'keeps-without-contiguity',
    '3.7-12.s1',
    'Keeps its only subflow after a failed checksum though the data is not contiguous.',
    () => ({ fallback: { keepsSubflow: (_, open) => open === 1 } }),
  ),
  fault('reset-without-fail', '3.7-12.s1', 'Resets its only subflow for a failed checksum without MP_FAIL.', () => ({
    fallback: { sendsFail: () => false, keepsSubflow: () => false },
  })),
  fault('keeps-two-subflows', '3.7-12.s1', 'Keeps a subflow after a failed checksum though others are open.', () => ({
    fallback: { keepsSubflow: () => true },
  })),
];
