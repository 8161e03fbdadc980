/** A connection that fell back to plain TCP stays plain TCP. */
import { seqDiff } from '../../mptcp/index.ts';
import type { TcpOption } from '../../packet/types.ts';
import { isMptcp } from '../../packet/index.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { conduct, form } from './rule.ts';

const refused = conduct('plain-after-refusal', '3.7-2.s2', '6-5.s2.2', '6-4.s2');
const afterInfinite = form('plain-after-infinite-mapping', '3.7-14.s3', '3.7-4.3.s2.2');
const infiniteAlone = form('infinite-mapping-length', '3.3.1-15.s2');

/** An option that may still come after an infinite mapping: its repetition, and MP_FAIL. */
function mayFollow(option: TcpOption): boolean {
  return (
    !isMptcp(option) ||
    option.kind === 'mp_fail' ||
    option.kind === 'mp_tcprst' ||
    option.kind === 'mp_fastclose' ||
    (option.kind === 'dss' && option.hasMap && option.dataLength === 0)
  );
}

function checkInfiniteMapping(judge: Judge, event: PacketEvent): void {
  const { sender, ssn, length } = event;
  if (sender.infiniteAt === undefined || ssn === undefined || length === 0) return;
  // Only data after the infinite mapping on its subflow was certainly sent after it.
  if (seqDiff(ssn, sender.infiniteAt) < 0) return;
  const wrong = event.packet.tcp.options.find((option) => !mayFollow(option));
  judge.check(afterInfinite, event, wrong === undefined, () => ({
    message: 'an MPTCP option comes after an infinite mapping of the same host',
    expected: 'plain TCP',
    actual: wrong?.kind ?? '',
  }));
}

function checkRefusal(judge: Judge, event: PacketEvent): void {
  const { flow, sender, syn } = event;
  const [opener, answerer] = flow.ends;
  if (flow.opening !== 'capable' || syn || event.rst || sender !== opener) return;
  if (opener.synOptions?.includes('mp_capable') !== true || answerer.synOptions?.includes('mp_capable') !== false)
    return;
  if (event.connection.fallback === undefined) return;
  const wrong = event.packet.tcp.options.find((option) => isMptcp(option));
  judge.check(refused, event, wrong === undefined, () => ({
    message: 'an MPTCP option is sent though the SYN/ACK had no MP_CAPABLE',
    expected: 'plain TCP',
    actual: wrong?.kind ?? '',
  }));
}

/** After a fall-back. */
export const fallback: Monitor = {
  name: 'fallback',
  title: 'after a fall-back no MPTCP option is sent',
  rules: [refused, afterInfinite, infiniteAlone],
  create: (_connection, judge) => ({
    packet: (event) => {
      if (event.connection.fallback === undefined) return;
      checkRefusal(judge, event);
      checkInfiniteMapping(judge, event);
    },
    options: {
      dss: (option, event) => {
        if (option.hasMap && option.dataLength === 0) {
          judge.check(infiniteAlone, event, !option.dataFin, () => ({
            message: 'a DATA_FIN has a Data-Level Length of 0, which means an infinite mapping',
          }));
        }
      },
    },
  }),
};
