/** MP_FAIL (RFC 8684 §3.7, figure 16). */
import { twelveBitsOf, writeHead12, type Lying, type MptcpDefinition } from './definition.ts';
import { reserved, uint64 } from './field.ts';

/** MP_FAIL. */
export interface OptionMpFail extends Lying {
  kind: 'mp_fail';
  reserved: number;
  /** Where the receiver's data failed: a number of the receiver's data sequence space. */
  dsn: bigint;
}

/** Codec and fields of MP_FAIL. */
export const mpFail: MptcpDefinition<OptionMpFail> = {
  kind: 'mp_fail',
  subtype: 6,
  name: 'MP_FAIL',
  fields: { rsv: reserved(), dsn: uint64('dsn', 'dec', { base: 'receiverIdsn', bits: () => 64 }) },
  blank: () => ({ kind: 'mp_fail', reserved: 0, dsn: 1n }),
  lengths: () => '12',
  decode: (span) =>
    span.length === 12
      ? { kind: 'mp_fail', reserved: twelveBitsOf(span), dsn: span.view.getBigUint64(span.at + 4) }
      : undefined,
  encode: (w, option) => {
    writeHead12(w, 6, option);
    w.u64(option.dsn, 'mp_fail.dsn');
  },
};
