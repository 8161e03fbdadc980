/** Faults of DSS, mappings and Data ACKs (sections 3.3 to 3.3.2). */
import { dsnAdd, low32, seqAdd } from '../../mptcp/index.ts';
import { foldSum, type OptionDss, type TcpOption } from '../../packet/index.ts';
import type { Variation } from '../rules/index.ts';
import type { Subflow } from '../state.ts';
import { emits, fault, isIpv6, isJoin, reads, sends } from './fault.ts';

/** Sets reserved bits of a DSS where `when` holds. */
function reserved(bits: number, when: (option: OptionDss) => boolean = () => true) {
  return sends('dss', (option) => (when(option) ? { ...option, reserved: bits } : option));
}

function without(option: OptionDss): TcpOption | undefined {
  const { checksum: _sum, ...rest } = option;
  return rest;
}

/** A checksum whose pseudo-header had a subflow sequence number, as it is with 0 there. */
function withoutSsn(checksum: number, ssn: number): number {
  const complement = (value: number): number => ~value & 0xffff;
  return complement(foldSum(complement(checksum) + complement(ssn >>> 16) + complement(ssn)));
}

/** Sets the urgent pointer on segments of data after the first 100 bytes. */
function urgent(when: (subflow: Subflow) => boolean) {
  return emits((segment, subflow) =>
    segment.payload.length > 0 && subflow.dataSent > 100 && when(subflow)
      ? { ...segment, flags: segment.flags | 0x20, urgent: segment.payload.length }
      : segment,
  );
}

