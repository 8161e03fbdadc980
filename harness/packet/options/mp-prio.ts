/** MP_PRIO (RFC 8684 §3.3.8, figure 11). */
import { nibbleOf, reservedAndFlag, writeHead, type Lying, type MptcpDefinition } from './definition.ts';
import { flag, reserved, uint } from './field.ts';

/** MP_PRIO; v0 could carry an address id. */
export interface OptionMpPrio extends Lying {
  kind: 'mp_prio';
  reserved: number;
  backup: boolean;
  addressId?: number;
}

/** Codec and fields of MP_PRIO. */
export const mpPrio: MptcpDefinition<OptionMpPrio> = {
  kind: 'mp_prio',
  subtype: 5,
  name: 'MP_PRIO',
  fields: { rsv: reserved(), B: flag('backup', 'B'), id: uint('addressId') },
  blank: () => ({ kind: 'mp_prio', reserved: 0, backup: true }),
  lengths: () => '3 or 4',
  decode: (span) => {
    const { view, at, length } = span;
    const nibble = nibbleOf(span);
    const reserved = nibble >> 1;
    const backup = (nibble & 1) === 1;
    if (length === 3) return { kind: 'mp_prio', reserved, backup };
    if (length === 4) return { kind: 'mp_prio', reserved, backup, addressId: view.getUint8(at + 3) };
    return undefined;
  },
  encode: (w, option) => {
    writeHead(w, 5, reservedAndFlag(option, option.backup));
    if (option.addressId !== undefined) w.u8(option.addressId, 'mp_prio.addressId');
  },
};
