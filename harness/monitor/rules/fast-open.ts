/** TCP fast open beside MPTCP (appendix B). */
import { seqDiff } from '../../mptcp/index.ts';
import type { OptionFastOpen } from '../../packet/types.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { blaming, conduct, form } from './rule.ts';

const cookieLength = form('fast-open-cookie-length', 'B.1-1.s3');
const cookieFirst = form('no-data-without-cookie', 'B.3-2.s1', 'B.1-1.s1', 'B.3-3.1.s1.1');
const capableOnSyn = form('capable-beside-cookie', 'B.1-3.1.s1', 'B.1-3.1.s3', 'B.1-2.s1', 'B.1-3.2.s4');
const capableOnSynAck = form('capable-beside-cookie-in-answer', 'B.1-3.2.s1', 'B.1-3.2.s2');
const asks = form('fast-open-cookie', 'B.1-1.s2', 'B.1-3.2.s5');
const notMapped = blaming(
  conduct('syn-data-not-mapped', 'B.2-2.s1.1', 'B.2-2.s1.2', 'B.3-4.s4', 'B.2-1.s2', 'B.3-5.1.s1.3'),
  'B.2-2.s1.1',
  'B.2-2.s1.2',
);
const subflowByte = conduct('syn-data-not-counted', 'B.3-4.s4');
const takesSyn = conduct('syn-data-acknowledged', 'B.3-8.s1', 'B.3-5.1.s1.1');
const checksummed = conduct('checksum-after-fast-open', 'B.2-2.s2');

/** Kind of the TCP option. */
const FAST_OPEN = 34;

/** Length of an option whose value has been read. */
function capableLength(event: PacketEvent): number | undefined {
  for (const option of event.packet.tcp.options) {
    if (option.kind !== 'mp_capable') continue;
    return option.senderKey === undefined ? 4 : option.receiverKey === undefined ? 12 : 20;
  }
  return undefined;
}

function checkCookieLength(judge: Judge, { cookie }: OptionFastOpen, event: PacketEvent): void {
  if (!event.syn) return;
  const { length } = cookie;
  judge.check(cookieLength, event, length === 0 || (length >= 4 && length <= 16), () => ({
    message: 'a fast open cookie has an invalid length',
    expected: '4 to 16 bytes, or none',
    actual: `${length} bytes`,
  }));
  judge.info(
    asks,
    event,
    length === 0 ? 'a cookie is asked for' : event.ack ? 'a cookie is given' : 'a cookie is used',
  );
  const capable = capableLength(event);
  if (capable === undefined || event.flow.opening !== 'capable') return;
  const wanted = event.ack ? 12 : 4;
  judge.check(event.ack ? capableOnSynAck : capableOnSyn, event, capable === wanted, () => ({
    message: 'MP_CAPABLE with a fast open cookie has a different length than without one',
    expected: `Length ${wanted}`,
    actual: `Length ${capable}`,
  }));
}

function checkSyn(judge: Judge, event: PacketEvent): void {
  const { packet, receiver, length, side, optionsKnown } = event;
  if (event.ack) {
    if (receiver.synBytes === 0 || receiver.isn === undefined) return;
    const taken = seqDiff(packet.tcp.ack, receiver.isn + 1);
    judge.check(takesSyn, event, taken >= 0 && taken <= receiver.synBytes, () => ({
      message: 'the SYN/ACK acknowledges bytes that are not in the SYN',
      expected: `0 to ${receiver.synBytes} bytes`,
      actual: `${taken} bytes`,
    }));
    return;
  }
  if (!optionsKnown) return;
  const option = packet.tcp.options.find((one) => one.kind === 'fastopen');
  if (length > 0) {
    judge.check(cookieFirst, event, option?.kind === 'fastopen' && option.cookie.length > 0, () => ({
      message: 'a SYN has data and no fast open cookie',
    }));
  } else if (option?.kind === 'fastopen' && option.cookie.length === 0) judge.pass(cookieFirst, side);
}

/** The opener's first data after a SYN with data, as far as that was taken. */
function checkFirstData(judge: Judge, event: PacketEvent): void {
  const { mapping, connection, side, sender, ssn } = event;
  const stream = connection.parties[side].stream;
  if (
    mapping === undefined ||
    mapping.infinite ||
    stream.mapped ||
    !stream.known ||
    !sender.fromStart ||
    ssn === undefined
  )
    return;
  judge.check(notMapped, event, mapping.dsn === 1, () => ({
    message: 'the first data after that of the SYN has another number than IDSN + 1',
    expected: 'IDSN + 1',
    actual: `IDSN + ${mapping.dsn}`,
  }));
  if (mapping.dsn !== 1) return;
  judge.check(subflowByte, event, mapping.ssn === 1, () => ({
    message: 'the mapping counts the data of the SYN',
    expected: 'subflow byte 1',
    actual: `subflow byte ${mapping.ssn}`,
  }));
  if (connection.checksums === true) {
    judge.check(checksummed, event, mapping.checksum !== undefined, () => ({
      message: 'data after a SYN with data has no checksum',
    }));
  }
}

/** Fast open. */
export const fastOpen: Monitor = {
  name: 'fast-open',
  title: 'data on a SYN has a cookie and no mapping, and MP_CAPABLE is as ever beside it',
  rules: [
    cookieLength,
    cookieFirst,
    capableOnSyn,
    capableOnSynAck,
    asks,
    notMapped,
    subflowByte,
    takesSyn,
    checksummed,
  ],
  create: (connection, judge) => ({
    packet: (event) => {
      if (event.syn) {
        if (event.flow.opening === 'capable') checkSyn(judge, event);
        return;
      }
      const { flow, sender } = event;
      if (sender.synBytes === 0 || event.length === 0 || sender !== flow.ends[0] || flow !== connection.flows[0])
        return;
      if (connection.complete && connection.fallback === undefined) checkFirstData(judge, event);
    },
    options: {
      fastopen: (option, event) => checkCookieLength(judge, option, event),
      malformed: ({ code, raw }, event) => {
        if (code === FAST_OPEN && event.syn)
          judge.broken(cookieLength, event, {
            message: 'a fast open option has an invalid length',
            actual: `${raw.length} bytes`,
          });
      },
    },
  }),
};