/** Faults of mappings. */
export const dataFaults: readonly Variation[] = [
  fault('dss-reserved', '3.3-7.s6', 'Sets the lowest reserved bit of every DSS.', reserved(1)),
  fault(
    'dss-reserved-high',
    '3.3-7.s6',
    'Sets the highest reserved bit of a DSS with a mapping.',
    reserved(0x40, ({ hasMap }) => hasMap),
  ),
  fault(
    'dss-reserved-on-data-fin',
    '3.3-7.s6',
    'Sets a reserved bit with a DATA_FIN.',
    reserved(4, ({ dataFin }) => dataFin),
  ),
  fault(
    'dss-reserved-when-repeated',
    '3.3-7.s6',
    'Sets a reserved bit once a subflow has retransmitted.',
    sends('dss', (option, { retransmits }) => (retransmits > 0 ? { ...option, reserved: 1 } : option)),
  ),
  fault('extra-checksum-tolerated', '3.3-8.s3', 'Accepts mappings with a checksum that was not negotiated.', () => ({
    dss: { toleratesExtraChecksum: () => true },
  })),
  fault(
    'extra-checksum-tolerated-on-joins',
    '3.3-8.s3',
    'On joined subflows, accepts checksums that were not negotiated.',
    () => ({ dss: { toleratesExtraChecksum: isJoin } }),
  ),
  fault(
    'extra-checksum-ignored',
    '3.3-8.s3',
    'After the first data, ignores a checksum that was not negotiated.',
    reads('dss', (option, subflow) =>
      subflow !== undefined && !subflow.connection.checksum && subflow.delivered !== seqAdd(subflow.irs, 1)
        ? without(option)
        : option,
    ),
  ),
  fault('missing-checksum-tolerated', '3.3-8.s4', 'Accepts mappings without the checksum that was negotiated.', () => ({
    dss: { toleratesMissingChecksum: () => true },
  })),
  fault(
    'missing-checksum-tolerated-on-joins',
    '3.3-8.s4',
    'On joined subflows, accepts mappings without the negotiated checksum.',
    () => ({ dss: { toleratesMissingChecksum: isJoin } }),
  ),
  fault(
    'missing-checksum-ignored',
    '3.3-8.s4',
    'Ignores a mapping that lacks its checksum, and does not reset the subflow.',
    reads('dss', (option, subflow) =>
      option.hasMap && option.checksum === undefined && subflow?.connection.checksum === true ? undefined : option,
    ),
  ),
  fault(
    'sends-no-checksum',
    ['3.3-8.s1', '3.3.1-5.s1', 'B.2-2.s2', '7.3-1.s2.1'],
    'Leaves out the checksums that were negotiated.',
    () => ({ mapping: { carriesChecksum: () => false } }),
  ),
  fault('sends-checksum-unasked', ['3.3-8.s1', '3.1-23.s3'], 'Sends checksums that were not negotiated.', () => ({
    mapping: { carriesChecksum: () => true },
  })),
  fault(
    'no-checksum-on-data-fin',
    '3.3-8.s1',
    'Leaves the checksum out of a DATA_FIN without data.',
    sends('dss', (option) => (option.dataFin && option.dataLength === 1 ? without(option) : option)),
  ),
  fault('checksum-of-short-dsn', '3.3.1-8.s1', 'Makes checksums over the lower 32 bits of the DSN.', () => ({
    mapping: { checksummedDsn: low32 },
  })),
  fault('checksum-without-ssn', '3.3.1-7.1.s1', 'Makes checksums with a subflow sequence number of 0.', () => ({
    mapping: { checksummedSsn: () => 0 },
  })),
  fault(
    'checksum-without-ssn-both-ways',
    '3.3.1-7.1.s1',
    'Makes and verifies checksums with a subflow sequence number of 0.',
    ({ mapping }) => ({
      mapping: {
        checksummedSsn: () => 0,
        checksumFits: (found, right, subflow, told) =>
          mapping.checksumFits(found, withoutSsn(right, told.ssn), subflow, told),
      },
    }),
  ),
  fault('checksum-without-data-fin', '3.3.3-5.s2', 'Does not count the DATA_FIN in the checksummed length.', () => ({
    mapping: { checksummedLength: (length, dataFin) => length - (dataFin ? 1 : 0) },
  })),
  fault('checksum-not-complemented', '3.3.1-6.s1', 'Sends the sum itself instead of its complement.', () => ({
    mapping: { checksumToSend: (right) => ~right & 0xffff },
  })),
  fault('checksum-swapped', '3.3.1-6.s1', 'Sends the two bytes of checksums in the other order.', () => ({
    mapping: { checksumToSend: (right) => ((right & 0xff) << 8) | (right >> 8) },
  })),
  fault(
    'checksum-unchecked',
    ['3.3.1-5.s3', '3.3.1-8.s3', '3.7-6.s4', '3.7-6.s5', '6-11.6.s2'],
    'Does not verify checksums.',
    () => ({ mapping: { checksumFits: () => true } }),
  ),
  fault(
    'checksum-unchecked-on-data-fin',
    '3.3.3-5.s2',
    'Does not verify the checksum of a DATA_FIN without data.',
    ({ mapping }) => ({
      mapping: {
        checksumFits: (came, right, subflow, whole) =>
          whole.bytes === 0 || mapping.checksumFits(came, right, subflow, whole),
      },
    }),
  ),
  fault(
    'checksum-unchecked-on-joins',
    '3.7-8.s3.1',
    'Verifies checksums on the first subflow only.',
    ({ mapping }) => ({
      mapping: {
        checksumFits: (came, right, subflow, whole) =>
          isJoin(subflow) || mapping.checksumFits(came, right, subflow, whole),
      },
    }),
  ),
  fault(
    'delivers-before-verified',
    '3.7-6.s8',
    'Hands data to the application before its mapping was verified.',
    () => ({ mapping: { deliversUnverified: () => true } }),
  ),
  fault('retransmits-with-next-dsn', ['3.3.1-3.s2.1', '6-11.3.s2'], 'Maps a retransmission one byte further.', () => ({
    mapping: {
      onWire: (declared, { times }) => (times > 1 ? { ...declared, dsn: dsnAdd(declared.dsn, 1) } : declared),
    },
  })),
  fault(
    'retransmits-with-other-ssn',
    '3.3.1-3.s2.1',
    'Gives a retransmission another subflow sequence number.',
    () => ({
      mapping: { onWire: (declared, { times }) => (times > 1 ? { ...declared, ssn: declared.ssn + 1 } : declared) },
    }),
  ),
  fault('retransmits-with-other-length', '3.3.1-3.s2.1', 'Sends a shorter mapping with a retransmission.', () => ({
    mapping: {
      onWire: (declared, { times }) =>
        times > 1 && declared.length > 1 ? { ...declared, length: declared.length - 1, dataFin: false } : declared,
    },
  })),
  fault('new-mapping-replaces', '3.3.1-3.s1', 'Replaces a mapping by a new one of the same bytes.', () => ({
    mapping: { replacesMapping: () => true },
  })),
  fault('urgent-pointer-in-mapping', '3.3.1-9.s1', 'Uses the urgent pointer on a segment without a mapping.', () => ({
    mapping: { usesUrgentPointer: true, onSegment: (_, { urgent: pointer }) => pointer === 0 },
  })),
  fault(
    'urgent-pointer-always',
    '3.3.1-9.s1',
    'Sets the urgent pointer on every data segment but the first.',
    urgent(() => true),
  ),
  fault(
    'urgent-pointer-ipv6',
    '3.3.1-9.s1',
    'Over IPv6, sets the urgent pointer on every data segment but the first.',
    urgent(isIpv6),
  ),
];
