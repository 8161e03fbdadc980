/** MP_TCPRST (RFC 8684 §3.6, figure 15). */
import { nibbleOf, reservedAndFlag, writeHead, type Lying, type MptcpDefinition } from './definition.ts';
import { flag, reserved, uint } from './field.ts';

/** MP_TCPRST. */
export interface OptionMpTcprst extends Lying {
  kind: 'mp_tcprst';
  /** U, V and W as 3 bits, 0..7. */
  reserved: number;
  /** T: the condition is transient. */
  transient: boolean;
  reason: number;
}

/** Reason codes by name (§3.6). */
export const RST_REASONS: Readonly<Record<string, bigint>> = {
  unspecified: 0n,
  'mptcp-specific': 1n,
  'lack-of-resources': 2n,
  prohibited: 3n,
  'too-much-data': 4n,
  'unacceptable-performance': 5n,
  middlebox: 6n,
};

/** Codec and fields of MP_TCPRST. */
export const mpTcprst: MptcpDefinition<OptionMpTcprst> = {
  kind: 'mp_tcprst',
  subtype: 8,
  name: 'MP_TCPRST',
  fields: {
    rsv: reserved(),
    T: flag('transient', 'T', { quiet: '0' }),
    reason: uint('reason', 'reason', { note: 'a number, or `prohibited`, `middlebox`, ...' }),
  },
  blank: () => ({ kind: 'mp_tcprst', reserved: 0, transient: false, reason: 0 }),
  lengths: () => '4',
  decode: (span) => {
    if (span.length !== 4) return undefined;
    const nibble = nibbleOf(span);
    const reason = span.view.getUint8(span.at + 3);
    return { kind: 'mp_tcprst', reserved: nibble >> 1, transient: (nibble & 1) === 1, reason };
  },
  encode: (w, option) => {
    writeHead(w, 8, reservedAndFlag(option, option.transient));
    w.u8(option.reason, 'mp_tcprst.reason');
  },
};
