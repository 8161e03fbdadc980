/** Window scale (RFC 7323 §2). */
import type { Lying, PlainOption } from './definition.ts';
import { uint } from './field.ts';

/** Window scale, Kind 3 (RFC 7323 §2.2). */
export interface OptionWindowScale extends Lying {
  kind: 'wscale';
  shift: number;
}

/** Codec and fields of the window scale. */
export const wscale: PlainOption<OptionWindowScale> = {
  kind: 'wscale',
  code: 3,
  name: 'TCP option WSCALE',
  main: 'shift',
  fields: { shift: uint('shift') },
  blank: () => ({ kind: 'wscale', shift: 1 }),
  lengths: () => '3',
  decode: ({ view, at, length }) => (length === 3 ? { kind: 'wscale', shift: view.getUint8(at + 2) } : undefined),
  encode: (w, option) => w.u8(option.shift, 'wscale.shift'),
};
