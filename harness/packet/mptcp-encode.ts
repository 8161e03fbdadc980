import { parseAddress } from './address.ts';
import { inRange, type ByteWriter } from './bytes.ts';
import type { MptcpOption, OptionDss, OptionMpJoin } from './types.ts';

/** The octet after Length: the subtype and the four bits behind it. */
function head(w: ByteWriter, subtype: number, nibble: number): void {
  w.u8((subtype << 4) | nibble, 'subtype');
}

/** Three reserved bits and a flag, as several options have them behind the subtype. */
function reservedAndFlag(option: { kind: string; reserved: number }, flag: boolean): number {
  return (inRange(option.reserved, 7, `${option.kind}.reserved`) << 1) | (flag ? 1 : 0);
}

/** The subtype and twelve reserved bits. */
function headWith12(w: ByteWriter, subtype: number, option: { kind: string; reserved: number }): void {
  w.u16((subtype << 12) | inRange(option.reserved, 0xfff, `${option.kind}.reserved`), 'subtype');
}

/** Writes what follows Kind and Length of an MPTCP option. A field that is undefined is left out. */
export function writeMptcpBody(w: ByteWriter, option: MptcpOption): void {
  switch (option.kind) {
    case 'mp_capable':
      head(w, 0, inRange(option.version, 15, 'mp_capable.version'));
      w.u8(option.flags, 'mp_capable.flags');
      if (option.senderKey !== undefined) w.u64(option.senderKey, 'mp_capable.senderKey');
      if (option.receiverKey !== undefined) w.u64(option.receiverKey, 'mp_capable.receiverKey');
      if (option.dataLength !== undefined) w.u16(option.dataLength, 'mp_capable.dataLength');
      if (option.checksum !== undefined) w.u16(option.checksum, 'mp_capable.checksum');
      return;
    case 'mp_join':
      writeJoin(w, option);
      return;
    case 'dss':
      writeDss(w, option);
      return;
    case 'add_addr':
      head(w, 3, reservedAndFlag(option, option.echo));
      w.u8(option.addressId, 'add_addr.addressId');
      w.put(parseAddress(option.address));
      if (option.port !== undefined) w.u16(option.port, 'add_addr.port');
      if (option.hmac !== undefined) w.put(option.hmac);
      return;
    case 'remove_addr':
      head(w, 4, inRange(option.reserved, 15, 'remove_addr.reserved'));
      for (const id of option.addressIds) w.u8(id, 'remove_addr.addressIds');
      return;
    case 'mp_prio':
      head(w, 5, reservedAndFlag(option, option.backup));
      if (option.addressId !== undefined) w.u8(option.addressId, 'mp_prio.addressId');
      return;
    case 'mp_fail':
      headWith12(w, 6, option);
      w.u64(option.dsn, 'mp_fail.dsn');
      return;
    case 'mp_fastclose':
      headWith12(w, 7, option);
      w.u64(option.receiverKey, 'mp_fastclose.receiverKey');
      return;
    case 'mp_tcprst':
      head(w, 8, reservedAndFlag(option, option.transient));
      w.u8(option.reason, 'mp_tcprst.reason');
      return;
    case 'mp_experimental':
      head(w, 15, inRange(option.nibble, 15, 'mp_experimental.nibble'));
      w.put(option.data);
      return;
    case 'mptcp_unknown':
      head(w, inRange(option.subtype, 15, 'mptcp_unknown.subtype'), inRange(option.nibble, 15, 'mptcp_unknown.nibble'));
      w.put(option.data);
  }
}

function writeJoin(w: ByteWriter, option: OptionMpJoin): void {
  if (option.form === 'ack') {
    headWith12(w, 1, option);
    w.put(option.hmac);
    return;
  }
  head(w, 1, reservedAndFlag(option, option.backup));
  w.u8(option.addressId, 'mp_join.addressId');
  if (option.form === 'syn') w.u32(option.token, 'mp_join.token');
  else w.put(option.hmac);
  w.u32(option.nonce, 'mp_join.nonce');
}

/** The flags are written as they are and the fields as they are there, so that the two can contradict each other. */
function writeDss(w: ByteWriter, o: OptionDss): void {
  const flags =
    (o.dataFin ? 0x10 : 0) | (o.dsn8 ? 0x08 : 0) | (o.hasMap ? 0x04 : 0) | (o.dataAck8 ? 0x02 : 0) | (o.hasDataAck ? 1 : 0);
  w.u16((2 << 12) | (inRange(o.reserved, 0x7f, 'dss.reserved') << 5) | flags, 'subtype');
  if (o.dataAck !== undefined) w.u32or64(o.dataAck, o.dataAck8, 'dss.dataAck');
  if (o.dsn !== undefined) w.u32or64(o.dsn, o.dsn8, 'dss.dsn');
  if (o.ssn !== undefined) w.u32(o.ssn, 'dss.ssn');
  if (o.dataLength !== undefined) w.u16(o.dataLength, 'dss.dataLength');
  if (o.checksum !== undefined) w.u16(o.checksum, 'dss.checksum');
}
