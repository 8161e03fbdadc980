/** Maximum segment size (RFC 9293 §3.7.1). */
import type { Lying, PlainOption } from './definition.ts';
import { uint } from './field.ts';

/** Maximum segment size, Kind 2. */
export interface OptionMss extends Lying {
  kind: 'mss';
  mss: number;
}

/** Codec and fields of the maximum segment size. */
export const mss: PlainOption<OptionMss> = {
  kind: 'mss',
  code: 2,
  name: 'TCP option MSS',
  main: 'mss',
  fields: { mss: uint('mss') },
  blank: () => ({ kind: 'mss', mss: 536 }),
  lengths: () => '4',
  decode: ({ view, at, length }) => (length === 4 ? { kind: 'mss', mss: view.getUint16(at + 2) } : undefined),
  encode: (w, option) => w.u16(option.mss, 'mss'),
};
