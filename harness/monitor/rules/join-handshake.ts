/** The handshake of a join: token, random numbers, HMACs, and when data may follow. */
import { joinHmac, seqAdd } from '../../mptcp/index.ts';
import type { OptionMpJoinAck, OptionMpJoinSyn, OptionMpJoinSynAck } from '../../packet/types.ts';
import { other, type Connection } from '../connection.ts';
import type { Judge, Monitor, PacketEvent, Remark } from '../types.ts';
import { blaming, conduct, form, hex, bytesText, sameBytes } from './rule.ts';

const token = blaming(
  form(
    'join-token',
    '3.1-22.s2',
    '3.1-22.s4',
    '3.2-4.s1',
    '3.2-6.s1',
    '3.2-6.s2',
    '3.2-6.s3',
    '3.1-9.s3.2',
    '3.2-26.s4',
    '5-4.s2',
    'C.1.1-1.6.s1',
  ),
  '3.1-22.s2',
  '3.2-6.s2',
  '3.2-6.s3',
  '3.1-9.s3.2',
  'C.1.1-1.6.s1',
);
const tokenInitiator = form('join-token-of-responder', '3.4-4.1.s2');
const tokenResponder = form('join-token-of-initiator', '3.4-4.1.s3');
const synAckHmac = blaming(
  conduct(
    'join-synack-hmac',
    '3.2-13.s1',
    '3.2-13.s3.1',
    '3.2-13.s4.1',
    '3.2-16.s1.2',
    '3.2-16.s3.2',
    '3.2-16.s2',
    '3.2-2.s3',
    '3.1-20.8.s3',
    '3.1-22.s1',
    '5-4.s3',
    'C.1.1-1.4.s1',
  ),
  '3.2-13.s1',
);
const ackHmac = blaming(
  conduct('join-ack-hmac', '3.2-13.s1', '3.2-13.s3.2', '3.2-16.s1.1', '3.2-16.s3.1'),
  '3.2-13.s1',
);
const sameNonce = form('join-nonce-kept', '5-4.s7');
const freshNonce = form('join-nonce-fresh', '3.2-7.s1', '5-4.s5.1', '5-4.s5.2');
const afterDss = conduct('join-after-dss', '3.1-17.s5');
const notBarred = conduct('join-flag-c', '3.1-20.6.s1.1', '7.3-1.s2.3');
const noEarlyData = conduct('join-no-early-data', '3.2-14.s4', '3.2-14.s3', '3.2-2.s1');
const plainAck = conduct('join-fourth-ack', '3.2-14.s2.1');
// The SYN/ACK without MP_JOIN may be a departure of the peer. The opener must still react to it as required.
const plainTcp = form('join-never-plain', '3.7-2.s3', '3.2-3.s2.1');
const opener = form('join-opener', '3.2-1.s4.2');

function checkSyn(judge: Judge, option: OptionMpJoinSyn, event: PacketEvent, nonces: Map<number, PacketEvent>): void {
  const { connection, flow, side } = event;
  const target = connection.parties[other(side)];
  const [firstNonce] = flow.join.nonces;
  if (firstNonce !== undefined) {
    judge.check(sameNonce, event, option.nonce === firstNonce, () => ({
      message: 'a repeated SYN of a join has another random number',
      expected: hex(firstNonce, 8),
      actual: hex(option.nonce, 8),
    }));
  } else {
    checkNonce(judge, option.nonce, event, nonces);
    judge.info(opener, event, `the ${side === 0 ? 'initiator' : 'responder'} of the connection starts a subflow`);
  }
  if (target.token === undefined) {
    judge.unknown(token, side, 'the key that the token is made from is not in the capture');
    return;
  }
  const isOwn = option.token === connection.parties[side].token;
  const isKey = target.key !== undefined && BigInt(option.token) === target.key >> 32n;
  const remark = () => ({
    message: isOwn ? "the token is that of the sender's own key" : "the token is not that of the peer's key",
    expected: hex(target.token ?? 0, 8),
    actual: hex(option.token, 8),
    field: 'mp_join.token',
  });
  judge.check(token, event, option.token === target.token, () => ({
    ...remark(),
    blames: isOwn ? ['3.2-6.s3'] : isKey ? ['3.1-9.s3.2', '3.2-6.s2'] : ['3.1-22.s2', '3.2-6.s2', '3.1-9.s3.2'],
  }));
  judge.check(side === 0 ? tokenInitiator : tokenResponder, event, option.token === target.token, remark);
}

