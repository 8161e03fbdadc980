/** SACK permitted, and SACK blocks (RFC 2018). */
import type { Lying, OptionSpan, PlainOption } from './definition.ts';

/** SACK-permitted, Kind 4 (RFC 2018 §2). */
export interface OptionSackPermitted extends Lying {
  kind: 'sack_ok';
}

/** SACK blocks, absolute sequence numbers, right edge exclusive. */
export interface OptionSack extends Lying {
  kind: 'sack';
  blocks: { left: number; right: number }[];
}

/** Codec of SACK-permitted. */
export const sackPermitted: PlainOption<OptionSackPermitted> = {
  kind: 'sack_ok',
  code: 4,
  name: 'TCP option SACK_OK',
  fields: {},
  blank: () => ({ kind: 'sack_ok' }),
  lengths: () => '2',
  decode: ({ length }) => (length === 2 ? { kind: 'sack_ok' } : undefined),
  encode: () => undefined,
};

/** Codec and fields of SACK. */
export const sack: PlainOption<OptionSack> = {
  kind: 'sack',
  code: 5,
  name: 'TCP option SACK',
  fields: {},
  blank: () => ({ kind: 'sack', blocks: [] }),
  lengths: () => '10, 18, 26 or 34',
  decode: (span) =>
    span.length >= 10 && span.length % 8 === 2 ? { kind: 'sack', blocks: readBlocks(span) } : undefined,
  encode: (w, option) => {
    for (const block of option.blocks) {
      w.u32(block.left, 'sack.left');
      w.u32(block.right, 'sack.right');
    }
  },
};

function readBlocks({ view, at, length }: OptionSpan): OptionSack['blocks'] {
  const blocks: OptionSack['blocks'] = [];
  for (let edge = at + 2; edge < at + length; edge += 8) {
    blocks.push({ left: view.getUint32(edge), right: view.getUint32(edge + 4) });
  }
  return blocks;
}
