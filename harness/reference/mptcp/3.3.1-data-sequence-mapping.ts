/** Data Sequence Mappings that come in (RFC 8684 §3.3.1), and the data that they map. */
import type { OptionDss, OptionMpCapable, TcpSegment } from '../../packet/index.ts';
import { dsnAdd, dssChecksum, seqAdd, seqDiff } from '../../mptcp/index.ts';
import type { ReceivedMapping, Stack, Subflow } from '../state.ts';
import { remoteIdsn } from './3.1-connection-initiation.ts';
import { deliverData, receiveDataFin } from './3.3.4-receiver-considerations.ts';
import { markReset, RESET_REASON } from './3.6-subflow-reset.ts';
import { checksumFailed, fallBack, receiveInfinite } from './3.7-fallback.ts';

/** A checksum is there exactly when it was negotiated (3.3-8); else the subflow is reset. */
function checksumAsNegotiated(stack: Stack, subflow: Subflow, present: boolean): boolean {
  const { connection } = subflow;
  if (present === connection.checksum) return true;
  const { dss } = stack.rules;
  const tolerated = present ? dss.toleratesExtraChecksum(subflow) : dss.toleratesMissingChecksum(subflow);
  if (tolerated) return true;
  markReset(subflow, { reason: RESET_REASON.MPTCP });
  return false;
}

/** Reads the mapping of a DSS. Nothing is delivered yet. */
export function acceptDssMapping(stack: Stack, subflow: Subflow, dss: OptionDss, segment: TcpSegment): void {
  if (dss.dsn === undefined || dss.ssn === undefined || dss.dataLength === undefined) return;
  if (!checksumAsNegotiated(stack, subflow, dss.checksum !== undefined)) return;
  const { connection } = subflow;
  const { mapping } = stack.rules;
  connection.dsn8Received = dss.dsn8;
  const dsn = dss.dsn8 ? mapping.longDsn(dss.dsn, connection) : mapping.promote(dss.dsn, connection, subflow);
  if (dss.dataLength === 0) {
    receiveInfinite(stack, subflow, { dsn, ssn: dss.ssn });
    return;
  }
  accept(
    stack,
    subflow,
    { ...wireMapping(dss), dsn, ssn: dss.ssn, length: dss.dataLength, dataFin: dss.dataFin },
    segment,
  );
}

function wireMapping(option: { checksum?: number }): { checksum?: number } {
  return option.checksum === undefined ? {} : { checksum: option.checksum };
}

/** MP_CAPABLE with a Data-Level Length maps the first data, as a DSS would (3.1-16). */
export function acceptCapableMapping(
  stack: Stack,
  subflow: Subflow,
  option: OptionMpCapable,
  segment: TcpSegment,
): void {
  if (option.dataLength === undefined || !stack.rules.initiation.mapsWithCapable(subflow)) return;
  if (!checksumAsNegotiated(stack, subflow, option.checksum !== undefined)) return;
  const dsn = dsnAdd(remoteIdsn(subflow.connection), 1);
  if (option.dataLength === 0) {
    receiveInfinite(stack, subflow, { dsn, ssn: 1 });
    return;
  }
  accept(stack, subflow, { ...wireMapping(option), dsn, ssn: 1, length: option.dataLength, dataFin: false }, segment);
}

type Told = Omit<ReceivedMapping, 'seq' | 'bytes'>;

function accept(stack: Stack, subflow: Subflow, told: Told, segment: TcpSegment): void {
  const { mapping: rules } = stack.rules;
  const bytes = told.length - (told.dataFin ? 1 : 0);
  const seq = seqAdd(subflow.irs, rules.subflowOffset(told.ssn, subflow) + subflow.receivedBase);
  const whole: ReceivedMapping = { ...told, seq, bytes };
  if (bytes === 0) {
    if (told.ssn === 0 || stack.rules.closing.takesDataFinWithSsn) finishMapping(stack, subflow, whole);
    return;
  }
  if (!rules.appliesToSegment(whole, segment)) return;
  if (seqDiff(seqAdd(seq, bytes), subflow.delivered) <= 0) {
    // All of it was processed before; only its DATA_FIN may be news.
    if (told.dataFin && !subflow.connection.checksum) finishMapping(stack, subflow, whole);
    return;
  }
  const known = subflow.mappings.find(
    (one) => seqDiff(one.seq, seqAdd(seq, bytes)) < 0 && seqDiff(seq, seqAdd(one.seq, one.bytes)) < 0,
  );
  // A mapping is fixed: the first that covers a byte stays (3.3.1-3.s2).
  if (known !== undefined && !rules.replacesMapping(subflow)) return;
  if (known !== undefined) subflow.mappings = subflow.mappings.filter((one) => one !== known);
  subflow.mappings.push(whole);
}

