/** Faults of the form of options: Kind, Length, subtype, flags (sections 3 and 7, appendix A). */
import { encodeOptions, FLAG, type OptionDss, type TcpOption } from '../../packet/index.ts';
import type { Rules, RulesChange, Variation } from '../rules/index.ts';
import { capable } from './3.1-capable.ts';
import { emits, fault, sends } from './fault.ts';

/** Alters the bytes of options of a kind as they go out, where `when` holds. */
function written<K extends TcpOption['kind']>(
  kind: K,
  change: (bytes: Uint8Array) => Uint8Array,
  when: (option: Extract<TcpOption, { kind: K }>) => boolean = () => true,
): (standard: Rules) => RulesChange {
  return sends(kind, (option) =>
    when(option) ? { kind: 'raw', raw: change(encodeOptions([option as TcpOption])) } : option,
  );
}

/** Alters the bytes of a DSS where `when` holds, after the stack has noted what it says. */
function writtenDss(when: (option: OptionDss) => boolean, change: (bytes: Uint8Array) => Uint8Array) {
  return emits((segment) => ({
    ...segment,
    options: segment.options.map((one) =>
      one.kind === 'dss' && when(one) ? { kind: 'raw', raw: change(encodeOptions([one])) } : one,
    ),
  }));
}

/** A DSS with a Data ACK alone. */
function isDataAck({ hasDataAck, hasMap }: OptionDss): boolean {
  return hasDataAck && !hasMap;
}

/** The option with another number of bytes, zeros at its end; the Length byte agrees. */
function resized(by: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const result = new Uint8Array(bytes.length + by);
    result.set(bytes.subarray(0, result.length));
    result[1] = result.length;
    return result;
  };
}

/** The option with one byte changed. */
function altered(at: number, change: (byte: number) => number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => bytes.map((byte, index) => (index === at ? change(byte) : byte));
}

const SYN_ACK_KEYS = ({ senderKey, receiverKey }: { senderKey?: bigint; receiverKey?: bigint }): boolean =>
  senderKey !== undefined && receiverKey === undefined;

/** The bits of a byte in the opposite order. */
function mirrored(byte: number): number {
  return Array.from({ length: 8 }, (_, bit) => ((byte >> bit) & 1) << (7 - bit)).reduce((all, bit) => all | bit, 0);
}

