/** The DSS option as it is sent (RFC 8684 §3.3, figure 9). */
import type { OptionDss } from '../../packet/index.ts';
import { dssChecksum, low32, seqDiff, dsnAdd } from '../../mptcp/index.ts';
import type { Connection, Mapping, Outgoing, Stack, Subflow } from '../state.ts';

/** Fields for a mapping. */
function mapFields(stack: Stack, subflow: Subflow, mapping: Mapping) {
  const dsn8 = stack.rules.mapping.dsnBytes(subflow, mapping) === 8;
  const { checksum } = mapping;
  return {
    hasMap: true,
    dataFin: mapping.dataFin,
    dsn8,
    dsn: dsn8 ? mapping.dsn : low32(mapping.dsn),
    ssn: mapping.ssn,
    dataLength: mapping.length,
    ...(checksum !== undefined && { checksum }),
  };
}

/** Fields for a Data ACK (§3.3.2). */
function ackFields(stack: Stack, subflow: Subflow) {
  const dataAck8 = stack.rules.dataAck.bytes(subflow) === 8;
  const value = stack.rules.dataAck.value(subflow.connection, subflow);
  return { hasDataAck: true, dataAck8, dataAck: dataAck8 ? value : low32(value) };
}

/** Whether Data ACKs can be given: the peer's numbers are known and it has not left MPTCP (3.7-13.s3). */
function givesDataAcks(stack: Stack, connection: Connection): boolean {
  if (connection.remoteKey === undefined || connection.mode !== 'mptcp') return false;
  return !connection.infiniteReceived || stack.rules.fallback.dataAcksAfterInfinite;
}

/** The DSS for a segment with or without a mapping; undefined when there is nothing to say. */
export function dssOption(stack: Stack, subflow: Subflow, mapping?: Mapping): OptionDss | undefined {
  const { connection } = subflow;
  const advanced = subflow.lastDataAck !== connection.rcvNxt;
  const withAck =
    givesDataAcks(stack, connection) &&
    stack.rules.dataAck.included(subflow, { advanced, mapped: mapping !== undefined });
  if (!withAck && mapping === undefined) return undefined;
  return {
    kind: 'dss',
    reserved: stack.rules.dss.reserved,
    dataFin: false,
    dsn8: false,
    hasMap: false,
    dataAck8: false,
    hasDataAck: false,
    ...(withAck && ackFields(stack, subflow)),
    ...(mapping !== undefined && mapFields(stack, subflow, mapping)),
  };
}

/** The relative number of an absolute one that is sent: the SYN has 0, and data of a SYN takes none (appendix B.2). */
export function relativeSeq(subflow: Subflow, seq: number): number {
  return seqDiff(seq, subflow.iss) - subflow.sentBase;
}

/** A mapping for data that is to go out from `seq` on; the checksum where it is in use (3.3.1, figure 10). */
export function makeMapping(
  stack: Stack,
  subflow: Subflow,
  at: { dsn: bigint; ssn: number },
  data: Uint8Array,
  dataFin: boolean,
): Mapping {
  const { mapping, closing } = stack.rules;
  const { connection } = subflow;
  const length = data.length + (dataFin ? closing.dataFinBytes : 0);
  const numbers = {
    dsn: mapping.dsnToSend(connection, at.dsn),
    ssn: mapping.ssnToSend(subflow, at.ssn, data.length),
    length,
  };
  if (!mapping.carriesChecksum(connection)) return { ...numbers, dataFin };
  const sum = dssChecksum({
    dsn: mapping.checksummedDsn(numbers.dsn),
    ssn: mapping.checksummedSsn(numbers.ssn),
    dataLength: mapping.checksummedLength(length, dataFin),
    data,
  });
  return { ...numbers, dataFin, checksum: mapping.checksumToSend(sum, subflow) };
}

/** The mapping of a DATA_FIN that has no data (3.3.3-5.s1). */
export function dataFinMapping(stack: Stack, subflow: Subflow): Mapping {
  const { connection } = subflow;
  const dsn = stack.rules.closing.dataFinNumber(connection, sendEnd(connection));
  return makeMapping(stack, subflow, { dsn, ssn: stack.rules.closing.dataFinSsn(subflow) }, new Uint8Array(0), true);
}

/** Number after the last byte that the application gave. */
export function sendEnd(connection: Connection): bigint {
  return dsnAdd(connection.sndBase, connection.sendBuffer.length);
}

/** The mapping that a piece goes out with now: not all need one (3.3.1-14, 3.7-4.1). */
export function mappingOnWire(stack: Stack, subflow: Subflow, piece: Outgoing): Mapping | undefined {
  if (piece.mapping === undefined) return undefined;
  return stack.rules.mapping.onSegment(subflow, piece) ? stack.rules.mapping.onWire(piece.mapping, piece) : undefined;
}
