/** Options of MPTCP whose subtype is not assigned (RFC 8684 §8.2). */
import { inRange } from '../bytes.ts';
import { nibbleOf, bytesAt, writeHead, type Lying, type MptcpDefinition } from './definition.ts';
import { bytes, uint } from './field.ts';

/** An MPTCP option with an unassigned subtype. */
export interface OptionMptcpUnknown extends Lying {
  kind: 'mptcp_unknown';
  subtype: number;
  nibble: number;
  data: Uint8Array;
}

/** Codec and fields of MPTCP options with an unassigned subtype. */
export const mptcpUnknown: MptcpDefinition<OptionMptcpUnknown> = {
  kind: 'mptcp_unknown',
  name: 'MPTCP option',
  fields: { subtype: uint('subtype'), nibble: uint('nibble', 'hex', { quiet: '0x0' }), data: bytes('data') },
  blank: () => ({ kind: 'mptcp_unknown', subtype: 12, nibble: 0, data: Uint8Array.of(0, 1, 2, 3, 4) }),
  lengths: () => 'at least 3',
  decode: (span) => ({
    kind: 'mptcp_unknown',
    subtype: span.view.getUint8(span.at + 2) >> 4,
    nibble: nibbleOf(span),
    data: bytesAt(span, 3, span.length - 3),
  }),
  encode: (w, option) => {
    writeHead(
      w,
      inRange(option.subtype, 15, 'mptcp_unknown.subtype'),
      inRange(option.nibble, 15, 'mptcp_unknown.nibble'),
    );
    w.put(option.data);
  },
};
