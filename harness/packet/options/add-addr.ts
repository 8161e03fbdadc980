/** ADD_ADDR (RFC 8684 §3.4.1, figure 12). */
import { formatAddress, knownAddress } from '../address.ts';
import { nibbleOf, bytesAt, reservedAndFlag, writeHead, type Lying, type MptcpDefinition } from './definition.ts';
import { address, bytes, flag, reserved, uint } from './field.ts';

/** ADD_ADDR. The length alone says whether there is a port and an HMAC: no sum of the parts comes about in two ways. */
export interface OptionAddAddr extends Lying {
  kind: 'add_addr';
  /** The three reserved bits before E, 0..7. In v0 this nibble held the IP version. */
  reserved: number;
  echo: boolean;
  addressId: number;
  address: string;
  port?: number;
  /** Rightmost 64 bits of the HMAC, 8 bytes; absent on an echo. */
  hmac?: Uint8Array;
}

/** Codec and fields of ADD_ADDR. */
export const addAddr: MptcpDefinition<OptionAddAddr> = {
  kind: 'add_addr',
  subtype: 3,
  name: 'ADD_ADDR',
  fields: {
    rsv: reserved(),
    E: flag('echo', 'E', { quiet: '0' }),
    id: uint('addressId'),
    addr: address('address'),
    port: uint('port'),
    hmac: bytes('hmac'),
  },
  blank: () => ({ kind: 'add_addr', reserved: 0, echo: false, addressId: 1, address: '192.0.2.1' }),
  lengths: () => '8, 10, 16 or 18 for IPv4, 20, 22, 28 or 30 for IPv6',
  decode: (span) => {
    const { view, at, length } = span;
    const addressLength = length < 20 ? 4 : 16;
    const rest = length - 4 - addressLength;
    if (rest !== 0 && rest !== 2 && rest !== 8 && rest !== 10) return undefined;
    const nibble = nibbleOf(span);
    return {
      kind: 'add_addr',
      reserved: nibble >> 1,
      echo: (nibble & 1) === 1,
      addressId: view.getUint8(at + 3),
      address: formatAddress(bytesAt(span, 4, addressLength)),
      ...((rest & 2) !== 0 && { port: view.getUint16(at + 4 + addressLength) }),
      ...(rest >= 8 && { hmac: bytesAt(span, length - 8, 8) }),
    };
  },
  encode: (w, option) => {
    writeHead(w, 3, reservedAndFlag(option, option.echo));
    w.u8(option.addressId, 'add_addr.addressId');
    w.put(knownAddress(option.address));
    if (option.port !== undefined) w.u16(option.port, 'add_addr.port');
    if (option.hmac !== undefined) w.put(option.hmac);
  },
};
