import { foldSum, internetChecksum, onesSum } from '../packet/index.ts';

/** Fields of the pseudo-header of the DSS checksum (RFC 8684 §3.3.1, figure 10). */
export interface ChecksummedMapping {
  /** All 64 bits, even where the option carries 32. */
  dsn: bigint;
  /** Relative subflow sequence number, 32 bits. */
  ssn: number;
  /** Data-Level Length, 16 bits; a DATA_FIN counts as one byte here though there is no byte of data for it. */
  dataLength: number;
}

/** Sums up the data of one mapping as it comes in pieces of any length, odd ones too. */
export class DssChecksum {
  #sum = 0;
  #length = 0;

  /** Bytes added so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds the data that follows what was added before. */
  add(data: Uint8Array): this {
    const sum = onesSum(data);
    // A piece that starts at an odd offset has its bytes in the other halves of the words.
    const aligned = this.#length % 2 === 0 ? sum : ((sum & 0xff) << 8) | (sum >> 8);
    this.#sum = foldSum(this.#sum + aligned);
    this.#length += data.length;
    return this;
  }

  /** The checksum over the data so far and the mapping's pseudo-header, as it goes on the wire. More may be added. */
  value(mapping: ChecksummedMapping): number {
    return internetChecksum(pseudoHeader(mapping), this.#sum);
  }
}

/**
 * The checksum of a DSS mapping as it goes on the wire, 0..65535 (RFC 8684 §3.3.1).
 *
 * An infinite mapping carries 0 instead of this value; that is for the caller to know.
 *
 * @throws RangeError when a number does not fit its field
 */
export function dssChecksum(mapping: ChecksummedMapping & { data: Uint8Array }): number {
  return new DssChecksum().add(mapping.data).value(mapping);
}

function pseudoHeader({ dsn, ssn, dataLength }: ChecksummedMapping): Uint8Array {
  if (BigInt.asUintN(64, dsn) !== dsn) {
    throw new RangeError(`dsn: expected an integer of 64 bits, got ${dsn.toString()}; change the value`);
  }
  if (!Number.isInteger(ssn) || ssn < 0 || ssn > 0xffffffff) {
    throw new RangeError(`ssn: expected an integer of 32 bits, got ${ssn}; change the value`);
  }
  if (!Number.isInteger(dataLength) || dataLength < 0 || dataLength > 0xffff) {
    throw new RangeError(`dataLength: expected an integer of 16 bits, got ${dataLength}; change the value`);
  }
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, dsn);
  view.setUint32(8, ssn);
  view.setUint16(12, dataLength);
  return bytes;
}
