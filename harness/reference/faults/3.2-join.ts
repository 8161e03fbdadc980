/** Faults of MP_JOIN (section 3.2). */
import { joinHmac, keyBytes, hmacSha256 } from '../../mptcp/index.ts';
import type { Variation } from '../rules/index.ts';
import type { Subflow } from '../state.ts';
import { fault, isIpv6, isLaterJoin, onlyFirst, sends } from './fault.ts';

/** Keys and nonces of a join, as its HMACs have them. */
function secrets(subflow: Subflow) {
  const { localKey, remoteKey = 0n } = subflow.connection;
  const { localNonce = 0, remoteNonce = 0 } = subflow.join ?? {};
  return { localKey, remoteKey, localNonce, remoteNonce };
}

/** An HMAC of this host that is made in another way. */
function otherHmac(make: (of: ReturnType<typeof secrets>) => Uint8Array) {
  return () => ({ join: { hmac: (_right: Uint8Array, subflow: Subflow) => make(secrets(subflow)) } });
}

function nonceBytes(nonce: number): Uint8Array {
  return Uint8Array.of(nonce >>> 24, nonce >>> 16, nonce >>> 8, nonce);
}

/** Faults of MP_JOIN. */
export const joinFaults: readonly Variation[] = [
  fault('one-nonce', ['3.2-7.s1', '5-4.s5.1', '5-4.s5.2'], 'Uses one random number for all joins.', () => {
    let first: number | undefined;
    return { join: { newNonce: (random) => (first ??= random) } };
  }),
  fault('counting-nonces', ['3.2-7.s1', '5-4.s6'], 'Counts its nonces up from 1.', () => {
    let next = 1;
    return { join: { newNonce: () => next++ } };
  }),
  fault(
    'nonce-per-connection',
    ['3.2-7.s1', '5-4.s5.1', '5-4.s5.2'],
    'Uses one random number for all joins of a connection.',
    () => {
      const nonces = new WeakMap<object, number>();
      return {
        join: {
          newNonce: (random, connection) => {
            if (!nonces.has(connection)) nonces.set(connection, random);
            return nonces.get(connection) ?? random;
          },
        },
      };
    },
  ),
  fault(
    'nonce-changes-when-repeated',
    '5-4.s7',
    'Sends another random number when it repeats the SYN or SYN/ACK of a join.',
    (standard) => {
      const sent = new WeakMap<Subflow, number>();
      return sends('mp_join', (option, subflow) => {
        if (option.form === 'ack') return option;
        const before = sent.get(subflow) ?? 0;
        sent.set(subflow, before + 1);
        return { ...option, nonce: (option.nonce + before) >>> 0 };
      })(standard);
    },
  ),
  fault('joins-before-data', '3.2-1.s1', 'Takes joins before the exchange of MP_CAPABLE has been confirmed.', () => ({
    join: { mayEstablish: () => true, connectionTakesSubflows: () => true },
  })),
  fault(
    'own-token-on-syn',
    ['3.2-6.s3', '3.1-9.s3.2', '3.2-4.s1', '3.2-6.s1', '3.2-26.s4', '3.4-4.1.s2', '3.4-4.1.s3', '3.2-5.1.s1.2'],
    "Joins with its own token instead of the peer's.",
    () => ({ join: { tokenToSend: ({ connection }) => connection.localToken } }),
  ),
  fault(
    'key-in-place-of-token',
    ['3.2-6.s2', '3.1-9.s3.2', '3.2-6.s1', '5-4.s2'],
    "Joins with the first half of the peer's key.",
    () => ({ join: { tokenToSend: ({ connection }) => Number((connection.remoteKey ?? 0n) >> 32n) } }),
  ),
  fault('address-id-0-on-joins', ['3.2-8.s3', '3.2-9.s2'], 'Joins from every address with Address ID 0.', () => ({
    join: { addressId: () => 0 },
  })),
  fault(
    'address-id-counts-subflows',
    ['3.2-8.s3', '3.2-9.s2', '3.2-9.s1'],
    'Gives each subflow an Address ID of its own, whatever its address.',
    () => ({ join: { addressId: ({ index }) => index + 100 } }),
  ),
  fault(
    'join-reserved-bits',
    ['3.2-10.s1.2', '3.2-10.s1.1'],
    'Sets the reserved bits of MP_JOIN on the SYN.',
    sends('mp_join', (option) => (option.form === 'syn' ? { ...option, reserved: 7 } : option)),
  ),
  fault(
    'join-reserved-bits-on-synack',
    ['3.2-10.s1.2', '3.2-10.s1.1'],
    'Sets a reserved bit of MP_JOIN on the SYN/ACK.',
    sends('mp_join', (option) => (option.form === 'synack' ? { ...option, reserved: 1 } : option)),
  ),
  fault(
    'join-reserved-bits-ipv6',
    '3.2-10.s1.2',
    'Over IPv6, sets a reserved bit of MP_JOIN on SYNs.',
    sends('mp_join', (option, subflow) =>
      option.form !== 'ack' && isIpv6(subflow) ? { ...option, reserved: 4 } : option,
    ),
  ),
  fault(
    'join-reserved-bits-on-third',
    '3.2-14.s5',
    'Sets a reserved bit of MP_JOIN on the third packet.',
    sends('mp_join', (option) => (option.form === 'ack' ? { ...option, reserved: 1 } : option)),
  ),
  fault(
    'join-reserved-bits-on-third-high',
    '3.2-14.s5',
    'Sets the highest reserved bit of MP_JOIN on the third packet.',
    sends('mp_join', (option) => (option.form === 'ack' ? { ...option, reserved: 0x800 } : option)),
  ),
  fault(
    'join-reserved-bits-when-repeated',
    '3.2-14.s5',
    'Sets reserved bits when it repeats the third packet.',
    sends('mp_join', (option, subflow) =>
      option.form === 'ack' && (subflow.join?.ackTransmissions ?? 0) > 0 ? { ...option, reserved: 0xf } : option,
    ),
  ),
  fault('join-backup-always', '3.2-10.s2', 'Sets B on every join.', () => ({ join: { backupOnSyn: () => true } })),
  fault('join-backup-never', '3.2-10.s2', 'Never sets B on a join, whatever the endpoint says.', () => ({
    join: { backupOnSyn: () => false },
  })),
  fault('join-backup-unread', '3.2-10.s3', 'Ignores B on joins.', () => ({
    join: { backupAsked: () => false },
    policy: { scheduler: (ready) => ready.at(-1) },
  })),
  fault('join-backup-unread-on-synack', '3.2-10.s3', 'Ignores B on the SYN/ACK of a join.', () => ({
    join: { backupAsked: (option) => option.form === 'syn' && option.backup },
    policy: { scheduler: (ready) => ready.at(-1) },
  })),
  fault(
    'hmac-keys-swapped',
    ['3.2-16.s1.1', '3.1-20.8.s3', '3.2-16.s1.2', '5-4.s3', '3.2-15.1.s1.2'],
    "Makes its HMAC with the peer's key first.",
    otherHmac((s) =>
      hmacSha256([keyBytes(s.remoteKey), keyBytes(s.localKey)], [nonceBytes(s.localNonce), nonceBytes(s.remoteNonce)]),
    ),
  ),
  fault(
    'hmac-nonces-swapped',
    '3.2-16.s3.1',
    "Makes its HMAC over the peer's number first.",
    otherHmac((s) => joinHmac(s.localKey, s.remoteKey, s.remoteNonce, s.localNonce)),
  ),
  fault(
    'hmac-without-own-nonce',
    '3.2-16.s3.2',
    "Makes its HMAC over the peer's number alone.",
    otherHmac((s) => hmacSha256([keyBytes(s.localKey), keyBytes(s.remoteKey)], [nonceBytes(s.remoteNonce)])),
  ),
  fault(
    'hmac-with-own-key',
    ['3.2-16.s2', '3.2-2.s3', '3.2-13.s3.1', '5-4.s3'],
    'Makes its HMAC with its own key alone.',
    otherHmac((s) => hmacSha256([keyBytes(s.localKey)], [nonceBytes(s.localNonce), nonceBytes(s.remoteNonce)])),
  ),
  fault(
    'third-hmac-from-the-right',
    ['3.2-13.s3.2', '3.2-13.s1', '3.2-14.s1', '3.2-15.1.s1.2'],
    'Sends the rightmost 160 bits of its HMAC.',
    () => ({ join: { ackHmac: (whole) => whole.slice(12, 32) } }),
  ),
  fault(
    'synack-hmac-from-the-right',
    ['3.2-13.s4.1', '3.2-12.1.s1.2', '3.2-13.s1'],
    'Sends the rightmost 64 bits of its HMAC on the SYN/ACK.',
    () => ({ join: { synAckHmac: (whole) => whole.slice(24, 32) } }),
  ),
  fault(
    'synack-hmac-of-later-joins',
    '3.2-13.s4.1',
    'Sends a wrong HMAC on the SYN/ACK of all joins but the first.',
    ({ join }) => ({ join: { synAckHmac: onlyFirst(join.synAckHmac, (whole) => whole.slice(8, 16)) } }),
  ),
  fault('third-not-acknowledged', '3.2-14.s2.1', 'Does not acknowledge the third packet of a join.', () => ({
    join: { acknowledgesThird: () => false },
  })),
  fault(
    'third-of-later-joins-not-acknowledged',
    '3.2-14.s2.1',
    'Acknowledges the third packet of the first join only.',
    () => ({ join: { acknowledgesThird: (subflow) => !isLaterJoin(subflow) } }),
  ),
  fault(
    'third-acknowledged-once',
    '3.2-14.s2.1',
    'Acknowledges a third packet once, and not when it comes again.',
    () => {
      const done = new WeakSet<Subflow>();
      return {
        join: {
          acknowledgesThird: (subflow) => {
            const first = !done.has(subflow);
            done.add(subflow);
            return first;
          },
        },
      };
    },
  ),
  fault('third-not-repeated', '3.2-14.s2.2', 'Sends the third packet of a join once, acknowledged or not.', () => ({
    join: { retransmitsAck: () => false },
  })),
  fault('third-repeated-once', '3.2-14.s2.2', 'Repeats the third packet of a join once and no more.', () => ({
    join: { retransmitsAck: ({ join }) => (join?.ackTransmissions ?? 0) <= 1 },
  })),
  fault(
    'third-repeated-without-hmac',
    '3.2-14.s2.2',
    'Repeats the third packet of a join without MP_JOIN.',
    sends('mp_join', (option, subflow) =>
      option.form === 'ack' && (subflow.join?.ackTransmissions ?? 0) > 0 ? undefined : option,
    ),
  ),
  fault(
    'data-before-acknowledged',
    ['3.2-14.s4', '5-2.2.s1'],
    'Sends data on a subflow whose third packet was not acknowledged.',
    () => ({ join: { dataAllowed: () => true } }),
  ),
  fault(
    'established-by-own-third',
    ['3.2-14.s3', '5-2.2.s1'],
    'Counts a subflow as established when it has sent the third packet.',
    () => ({ join: { dataAllowed: () => true, retransmitsAck: () => false } }),
  ),
];
