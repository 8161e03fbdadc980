/** MPTCP options of an acceptable segment (RFC 8684 §3), each to its section. */
import type { TcpOption } from '../../packet/index.ts';
import type { Arrival, Stack, Subflow } from '../state.ts';
import { acceptCapableMapping, acceptDssMapping } from './3.3.1-data-sequence-mapping.ts';
import { receiveDataAck, windowWithoutDataAck } from './3.3.2-data-acknowledgments.ts';
import { receivePriority } from './3.3.8-subflow-policy.ts';
import { receiveAddAddr } from './3.4.1-address-advertisement.ts';
import { receiveRemoveAddr } from './3.4.2-remove-address.ts';
import { receiveFastClose } from './3.5-fast-close.ts';
import { receiveFail } from './3.7-fallback.ts';

/**
 * Processes the MPTCP options of a segment whose sequence and acknowledgment numbers were found right (3-7.s1). Answers
 * whether the rest of the segment counts.
 */
export function receiveSignals(stack: Stack, subflow: Subflow, arrival: Arrival): boolean {
  const { connection } = subflow;
  if (connection.mode !== 'mptcp') return stack.rules.fallback.afterFallback(subflow, arrival.options);
  if (!arrival.options.some((one) => one.kind === 'dss' && one.hasDataAck)) {
    windowWithoutDataAck(stack, subflow, arrival.segment);
  }
  for (const option of arrival.options) {
    if (!receiveSignal(stack, subflow, option, arrival)) return false;
    if (subflow.resetDue !== undefined) return false;
  }
  return true;
}

function receiveSignal(stack: Stack, subflow: Subflow, option: TcpOption, arrival: Arrival): boolean {
  const { connection } = subflow;
  switch (option.kind) {
    case 'dss':
      noteDss(stack, subflow);
      connection.dssOptionReceived ||= stack.rules.join.countsDss(subflow);
      if (option.hasMap) acceptDssMapping(stack, subflow, option, arrival.segment);
      if (option.hasDataAck) receiveDataAck(stack, subflow, option, arrival.segment);
      return true;
    case 'mp_capable':
      if (option.dataLength === undefined || connection.role === 'initiator') return true;
      noteDss(stack, subflow);
      acceptCapableMapping(stack, subflow, option, arrival.segment);
      return true;
    case 'add_addr':
      receiveAddAddr(stack, subflow, option);
      return true;
    case 'remove_addr':
      receiveRemoveAddr(stack, subflow, option);
      return true;
    case 'mp_prio':
      receivePriority(stack, subflow, option);
      return true;
    case 'mp_fail':
      receiveFail(stack, subflow, option, false);
      return true;
    case 'mp_fastclose':
      return !receiveFastClose(stack, subflow, option, false);
    case 'mp_join':
      // The third packet again: the peer lacks the ACK of it (3.2-14.s2).
      if (option.form === 'ack' && stack.rules.join.acknowledgesThird(subflow)) subflow.ackNow = true;
      return true;
    // MP_TCPRST counts on a RST only; the rest signals nothing of MPTCP.
    case 'mp_tcprst':
    case 'mp_experimental':
    case 'mptcp_unknown':
    case 'malformed':
    case 'mss':
    case 'wscale':
    case 'sack_ok':
    case 'sack':
    case 'ts':
    case 'fastopen':
    case 'unknown':
    case 'nop':
    case 'eol':
    case 'raw':
    case 'padding':
      return true;
  }
}

/** DSS options pass on this path. */
function noteDss(stack: Stack, subflow: Subflow): void {
  subflow.dssReceived = true;
  subflow.connection.dssReceived = stack.rules.join.countsDss(subflow) || subflow.connection.dssReceived;
}
