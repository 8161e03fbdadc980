/** MPTCP options of an acceptable segment (RFC 8684 §3), each to its section. */
import type { OptionKind, TcpOption, TcpSegment } from '../../packet/index.ts';
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

type OptionOf<K extends OptionKind> = Extract<TcpOption, { kind: K }>;

/** Processes an option; `false` where the rest of the segment does not count. */
type Receive<K extends OptionKind> = (
  stack: Stack,
  subflow: Subflow,
  option: OptionOf<K>,
  segment: TcpSegment,
) => unknown;

/** Reaction to each option that signals something; MP_TCPRST counts on a RST only. */
const RECEIVERS: { readonly [K in OptionKind]?: Receive<K> } = {
  dss: (stack, subflow, option, segment) => {
    noteDss(stack, subflow);
    subflow.connection.dssOptionReceived ||= stack.rules.join.countsDss(subflow);
    if (option.hasMap) acceptDssMapping(stack, subflow, option, segment);
    if (option.hasDataAck) receiveDataAck(stack, subflow, option, segment);
  },
  mp_capable: (stack, subflow, option, segment) => {
    if (option.dataLength === undefined || subflow.connection.role === 'initiator') return;
    noteDss(stack, subflow);
    acceptCapableMapping(stack, subflow, option, segment);
  },
  add_addr: receiveAddAddr,
  remove_addr: receiveRemoveAddr,
  mp_prio: receivePriority,
  mp_fail: (stack, subflow, option) => receiveFail(stack, subflow, option, false),
  mp_fastclose: (stack, subflow, option) => !receiveFastClose(stack, subflow, option, false),
  mp_join: (stack, subflow, { form }) => {
    // The third packet again: the peer lacks the ACK of it (3.2-14.s2).
    if (form === 'ack' && stack.rules.join.acknowledgesThird(subflow)) subflow.ackNow = true;
  },
};

function receiveSignal(stack: Stack, subflow: Subflow, option: TcpOption, { segment }: Arrival): boolean {
  // The receiver of a kind takes options of that kind; the type of a table cannot say so.
  const receive = RECEIVERS[option.kind] as Receive<OptionKind> | undefined;
  return receive?.(stack, subflow, option, segment) !== false;
}

/** DSS options pass on this path. */
function noteDss(stack: Stack, subflow: Subflow): void {
  subflow.dssReceived = true;
  subflow.connection.dssReceived = stack.rules.join.countsDss(subflow) || subflow.connection.dssReceived;
}
