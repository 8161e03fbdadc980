/** Timestamps (RFC 7323 §3). */
import type { Lying, PlainOption } from './definition.ts';
import { uint } from './field.ts';

/** Timestamps, Kind 8 (RFC 7323 §3.2). */
export interface OptionTimestamps extends Lying {
  kind: 'ts';
  value: number;
  echo: number;
}

/** Codec and fields of timestamps. */
export const timestamps: PlainOption<OptionTimestamps> = {
  kind: 'ts',
  code: 8,
  name: 'TCP option TS',
  // Clock readings: no line of a report is clearer for them.
  fields: { val: uint('value', 'dec', { redundant: true }), ecr: uint('echo', 'dec', { redundant: true }) },
  blank: () => ({ kind: 'ts', value: 1, echo: 1 }),
  lengths: () => '10',
  decode: ({ view, at, length }) =>
    length === 10 ? { kind: 'ts', value: view.getUint32(at + 2), echo: view.getUint32(at + 6) } : undefined,
  encode: (w, option) => {
    w.u32(option.value, 'ts.value');
    w.u32(option.echo, 'ts.echo');
  },
};
