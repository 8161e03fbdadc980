/** REMOVE_ADDR (RFC 8684 §3.4.2, figure 13). */
import { inRange } from '../bytes.ts';
import { nibbleOf, bytesAt, writeHead, type Lying, type MptcpDefinition } from './definition.ts';
import { reserved } from './field.ts';

/** REMOVE_ADDR. */
export interface OptionRemoveAddr extends Lying {
  kind: 'remove_addr';
  reserved: number;
  addressIds: number[];
}

/** Codec and fields of REMOVE_ADDR. */
export const removeAddr: MptcpDefinition<OptionRemoveAddr> = {
  kind: 'remove_addr',
  subtype: 4,
  name: 'REMOVE_ADDR',
  main: 'id',
  fields: {
    rsv: reserved(),
    id: {
      style: 'list',
      note: '`1+2` for several',
      read: (option) => option.addressIds.join('+'),
      write: (option, value) => {
        option.addressIds = String(value).split('+').map(Number);
      },
    },
  },
  blank: () => ({ kind: 'remove_addr', reserved: 0, addressIds: [1] }),
  lengths: () => 'at least 4',
  decode: (span) =>
    span.length < 4
      ? undefined
      : { kind: 'remove_addr', reserved: nibbleOf(span), addressIds: [...bytesAt(span, 3, span.length - 3)] },
  encode: (w, option) => {
    writeHead(w, 4, inRange(option.reserved, 15, 'remove_addr.reserved'));
    for (const id of option.addressIds) w.u8(id, 'remove_addr.addressIds');
  },
};
