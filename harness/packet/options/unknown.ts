/** TCP options of other kinds than the codec knows. */
import type { Lying, PlainOption } from './definition.ts';
import { bytes, uint } from './field.ts';

/** Any other TCP option kind, well formed. `data` is what follows Kind and Length. */
export interface OptionUnknown extends Lying {
  kind: 'unknown';
  /** The Kind byte, 2..255. */
  code: number;
  data: Uint8Array;
}

/** Codec and fields of options of an unknown Kind. */
export const unknown: PlainOption<OptionUnknown> = {
  kind: 'unknown',
  name: 'TCP option',
  fields: { code: uint('code'), data: bytes('data') },
  blank: () => ({ kind: 'unknown', code: 254, data: new Uint8Array(2) }),
  lengths: () => 'at least 2',
  decode: ({ bytes, view, at, length }) => ({
    kind: 'unknown',
    code: view.getUint8(at),
    data: bytes.subarray(at + 2, at + length),
  }),
  encode: (w, option) => w.put(option.data),
};