/** The input of an HMAC of a join. */
interface JoinProof {
  local: bigint;
  remote: bigint;
  /** Random number of who makes it, and of the peer. */
  mine: number;
  theirs: number;
  /** Bytes of it that are sent. */
  length: 8 | 20;
}

/** The defect of an HMAC: a common mistake that gives this value, or just that it differs. */
function hmacRemark(packet: string, found: Uint8Array, proof: JoinProof): Remark {
  const { local, remote, mine, theirs, length } = proof;
  const whole = joinHmac(local, remote, mine, theirs);
  const isThird = length === 20;
  const mistakes: [Uint8Array, string, string][] = [
    [whole.slice(-length), isThird ? '3.2-13.s3.2' : '3.2-13.s4.1', 'the last bytes of the right one'],
    [joinHmac(remote, local, mine, theirs), isThird ? '3.2-16.s1.1' : '3.2-16.s1.2', 'one with the keys swapped'],
    [joinHmac(local, remote, theirs, mine), isThird ? '3.2-16.s3.1' : '3.2-16.s3.2', 'one over the numbers swapped'],
  ];
  const [, clause, text] = mistakes.find(([value]) => sameBytes(value.subarray(0, length), found)) ?? [];
  return {
    message: `the HMAC of ${packet} of a join is wrong${text === undefined ? '' : `: it is ${text}`}`,
    expected: bytesText(whole.subarray(0, length)),
    actual: bytesText(found),
    field: 'mp_join.hmac',
    ...(clause === undefined ? {} : { blames: [clause] }),
  };
}

function checkNonce(judge: Judge, nonce: number, event: PacketEvent, nonces: Map<number, PacketEvent>): void {
  const earlier = nonces.get(nonce);
  if (earlier !== undefined && isSameSyn(earlier, event)) return;
  judge.check(freshNonce, event, earlier === undefined, () => ({
    message: `the random number ${hex(nonce, 8)} was used in packet ${earlier?.index ?? 0} already`,
  }));
  // The peer of a host that repeats a number cannot help it.
  if (earlier === undefined && nonces.size < 4096) nonces.set(nonce, event);
}

/**
 * Two SYNs that cross make one subflow (RFC 9293 §3.5): its SYN/ACK repeats what its SYN had. One that was seen before and
 * after a translation of addresses is the same, too; its sequence number shows that.
 */
function isSameSyn({ packet: one, connection: { complete } }: PacketEvent, { packet: other }: PacketEvent): boolean {
  if (one.tcp.seq !== other.tcp.seq) return false;
  const isSamePath =
    one.tcp.srcPort === other.tcp.srcPort &&
    one.tcp.dstPort === other.tcp.dstPort &&
    one.ip.src === other.ip.src &&
    one.ip.dst === other.ip.dst;
  return isSamePath || !complete;
}

function checkSynAck(
  judge: Judge,
  option: OptionMpJoinSynAck,
  event: PacketEvent,
  nonces: Map<number, PacketEvent>,
): void {
  const { connection, flow, side } = event;
  const [synNonce, known] = flow.join.nonces;
  if (known !== undefined) {
    judge.check(sameNonce, event, option.nonce === known, () => ({
      message: 'a repeated SYN/ACK of a join has another random number',
      expected: hex(known, 8),
      actual: hex(option.nonce, 8),
    }));
  } else {
    checkNonce(judge, option.nonce, event, nonces);
  }
  const local = connection.parties[side].key;
  const remote = connection.parties[other(side)].key;
  if (local === undefined || remote === undefined || synNonce === undefined || flow.stray) {
    judge.unknown(synAckHmac, side, 'keys or random numbers are not in the capture');
    return;
  }
  const expected = joinHmac(local, remote, option.nonce, synNonce).subarray(0, 8);
  judge.check(synAckHmac, event, sameBytes(option.hmac, expected), () =>
    hmacRemark('the SYN/ACK', option.hmac, { local, remote, mine: option.nonce, theirs: synNonce, length: 8 }),
  );
}

