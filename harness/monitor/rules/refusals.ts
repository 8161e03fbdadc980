/** Answers to joins: MP_JOIN if the token is right, a RST with a fitting reason if an HMAC is wrong. */
import { joinHmac } from '../../mptcp/index.ts';
import type { OptionMpJoinAck, OptionMpJoinSynAck } from '../../packet/types.ts';
import { isInFullSwing, other, type FlowEnd } from '../connection.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { conduct, form, sameBytes } from './rule.ts';

const answered = conduct('join-answered-with-join', '3.2-11.s1');
// The wrong HMAC is a departure of the peer. Its receiver must still react to it as required.
const reason = form('reset-reason-for-wrong-hmac', '3.6-6.2.s2');

/** Reason of MP_TCPRST. */
const MPTCP_ERROR = 1;

function isWrong(option: OptionMpJoinSynAck | OptionMpJoinAck, event: PacketEvent): boolean {
  const { connection, flow, side } = event;
  const local = connection.parties[side].key;
  const remote = connection.parties[other(side)].key;
  const [first, second] = flow.join.nonces;
  if (local === undefined || remote === undefined || first === undefined || flow.stray) return false;
  if (option.form === 'synack')
    return !sameBytes(option.hmac, joinHmac(local, remote, option.nonce, first).subarray(0, 8));
  return second !== undefined && !sameBytes(option.hmac, joinHmac(local, remote, first, second).subarray(0, 20));
}

/** The SYN/ACK of a join that named an open connection. */
function checkSynAck(judge: Judge, event: PacketEvent): void {
  const { connection, flow, side, packet } = event;
  const { token } = connection.parties[side];
  if (
    token === undefined ||
    flow.join.token !== token ||
    !event.optionsKnown ||
    !connection.complete ||
    !isInFullSwing(connection)
  )
    return;
  const has = packet.tcp.options.some((one) => one.kind === 'mp_join' || one.kind === 'malformed');
  judge.check(answered, event, has, () => ({
    message: 'the SYN/ACK to a join with the right token has no MP_JOIN',
    expected: 'MP_JOIN, or RST instead of the SYN/ACK',
  }));
}

function checkReset(judge: Judge, event: PacketEvent): void {
  const { options } = event.packet.tcp;
  const found = options.find((one) => one.kind === 'mp_tcprst');
  if (found === undefined) return;
  judge.check(reason, event, found.reason === MPTCP_ERROR, () => ({
    message: 'the RST for a wrong HMAC names another reason',
    expected: `reason ${MPTCP_ERROR}`,
    actual: `reason ${found.reason}`,
  }));
}

/** Answers to joins. */
export const refusals: Monitor = {
  name: 'refusals',
  title: 'a join with the right token is answered with MP_JOIN or refused; a wrong HMAC gets a RST of a fitting reason',
  rules: [answered, reason],
  create: (_connection, judge) => {
    /** Ends that were shown a wrong HMAC, and the sequence number that a RST for it has. */
    const wronged = new Map<FlowEnd, number>();
    return {
      control: (event) => {
        if (event.flow.opening !== 'join') return;
        if (event.syn && event.ack && event.sender === event.flow.ends[1] && !event.retransmission)
          checkSynAck(judge, event);
        else if (event.rst && wronged.size > 0 && wronged.get(event.sender) === event.packet.tcp.seq)
          checkReset(judge, event);
      },
      options: {
        mp_join: (option, event) => {
          if (option.form === 'syn' || event.flow.opening !== 'join' || event.syn !== (option.form === 'synack'))
            return;
          if (isWrong(option, event)) wronged.set(event.receiver, event.packet.tcp.ack);
        },
      },
    };
  },
};
