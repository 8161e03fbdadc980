/** MP_FASTCLOSE (RFC 8684 §3.5, figure 14). */
import { twelveBitsOf, writeHead12, type Lying, type MptcpDefinition } from './definition.ts';
import { reserved, uint64 } from './field.ts';

/** MP_FASTCLOSE. */
export interface OptionMpFastclose extends Lying {
  kind: 'mp_fastclose';
  reserved: number;
  receiverKey: bigint;
}

/** Codec and fields of MP_FASTCLOSE. */
export const mpFastclose: MptcpDefinition<OptionMpFastclose> = {
  kind: 'mp_fastclose',
  subtype: 7,
  name: 'MP_FASTCLOSE',
  fields: { rsv: reserved(), key: uint64('receiverKey', 'hex', { note: "the receiver's" }) },
  blank: () => ({ kind: 'mp_fastclose', reserved: 0, receiverKey: 1n }),
  lengths: () => '12',
  decode: (span) =>
    span.length === 12
      ? { kind: 'mp_fastclose', reserved: twelveBitsOf(span), receiverKey: span.view.getBigUint64(span.at + 4) }
      : undefined,
  encode: (w, option) => {
    writeHead12(w, 7, option);
    w.u64(option.receiverKey, 'mp_fastclose.receiverKey');
  },
};