function checkAck(judge: Judge, option: OptionMpJoinAck, event: PacketEvent): void {
  const { connection, flow, side } = event;
  const [mine, theirs] = flow.join.nonces;
  const local = connection.parties[side].key;
  const remote = connection.parties[other(side)].key;
  if (local === undefined || remote === undefined || mine === undefined || theirs === undefined || flow.stray) {
    judge.unknown(ackHmac, side, 'keys or random numbers are not in the capture');
    return;
  }
  const expected = joinHmac(local, remote, mine, theirs).subarray(0, 20);
  judge.check(ackHmac, event, sameBytes(option.hmac, expected), () =>
    hmacRemark('the third packet', option.hmac, { local, remote, mine, theirs, length: 20 }),
  );
}

/** Conditions before a host may start a subflow. */
function checkJoinAllowed(judge: Judge, event: PacketEvent, heardDss: boolean): void {
  const { connection, side, flow, receiver } = event;
  if (connection.whole && event.flow.join.nonces[0] === undefined) {
    if (heardDss) judge.pass(afterDss, side);
    else if (connection.complete)
      judge.broken(afterDss, event, { message: 'a join is started before a DSS came from the peer' });
    else judge.unknown(afterDss, side, 'no DSS of the peer was seen before the join, and the capture may lack some');
  }
  const hello = connection.parties[other(side)].hello;
  const first = connection.flows[0];
  if (hello === undefined || first === undefined || first === flow || (hello.flags & 0x20) === 0) return;
  const peer = first.ends[first.openedBy === side ? 1 : 0];
  judge.check(notBarred, event, receiver.address !== peer.address || receiver.port !== peer.port, () => ({
    message: 'a join goes to the address and port for which the peer set flag C',
    expected: 'no join there',
    actual: `${receiver.address} port ${receiver.port}`,
  }));
}

/** Data on a subflow whose third packet was not acknowledged yet. */
function checkDataBeforeFourth(judge: Judge, event: PacketEvent): void {
  const { flow, sender, receiver, connection } = event;
  if (event.length === 0 || event.syn || !flow.ends[0].synSeen) return;
  if (sender !== flow.ends[0]) return;
  const answered = flow.ends[1].synOptions;
  if (answered?.includes('mp_join') === false) {
    judge.broken(plainTcp, event, { message: 'a join whose SYN/ACK has no MP_JOIN carries data' });
    return;
  }
  if (flow.fourthSeen) judge.pass(noEarlyData, event.side);
  else if (connection.complete && receiver.synSeen) {
    judge.broken(noEarlyData, event, {
      message: 'data is sent before the peer acknowledged the third packet of the join',
    });
  } else judge.unknown(noEarlyData, event.side, 'the acknowledgement of the third packet was not seen');
}

function checkFourthPacket(judge: Judge, event: PacketEvent): void {
  const { flow, sender, ack, syn, rst, packet } = event;
  if (sender !== flow.ends[1] || !ack || syn || rst || flow.fourthSeen || !flow.thirdSeen) return;
  const { isn } = flow.ends[0];
  if (isn !== undefined && packet.tcp.ack === seqAdd(isn, 1) && event.length === 0) judge.pass(plainAck, event.side);
}

/** Tokens, random numbers, HMACs and order of joins. */
export const joinHandshake: Monitor = {
  name: 'join-handshake',
  title: 'joins have the right token and HMACs, come after the first DSS and carry data only when established',
  rules: [
    token,
    tokenInitiator,
    tokenResponder,
    synAckHmac,
    ackHmac,
    sameNonce,
    freshNonce,
    afterDss,
    notBarred,
    noEarlyData,
    plainAck,
    plainTcp,
    opener,
  ],
  create: (_connection: Connection, judge) => {
    const nonces = [new Map<number, PacketEvent>(), new Map<number, PacketEvent>()] as const;
    const heardDss = [false, false];
    return {
      packet: (event) => {
        if (event.dataAck !== undefined || event.mapping?.from === 'dss') heardDss[other(event.side)] = true;
        if (event.flow.opening !== 'join') return;
        checkDataBeforeFourth(judge, event);
        checkFourthPacket(judge, event);
      },
      options: {
        mp_join: (option, event) => {
          if (event.flow.opening !== 'join') return;
          if (option.form === 'syn' && event.syn && !event.ack) {
            checkJoinAllowed(judge, event, heardDss[event.side] ?? false);
            checkSyn(judge, option, event, nonces[event.side]);
          } else if (option.form === 'synack' && event.syn && event.ack)
            checkSynAck(judge, option, event, nonces[event.side]);
          else if (option.form === 'ack' && !event.syn) checkAck(judge, option, event);
        },
      },
    };
  },
};
