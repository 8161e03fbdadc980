/** A host that aborts a connection says so with MP_FASTCLOSE: plain RSTs end subflows alone. */
import { isInFullSwing, type Flow, type Side } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { conduct } from './rule.ts';

const byFastclose = conduct('abort-by-fastclose', '3.5-2.s5', '4-2.12.s2');

/** RSTs that come within this time are one act. Milliseconds. */
const AT_ONCE = 200;

/** Subflows that a side has reset without a reason. */
interface Resets {
  flows: Set<Flow>;
  since: number;
}

/** Whether a RST is the host's own act and names no cause that lies in its subflow. */
function isUnexplained({ packet, ack, flow, receiver, optionsKnown }: PacketEvent): boolean {
  // Without ACK it answers a packet of a connection that the host knows nothing of.
  if (!ack || !optionsKnown || !flow.thirdSeen || receiver.rst || receiver.fin !== undefined) return false;
  return !packet.tcp.options.some((one) => one.kind === 'mp_fail' || (one.kind === 'mp_tcprst' && one.reason > 0));
}

function checkUnexplainedReset(judge: Judge, event: PacketEvent, resets: Resets): void {
  const { connection, flow, at } = event;
  if (!isUnexplained(event)) return;
  if (at - resets.since > AT_ONCE) resets.flows.clear();
  if (resets.flows.size === 0) resets.since = at;
  resets.flows.add(flow);
  const established = connection.flows.filter((one) => one.thirdSeen);
  // One subflow may have broken; that all of several break in one moment, each by a RST without a cause, is an abort.
  if (resets.flows.size < 2 || !established.every((one) => resets.flows.has(one))) return;
  judge.broken(byFastclose, event, {
    message: 'all subflows are reset at once without MP_FASTCLOSE',
    expected: 'MP_FASTCLOSE',
    actual: `${resets.flows.size} plain RSTs`,
  });
}

/** Aborts of connections. */
export const aborts: Monitor = {
  name: 'aborts',
  title: 'a connection of several subflows is aborted by MP_FASTCLOSE, not by plain RSTs',
  rules: [byFastclose],
  create: (connection, judge) => {
    const resets: Record<Side, Resets> = { 0: { flows: new Set(), since: 0 }, 1: { flows: new Set(), since: 0 } };
    let isRemoving = false;
    return {
      control: (event) => {
        if (
          !event.rst ||
          isRemoving ||
          !connection.complete ||
          !connection.whole ||
          connection.elsewhere ||
          !isInFullSwing(connection)
        )
          return;
        if (event.packet.tcp.options.some((one) => one.kind === 'mp_fastclose')) return;
        checkUnexplainedReset(judge, event, resets[event.side]);
      },
      options: {
        // Both ends reset the subflows of an address that goes away.
        remove_addr: () => {
          isRemoving = true;
        },
        mp_fastclose: (_option, event) => judge.pass(byFastclose, event.side),
      },
    };
  },
};
