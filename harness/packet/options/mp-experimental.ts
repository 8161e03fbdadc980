/** MP_EXPERIMENTAL (RFC 8684 §7.2). */
import { inRange } from '../bytes.ts';
import { nibbleOf, bytesAt, writeHead, type Lying, type MptcpDefinition } from './definition.ts';
import { bytes, uint } from './field.ts';

/** MP_EXPERIMENTAL, subtype 0xf. `nibble` is the low half of the subtype byte. */
export interface OptionMpExperimental extends Lying {
  kind: 'mp_experimental';
  nibble: number;
  data: Uint8Array;
}

/** Codec and fields of MP_EXPERIMENTAL. */
export const mpExperimental: MptcpDefinition<OptionMpExperimental> = {
  kind: 'mp_experimental',
  subtype: 15,
  name: 'MP_EXPERIMENTAL',
  fields: { nibble: uint('nibble', 'hex', { quiet: '0x0' }), data: bytes('data') },
  blank: () => ({ kind: 'mp_experimental', nibble: 0, data: Uint8Array.of(0, 1, 2, 3, 4) }),
  lengths: () => 'at least 3',
  decode: (span) => ({ kind: 'mp_experimental', nibble: nibbleOf(span), data: bytesAt(span, 3, span.length - 3) }),
  encode: (w, option) => {
    writeHead(w, 15, inRange(option.nibble, 15, 'mp_experimental.nibble'));
    w.put(option.data);
  },
};
