/** Faults of what is checked of MP_JOIN, and of the reaction (section 3.2). */
import { joinHmac } from '../../mptcp/index.ts';
import type { Variation } from '../rules/index.ts';
import type { StackState, Subflow } from '../stack-state.ts';
import { fault, isIpv6, onlyFirst, reads, reset } from './fault.ts';

/** Keys and nonces of a join, as its HMACs have them. */
function secrets(subflow: Subflow) {
  const { localKey, remoteKey = 0n } = subflow.connection;
  const { localNonce = 0, remoteNonce = 0 } = subflow.join ?? {};
  return { localKey, remoteKey, localNonce, remoteNonce };
}

function startsWith(whole: Uint8Array, part: Uint8Array, bytes: number): boolean {
  return part.subarray(0, bytes).every((byte, at) => byte === whole[at]);
}

/** Faults of the checks of joins. */
export const joinCheckFaults: readonly Variation[] = [
  fault(
    'unknown-token-silent',
    ['3.2-19.s1', '3.4.1-10.s5', '3.8-3.1.s1.1', '3.9.3-3.s2'],
    'Does not answer a join whose token it does not know.',
    () => ({ join: { answersRefusal: () => false } }),
  ),
  fault(
    'unknown-token-as-tcp',
    ['3.2-19.s1', '3.2-25.s1.2', '3.8-3.1.s1.1'],
    'Answers every join as a SYN of regular TCP.',
    () => ({ join: { handlesRequest: () => false } }),
  ),
  fault(
    'unknown-token-any-connection',
    ['3.2-19.s1', '3.4.1-10.s5'],
    'Treats a join with an unknown token as one for its last connection.',
    ({ join }) => ({
      join: { find: (stack, token, packet) => join.find(stack, token, packet) ?? [...stack.byToken.values()].at(-1) },
    }),
  ),
  fault('token-by-half', '3.2-19.s1', 'Compares only the upper 16 bits of tokens.', () => ({
    join: { find: ({ byToken }, wanted) => [...byToken].find(([one]) => one >>> 16 === wanted >>> 16)?.[1] },
  })),
  fault('policy-after-all', '3.2-19.s1', 'Accepts joins beyond its limit.', () => ({
    join: { acceptedByPolicy: () => true },
  })),
  fault('policy-one-off', '3.2-19.s1', 'Accepts one join more than its limit.', () => ({
    join: { acceptedByPolicy: (_, taken, limit) => taken <= limit },
  })),
  fault('joins-to-closed', ['3.2-19.s1', '3.2-11.s3.1'], 'Accepts joins to a connection that is closed.', () => ({
    join: { connectionTakesSubflows: () => true },
    closing: { forgetsToken: () => false },
    fastClose: { forgetsConnection: () => false },
  })),
  fault(
    'refuses-valid-joins',
    ['3.2-11.s1', '3.2-2.s2', '3.2-3.s2.1', '3.2-2.s1'],
    'Refuses every join by a RST.',
    () => ({ join: { connectionTakesSubflows: () => false } }),
  ),
  fault('refuses-joins-to-client', '3.2-1.s4.1', 'As an initiator, refuses joins.', ({ join }) => ({
    join: {
      connectionTakesSubflows: (connection) =>
        connection.role === 'responder' && join.connectionTakesSubflows(connection),
    },
  })),
  fault('wrong-refusal-reason', '3.2-11.s3.2', 'Refuses joins with reason 6, "middlebox interference".', () => ({
    join: { unknownTokenReason: 6, policyReason: 6 },
  })),
  fault(
    'synack-hmac-unchecked',
    ['3.2-20.s1', '3.1-11.s5', '3.4.1-10.s7', '5-2.1.s1', '6-11.1.s3.2', '5-8.s2'],
    'Does not check the HMAC of a SYN/ACK.',
    () => ({ join: { synAckHmacValid: () => true } }),
  ),
  fault('synack-hmac-half-checked', '3.2-20.s1', "Checks only the first 32 bits of the SYN/ACK's HMAC.", () => ({
    join: { synAckHmacValid: (_, came, whole) => startsWith(whole, came, 4) },
  })),
  fault('synack-hmac-unchecked-ipv6', '3.2-20.s1', 'Over IPv6, does not check the HMAC of a SYN/ACK.', ({ join }) => ({
    join: { synAckHmacValid: (subflow, came, whole) => isIpv6(subflow) || join.synAckHmacValid(subflow, came, whole) },
  })),
  fault(
    'synack-hmac-unchecked-later',
    '3.2-20.s1',
    "Checks only the HMAC of the first join's SYN/ACK.",
    ({ join }) => ({ join: { synAckHmacValid: onlyFirst(join.synAckHmacValid, () => true) } }),
  ),
  fault('synack-hmac-reflected', '3.2-20.s1', 'Treats its own HMAC as that of the peer.', ({ join }) => ({
    join: {
      synAckHmacValid: (subflow, came, whole) => {
        const s = secrets(subflow);
        const own = joinHmac(s.localKey, s.remoteKey, s.localNonce, s.remoteNonce);
        return startsWith(own, came, 8) || join.synAckHmacValid(subflow, came, whole);
      },
    },
  })),
  fault(
    'synack-hmac-silent',
    ['3.2-20.s1', '3.9.3-3.s2'],
    'Forgets a join whose SYN/ACK has a wrong HMAC without a RST.',
    ({ reset: rules }) => ({
      reset: {
        sent: (subflow, due) => !(subflow.kind === 'join' && subflow.opener === 'active') && rules.sent(subflow, due),
      },
    }),
  ),
  fault(
    'third-hmac-unchecked',
    ['3.2-21.s1', '3.1-11.s5', '3.2-13.s4.2', '3.8-3.1.s1.2', '3.9.3-3.s2', '5-2.1.s1', '5-4.s4'],
    'Does not check the HMAC of the third packet.',
    () => ({ join: { ackHmacValid: () => true } }),
  ),
  fault('third-hmac-partly-checked', '3.2-21.s1', "Checks only the first 64 bits of the third packet's HMAC.", () => ({
    join: { ackHmacValid: (_, came, whole) => startsWith(whole, came, 8) },
  })),
  fault(
    'third-hmac-unchecked-ipv6',
    '3.2-21.s1',
    'Over IPv6, does not check the HMAC of the third packet.',
    ({ join }) => ({
      join: { ackHmacValid: (subflow, came, whole) => isIpv6(subflow) || join.ackHmacValid(subflow, came, whole) },
    }),
  ),
  fault(
    'third-hmac-unchecked-later',
    ['3.2-21.s1', '5-2.3.s1'],
    "Checks only the third packet's HMAC of the first join.",
    ({ join }) => ({ join: { ackHmacValid: onlyFirst(join.ackHmacValid, () => true) } }),
  ),
  fault(
    'third-without-join',
    ['3.2-21.s1', '3.9.3-3.s2', '3.4.1-10.s6'],
    'Treats an ACK without MP_JOIN as the third packet.',
    () => ({ join: { withoutAckOption: () => true } }),
  ),
  fault(
    'third-hmac-failure-kills-connection',
    ['3.1-11.s6', '6-7.s5'],
    'Closes the connection when the HMAC of a join is wrong.',
    () => ({
      join: {
        handshakeReset: (subflow) => {
          for (const one of subflow.connection.subflows) reset(one, 1);
          return { reason: 1 };
        },
      },
    }),
  ),
  fault(
    'third-hmac-silent',
    ['3.9.3-3.s2', '3.6-1.s2', '3.8-3.1.s1.2'],
    'Forgets a join whose third packet is wrong without a RST.',
    ({ reset: rules }) => ({
      reset: { sent: (subflow, due) => subflow.state !== 'SYN_RECEIVED' && rules.sent(subflow, due) },
    }),
  ),
  fault(
    'synack-without-join',
    ['3.2-23.s1', '3.2-24.s3', '3.7-2.s3', '3.8-3.1.s1.3', '6-7.s4'],
    'Goes on with a subflow whose SYN/ACK has no MP_JOIN.',
    () => ({ join: { withoutSynAckOption: () => true } }),
  ),
  fault(
    'synack-with-capable',
    ['3.2-24.s3', '3.2-23.s1'],
    'Treats a SYN/ACK with MP_CAPABLE as an answer to a join.',
    () => ({ join: { withoutSynAckOption: () => true, retransmitsAck: () => false } }),
  ),
  fault(
    'synack-without-join-silent',
    ['3.2-24.s3', '3.2-23.s1', '3.8-3.1.s1.3', '6-7.s4'],
    'Forgets a subflow whose SYN/ACK has no MP_JOIN without a RST.',
    ({ join }) => ({
      join: { handshakeReset: (subflow, why) => ({ ...join.handshakeReset(subflow, why), options: [] }) },
      reset: { sent: (subflow) => !(subflow.kind === 'join' && subflow.join?.authenticated === false) },
    }),
  ),
  fault(
    'synack-without-join-as-tcp',
    ['3.2-23.s1', '3.2-24.s3'],
    'Over IPv6, goes on with a subflow whose SYN/ACK has no MP_JOIN.',
    () => ({ join: { withoutSynAckOption: isIpv6 } }),
  ),
  fault('joins-by-port', '3.2-1.s4.1', 'Accepts a join only on the port of the connection.', ({ join }) => ({
    join: {
      find: (stack, token, packet) => {
        const found = join.find(stack, token, packet);
        return found?.first?.local.port === packet.tcp.dstPort ? found : undefined;
      },
    },
  })),
  fault('joins-by-listener', '3.2-11.s1', 'Accepts a join only on a port where it listens.', ({ join }) => ({
    join: {
      find: (stack, token, packet) =>
        stack.listeners.some(({ local }) => local?.port === packet.tcp.dstPort)
          ? join.find(stack, token, packet)
          : undefined,
    },
  })),
  fault(
    'joins-by-port-first',
    '3.2-26.s1',
    'Gives a join to the connection of its port, whatever the token.',
    ({ join }) => ({
      join: {
        find: (stack, token, packet) =>
          [...stack.byToken.values()].find(({ first }) => first?.local.port === packet.tcp.dstPort) ??
          join.find(stack, token, packet),
      },
    }),
  ),
  fault(
    'joins-by-newest',
    ['3.2-26.s1', '3.1-10.s6'],
    'Gives every join to the newest connection, whatever the token.',
    () => ({ join: { find: ({ byToken }) => [...byToken.values()].at(-1) } }),
  ),
  fault(
    'joins-to-other-ports-as-tcp',
    '3.2-26.s1',
    'Treats a join to another port than that of a connection as a SYN of regular TCP.',
    ({ initiation }) => {
      let known: StackState | undefined;
      return {
        initiation: {
          newKey: (random, stack) => {
            known = stack;
            return initiation.newKey(random, stack);
          },
        },
        join: {
          handlesRequest: ({ tcp }) =>
            [...(known?.connections ?? [])].some(({ first }) => first?.local.port === tcp.dstPort),
        },
      };
    },
  ),
  fault(
    'joins-by-peer-address',
    ['3.4-2.s5.1', '6-11.1.s3.1'],
    'Accepts a join only from an address that the connection has used.',
    ({ join }) => ({
      join: {
        find: (stack, token, packet) => {
          const found = join.find(stack, token, packet);
          return [...(found?.remoteAddresses.values() ?? [])].some(({ address }) => address === packet.ip.src)
            ? found
            : undefined;
        },
      },
    }),
  ),
  fault('join-addresses-not-kept', '3.4.1-4.s1', 'Does not keep the Address IDs of joins.', ({ removing }) => ({
    join: { learnsAddress: () => false },
    removing: { concerns: (subflow, id, via) => subflow.kind === 'initial' && removing.concerns(subflow, id, via) },
  })),
  fault(
    'removal-of-wrong-id',
    ['3.2-9.s2', '3.2-8.s4', '3.4.1-4.s1'],
    "Treats its own Address IDs as the peer's when an address is removed.",
    () => ({ removing: { concerns: (subflow, id) => subflow.localId === id } }),
  ),
  fault(
    'ids-of-first-subflow-forgotten',
    '3.4.2-4.s2.1',
    'Does not know that the first subflow has Address ID 0.',
    () => ({ removing: { idsToTake: (ids) => ids.filter((id) => id !== 0) } }),
  ),
  fault(
    'join-synack-address-id-unread',
    '3.2-9.s3',
    'Ignores the Address ID on the SYN/ACK of a join.',
    reads('mp_join', (option) => (option.form === 'synack' ? { ...option, addressId: 0 } : option)),
  ),
];
