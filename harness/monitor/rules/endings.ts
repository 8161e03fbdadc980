/** MP_FASTCLOSE, MP_TCPRST and MP_FAIL. */
import { seqAdd, seqGeq } from '../../mptcp/index.ts';
import { other, type FlowEnd, type Side } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { form, hex } from './rule.ts';

const fastcloseKey = form('fastclose-key', '3.5-5.1.s1.2', '3.5-5.2.s1.2', 'C.1.1-1.8.s1');
const nothingAfter = form('nothing-after-fastclose', '3.5-2.s1.1');
const reason = form('reset-reason-registered', '3.6-5.s1', '7.4-1.s1');
const withReason = form('reset-with-reason', '3.6-1.s3');
const failNumber = form('fail-number', '3.7-8.s3.2', '3.7-11.s3.2');

function checkMpFailNumber(judge: Judge, dsn: bigint, event: PacketEvent): void {
  const { connection, side } = event;
  const stream = connection.parties[other(side)].stream;
  if (!stream.known) {
    judge.unknown(failNumber, side, 'the key is not in the capture');
    return;
  }
  const number = stream.relative(dsn, true, stream.edge);
  const sent = connection.flows.flatMap((flow) => flow.ends[flow.openedBy === side ? 1 : 0].mappings);
  // A DATA_FIN without data has a mapping of its own, and its checksum can fail too.
  if (number === stream.fin || sent.some((one) => one.dsn === number)) judge.pass(failNumber, side);
  else if (connection.complete && sent.length > 0 && sent.length < 256) {
    judge.broken(failNumber, event, {
      message: 'the number in MP_FAIL is not that at which a mapping starts',
      expected: `one of ${[...new Set(sent.map((one) => one.dsn))].slice(-4).join(', ')}`,
      actual: `${number}`,
    });
  } else judge.unknown(failNumber, side, 'the mapping that failed is not in the capture');
}

/** Ends of subflows and connections by options. */
export const endings: Monitor = {
  name: 'endings',
  title: "MP_FASTCLOSE has the peer's key and ends all, MP_TCPRST has a registered reason, MP_FAIL names a mapping",
  rules: [fastcloseKey, nothingAfter, reason, withReason, failNumber],
  create: (_connection, judge) => {
    const closedAt = new Map<FlowEnd, number>();
    /** Sides that have sent MP_FAIL: the answer in kind to it has no failed mapping to name. */
    const failed = new Set<Side>();
    return {
      packet: (event) => {
        if (event.rst) {
          const named = event.packet.tcp.options.some((option) => option.kind === 'mp_tcprst');
          if (event.optionsKnown)
            judge.info(withReason, event, named ? 'a RST has MP_TCPRST' : 'a RST has no MP_TCPRST');
        }
        if (closedAt.size === 0 || event.length === 0) return;
        const at = closedAt.get(event.sender);
        if (at === undefined) return;
        judge.check(nothingAfter, event, !seqGeq(event.packet.tcp.seq, at), () => ({
          message: 'data is sent after MP_FASTCLOSE',
        }));
      },
      options: {
        mp_fastclose: (option, event) => {
          if (!event.fin && !event.syn && !closedAt.has(event.sender))
            closedAt.set(event.sender, seqAdd(event.packet.tcp.seq, event.length));
          judge.pass(nothingAfter, event.side);
          const { key } = event.connection.parties[other(event.side)];
          if (key === undefined) {
            judge.unknown(fastcloseKey, event.side, 'the key is not in the capture');
            return;
          }
          judge.check(fastcloseKey, event, option.receiverKey === key, () => ({
            message:
              option.receiverKey === event.connection.parties[event.side].key
                ? "MP_FASTCLOSE has the sender's own key"
                : "MP_FASTCLOSE has not the peer's key",
            expected: hex(key, 16),
            actual: hex(option.receiverKey, 16),
            field: 'mp_fastclose.key',
          }));
        },
        mp_tcprst: (option, event) =>
          judge.check(reason, event, option.reason <= 6, () => ({
            message: 'the reason in MP_TCPRST is not registered',
            expected: '0 to 6',
            actual: `${option.reason}`,
          })),
        mp_fail: (option, event) => {
          if (!failed.has(other(event.side))) checkMpFailNumber(judge, option.dsn, event);
          failed.add(event.side);
        },
      },
    };
  },
};
