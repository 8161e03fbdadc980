/** Reasons of RSTs, and MP_FASTCLOSE on several subflows. */
import type { Flow, Side } from '../connection.ts';
import type { Judge, Monitor, PacketEvent, Rule } from '../types.ts';
import { blaming, conduct, form } from './rule.ts';

const transient = form('reset-transient', '3.6-4.s1');
const outstanding = conduct('reset-for-outstanding-data', '3.6-6.5.s2', '7.4-1.s2.5', '3.3.3-7.s4');
// A RST that says so keeps 3.3.6-5, whatever else is wrong with it.
const slow = blaming(
  conduct('reset-for-performance', '3.6-6.6.s2', '7.4-1.s2.6', '3.3.6-5.s1', '3.3.6-5.s4'),
  '3.6-6.6.s2',
  '7.4-1.s2.6',
);
const once = form('fastclose-by-ack-once', '3.5-5.1.s1.1');
const everywhere = form('fastclose-by-rst-everywhere', '3.5-5.2.s1.1', '3.5-5.1.s2');
const bySegment = form('subflow-ended-by-rst', '3.6-1.s2');
const reasons: readonly { rule: Rule; name: string }[] = [
  { rule: form('reset-unspecified', '3.6-6.1.s1', '7.4-1.s2.1'), name: 'an unspecified error' },
  { rule: form('reset-for-mptcp-error', '3.6-6.2.s1', '7.4-1.s2.2'), name: 'an MPTCP-specific error' },
  { rule: form('reset-for-lack-of-resources', '3.6-6.3.s2', '7.4-1.s2.3'), name: 'lack of resources' },
  { rule: form('reset-by-policy', '3.6-6.4.s2', '7.4-1.s2.4'), name: 'administrative prohibition' },
  { rule: outstanding, name: 'too much outstanding data' },
  { rule: slow, name: 'unacceptable performance' },
  { rule: form('reset-for-interference', '3.6-6.7.s2', '7.4-1.s2.7'), name: 'middlebox interference' },
];

function checkReason(judge: Judge, event: PacketEvent, reason: number, isTransient: boolean): void {
  const { sender, connection, flow } = event;
  const known = reasons[reason];
  if (known === undefined) return;
  judge.info(transient, event, `a RST for ${known.name} is called ${isTransient ? 'transient' : 'permanent'}`);
  if (reason === 4 && connection.complete && sender.next !== undefined && sender.acked !== undefined) {
    judge.check(outstanding, event, sender.next !== sender.acked, () => ({
      message: 'a subflow with nothing outstanding is reset for too much outstanding data',
    }));
  } else if (reason === 5 && connection.complete && !connection.elsewhere) {
    const rest = connection.flows.some((one) => one !== flow && one.closedAt === undefined && one.thirdSeen);
    judge.check(slow, event, rest, () => ({ message: 'the only subflow is reset for its performance beside others' }));
  } else judge.info(known.rule, event, `a RST for ${known.name}`);
}

/** Close of a side by MP_FASTCLOSE. */
interface Fastclose {
  byAck: Flow | undefined;
  byRst: Set<Flow>;
  /** The subflows that there were at the first of the RSTs; one that comes about later is refused, not closed. */
  open: ReadonlySet<Flow>;
}

function checkFastcloseOnce(judge: Judge, event: PacketEvent, state: Fastclose): void {
  const { flow, side } = event;
  if (event.rst) {
    if (state.byRst.size === 0) state.open = new Set(event.connection.flows.filter((one) => one.thirdSeen));
    if (state.byAck === undefined) state.byRst.add(flow);
    return;
  }
  if (state.byAck === undefined) judge.pass(once, side);
  else if (state.byAck !== flow)
    judge.broken(once, event, { message: 'MP_FASTCLOSE is sent on ACKs of two subflows', expected: 'on one' });
  state.byAck ??= flow;
}

/** Once one RST has MP_FASTCLOSE, those of all other subflows have it. */
function checkRstHasFastclose(judge: Judge, event: PacketEvent, state: Fastclose): void {
  const { flow, connection, side, optionsKnown } = event;
  judge.info(bySegment, event, flow.thirdSeen ? 'a subflow is ended by RST' : 'a handshake is refused by RST');
  if (
    state.byRst.size === 0 ||
    state.byRst.has(flow) ||
    flow.closedAt !== undefined ||
    !state.open.has(flow) ||
    !optionsKnown
  )
    return;
  // The peer's RST may have come first.
  if (!connection.complete || flow.ends.some((end) => end.rst)) return;
  const has = event.packet.tcp.options.some((option) => option.kind === 'mp_fastclose');
  if (has) judge.pass(everywhere, side);
  else
    judge.broken(everywhere, event, { message: 'the RST of a further subflow lacks the MP_FASTCLOSE that others had' });
}

/** Reasons of RSTs, and MP_FASTCLOSE over several subflows. */
export const resets: Monitor = {
  name: 'resets',
  title: 'reasons of RSTs fit what is seen, and MP_FASTCLOSE is on one ACK or on every RST',
  rules: [transient, once, everywhere, bySegment, ...reasons.map(({ rule }) => rule)],
  create: (_connection, judge) => {
    const closing: Record<Side, Fastclose> = {
      0: { byAck: undefined, byRst: new Set(), open: new Set() },
      1: { byAck: undefined, byRst: new Set(), open: new Set() },
    };
    return {
      packet: (event) => {
        if (event.rst) checkRstHasFastclose(judge, event, closing[event.side]);
      },
      options: {
        mp_fastclose: (_option, event) => checkFastcloseOnce(judge, event, closing[event.side]),
        mp_tcprst: (option, event) => {
          if (event.rst) checkReason(judge, event, option.reason, option.transient);
        },
      },
    };
  },
};