/** Faults of the form of options. */
export const optionFormFaults: readonly Variation[] = [
  fault(
    'capable-kind-31',
    '3-2.s2.1',
    'Answers with an MP_CAPABLE of Kind 31.',
    written(
      'mp_capable',
      altered(0, () => 31),
      SYN_ACK_KEYS,
    ),
  ),
  fault(
    'length-of-content',
    '3-2.s3',
    'Counts Kind and Length themselves out of the Length of MP_CAPABLE on the SYN/ACK.',
    written(
      'mp_capable',
      altered(1, (length) => length - 2),
      SYN_ACK_KEYS,
    ),
  ),
  fault(
    'subtype-in-low-bits',
    ['3-3.s2', '3.1-18.s3.1'],
    'Writes the subtype into the lower four bits and the version into the upper ones.',
    written(
      'mp_capable',
      altered(2, (byte) => ((byte & 0x0f) << 4) | (byte >> 4)),
      SYN_ACK_KEYS,
    ),
  ),
  fault(
    'capable-padded',
    '3.1-18.s1',
    'Fills MP_CAPABLE on the SYN/ACK up to 16 bytes.',
    written('mp_capable', resized(4), SYN_ACK_KEYS),
  ),
  fault(
    'capable-flags-mirrored',
    '3.1-19.s1',
    'Has the flags of MP_CAPABLE in the opposite order, A in the lowest bit.',
    capable('any', ({ flags }) => ({ flags: mirrored(flags) })),
  ),
  fault(
    'priority-of-unassigned-subtype',
    ['7.2-4.s1', '3-2.s2.2'],
    'Sends MP_PRIO with subtype 9.',
    written(
      'mp_prio',
      altered(2, (byte) => 0x90 | (byte & 0x0f)),
    ),
  ),
  fault('dss-on-syn', '3-5.s1', 'Sends a DSS with a Data ACK on its SYN/ACK.', ({ signals }) => ({
    signals: {
      outgoing: (subflow, options, parts) => {
        const sent = signals.outgoing(subflow, options, parts);
        if ((parts.flags & FLAG.SYN) === 0 || (parts.flags & FLAG.ACK) === 0) return sent;
        const shape = { reserved: 0, dataFin: false, dsn8: false, hasMap: false, dataAck8: false, hasDataAck: true };
        return [...sent, { kind: 'dss', ...shape, dataAck: 0n } satisfies TcpOption];
      },
    },
  })),
  fault(
    'signals-in-header-bits',
    '3-2.s1',
    'Sets a reserved bit of the TCP header on its SYN/ACK.',
    emits((segment) => ((segment.flags & FLAG.SYN) === 0 ? segment : { ...segment, reserved: 0x02 })),
  ),
  fault(
    'join-syn-16-bytes',
    ['3.2-5.1.s1.1', '3.2-3.s2.2'],
    'Sends MP_JOIN on the SYN with a random number of 8 bytes.',
    written('mp_join', resized(4), ({ form }) => form === 'syn'),
  ),
  fault(
    'join-synack-12-bytes',
    ['3.2-12.1.s1.1', '3.2-3.s2.2'],
    'Sends MP_JOIN on the SYN/ACK with an HMAC of 32 bits.',
    written('mp_join', resized(-4), ({ form }) => form === 'synack'),
  ),
  fault(
    'join-third-12-bytes',
    ['3.2-15.1.s1.1', '3.2-3.s2.2', 'A-7.s2'],
    'Sends MP_JOIN on the third packet with an HMAC of 64 bits.',
    written('mp_join', resized(-12), ({ form }) => form === 'ack'),
  ),
  fault(
    'join-third-without-option',
    'A-7.s1.2',
    'Sends the third packet of a join without MP_JOIN.',
    sends('mp_join', (option) => (option.form === 'ack' ? undefined : option)),
  ),
  fault(
    'joins-by-capable',
    '3.2-5.1.s1.1',
    'Opens further subflows with MP_CAPABLE.',
    sends('mp_join', (option) => (option.form === 'syn' ? { kind: 'mp_capable', version: 1, flags: 0x01 } : option)),
  ),
  fault(
    'key-in-place-of-hmac',
    ['3.1-9.s3.1', '5-4.s1'],
    'Sends its key in the place of the HMAC of MP_JOIN.',
    ({ join }) => ({
      join: {
        hmac: (right, subflow) => {
          const shown = join.hmac(right, subflow).slice();
          new DataView(shown.buffer).setBigUint64(0, subflow.connection.localKey);
          return shown;
        },
      },
    }),
  ),
  fault(
    'data-ack-flags-shifted',
    '3.3-3.1.s1.2',
    'Has the flags of a DSS one bit too high.',
    writtenDss(
      isDataAck,
      altered(3, (flags) => flags << 1),
    ),
  ),
  fault(
    'mapping-flags-shifted',
    '3.3-3.1.s1.2',
    'Has flag M of a DSS one bit too high.',
    writtenDss(
      ({ hasMap }) => hasMap,
      altered(3, (flags) => (flags & ~0x04) | 0x08),
    ),
  ),
  fault(
    'joins-with-capable',
    '3.1-25.s1',
    'Puts MP_CAPABLE beside MP_JOIN on the SYN of a further subflow.',
    ({ signals }) => ({
      signals: {
        outgoing: (subflow, options, parts) =>
          signals
            .outgoing(subflow, options, parts)
            .flatMap((one): TcpOption[] =>
              one.kind === 'mp_join' && one.form === 'syn'
                ? [{ kind: 'mp_capable', version: 1, flags: 0x01 }, one]
                : [one],
            ),
      },
    }),
  ),
  fault(
    'data-ack-padded',
    ['A-8.s2', 'A-5.s3'],
    'Fills a DSS with a Data ACK alone up to 16 bytes.',
    writtenDss(isDataAck, (bytes) => resized(16 - bytes.length)(bytes)),
  ),
  fault(
    'remove-addr-without-ids',
    '3.4.2-3.1.s1.1',
    'Sends REMOVE_ADDR with a Length of 3 and the Address ID in the reserved bits.',
    written('remove_addr', (bytes) => Uint8Array.of(30, 3, 0x40 | ((bytes[3] ?? 0) & 0x0f))),
  ),
  fault(
    'add-addr-mapped-ipv4',
    '3.4.1-5.s3',
    'Announces IPv4 addresses as IPv4-mapped IPv6 addresses.',
    sends('add_addr', (option) =>
      option.address.includes(':') ? option : { ...option, address: `::ffff:${option.address}` },
    ),
  ),
  fault(
    'fast-close-with-token',
    '3.5-3.1.s1.1',
    'Sends MP_FASTCLOSE with the first 4 bytes of the key.',
    written('mp_fastclose', resized(-4)),
  ),
  fault(
    'reason-of-two-bytes',
    '3.6-2.1.s1.1',
    'Sends MP_TCPRST with a reason of two bytes.',
    written('mp_tcprst', (bytes) => Uint8Array.of(30, 5, bytes[2] ?? 0, 0, bytes[3] ?? 0)),
  ),
  fault(
    'fail-with-4-bytes',
    '3.7-9.1.s1.1',
    'Sends MP_FAIL with a data sequence number of 4 bytes.',
    written('mp_fail', (bytes) => Uint8Array.of(30, 8, 0x60, 0, ...bytes.subarray(8))),
  ),
];