/** Does what belongs to a mapping as a whole: the checksum of one without data, and the DATA_FIN. */
function finishMapping(stack: Stack, subflow: Subflow, mapping: ReceivedMapping): void {
  const { connection } = subflow;
  if (mapping.bytes === 0 && !checksumFits(stack, subflow, mapping, new Uint8Array(0))) {
    checksumFailed(stack, subflow, mapping);
    return;
  }
  if (!mapping.dataFin) return;
  receiveDataFin(stack, connection, stack.rules.closing.dataFinPosition(mapping));
  if (stack.rules.closing.acknowledgesDataFin(subflow)) subflow.ackNow = true;
}

function checksumFits(stack: Stack, subflow: Subflow, mapping: ReceivedMapping, data: Uint8Array): boolean {
  if (!subflow.connection.checksum || mapping.checksum === undefined) return true;
  const right = dssChecksum({ dsn: mapping.dsn, ssn: mapping.ssn, dataLength: mapping.length, data });
  return stack.rules.mapping.checksumFits(mapping.checksum, right, subflow, mapping);
}

/** Gives the subflow's bytes that came in order to the connection, as far as they have mappings. */
export function processHeld(stack: Stack, subflow: Subflow): void {
  while (subflow.held.length > 0 && subflow.resetDue === undefined && subflow.connection.failed === undefined) {
    const mapping = subflow.mappings.find(
      (one) => seqDiff(one.seq, subflow.delivered) <= 0 && seqDiff(subflow.delivered, seqAdd(one.seq, one.bytes)) < 0,
    );
    if (mapping === undefined) {
      keepUnmapped(stack, subflow);
      return;
    }
    if (!deliverMapped(stack, subflow, mapping)) return;
  }
}

/** Delivers the received part of a mapping. Returns whether to continue. */
function deliverMapped(stack: Stack, subflow: Subflow, mapping: ReceivedMapping): boolean {
  const offset = seqDiff(subflow.delivered, mapping.seq);
  const left = mapping.bytes - offset;
  const whole = subflow.held.length >= left;
  // With checksums nothing is delivered before the whole mapping has been verified.
  if (subflow.connection.checksum && !whole && !stack.rules.mapping.deliversUnverified(subflow)) return false;
  const data = subflow.held.read(0, left);
  if (whole && offset === 0 && !checksumFits(stack, subflow, mapping, data)) {
    checksumFailed(stack, subflow, mapping);
    return false;
  }
  subflow.held.drop(data.length);
  subflow.delivered = seqAdd(subflow.delivered, data.length);
  deliverData(stack, subflow, dsnAdd(mapping.dsn, offset), stack.rules.mapping.data(data, subflow));
  if (whole) {
    subflow.mappings = subflow.mappings.filter((one) => one !== mapping);
    finishMapping(stack, subflow, mapping);
  }
  return whole;
}

/** Bytes without a mapping: held for a receive window of data, then the subflow is broken (3.3.1-10.s6, 3.7-4.4). */
function keepUnmapped(stack: Stack, subflow: Subflow): void {
  const { connection } = subflow;
  const { mapping, fallback } = stack.rules;
  if (skipToMapped(subflow)) {
    processHeld(stack, subflow);
    return;
  }
  if (fallback.fallsBackUnmapped(subflow)) {
    fallBack(stack, subflow, 'none');
    return;
  }
  const window = Math.min(connection.receiveCapacity, 0xffff * 2 ** subflow.rcvScale);
  const fate = mapping.unmapped(subflow, subflow.held.length, window);
  if (fate === 'hold') return;
  if (fate === 'reset') markReset(subflow, { reason: fallback.unmappedReason });
  subflow.delivered = seqAdd(subflow.delivered, subflow.held.length);
  subflow.held.drop(subflow.held.length);
}

/** Where bytes that come later have a mapping, those before them are dropped: theirs will not come any more. */
function skipToMapped(subflow: Subflow): boolean {
  const ahead = subflow.mappings.map((one) => seqDiff(one.seq, subflow.delivered)).filter((one) => one > 0);
  const next = Math.min(...ahead);
  if (next > subflow.held.length - 1) return false;
  subflow.held.drop(next);
  subflow.delivered = seqAdd(subflow.delivered, next);
  return true;
}

/** The number on the stream of an absolute number on the subflow, where a mapping tells. */
export function dataNumber(subflow: Subflow, seq: number): bigint | undefined {
  const mapping = subflow.mappings.find(
    (one) => seqDiff(one.seq, seq) <= 0 && seqDiff(seq, seqAdd(one.seq, one.bytes)) < 0,
  );
  return mapping === undefined ? undefined : dsnAdd(mapping.dsn, seqDiff(seq, mapping.seq));
}
