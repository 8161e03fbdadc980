/** TCP fast open cookie (RFC 7413 §4.1.1). */
import type { Lying, PlainOption } from './definition.ts';
import { bytes } from './field.ts';

/** TCP fast open; an empty cookie is a request. */
export interface OptionFastOpen extends Lying {
  kind: 'fastopen';
  cookie: Uint8Array;
}

/** Codec and fields of the fast open cookie. */
export const fastOpen: PlainOption<OptionFastOpen> = {
  kind: 'fastopen',
  code: 34,
  name: 'TCP option FASTOPEN',
  main: 'cookie',
  fields: { cookie: bytes('cookie') },
  blank: () => ({ kind: 'fastopen', cookie: new Uint8Array(0) }),
  lengths: () => '2, or an even number from 6 to 18',
  decode: ({ bytes, at, length }) =>
    length !== 2 && (length < 6 || length > 18 || length % 2 !== 0)
      ? undefined
      : { kind: 'fastopen', cookie: bytes.subarray(at + 2, at + length) },
  encode: (w, option) => w.put(option.cookie),
};
