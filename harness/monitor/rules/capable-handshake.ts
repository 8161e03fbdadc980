/** The MP_CAPABLE handshake: forms, version, keys and flags. */
import type { OptionMpCapable } from '../../packet/types.ts';
import type { Connection } from '../connection.ts';
import { FLAG_A } from '../handshake.ts';
import type { Judge, Monitor, PacketEvent } from '../types.ts';
import { blaming, conduct, form, hex } from './rule.ts';

const synLength = blaming(
  form('capable-syn-length', '3.1-6.1.s1', '3.1-3.s1', '3.1-8.s1', '3.1-14.s2', 'A-3.s5', '6-4.s1'),
  '3.1-6.1.s1',
  '3.1-3.s1',
  '3.1-8.s1',
  '3.1-14.s2',
);
const synAckLength = form('capable-synack-length', '3.1-6.2.s1');
const ackLength = form('capable-ack-length', '3.1-6.3.s1', '3.1-15.s4');
const dataLength = form('capable-data-length', '3.1-6.4.s1', '3.1-15.s3');
const coversPayload = form('capable-data-covers', '3.1-2.1.s1.2');
const version = conduct('capable-version-answer', '3.1-3.s3');
const agreedVersion = conduct('capable-version-kept', '3.1-18.s3.2');
const keyCopied = conduct('capable-key-copied', '3.1-14.s1', '3.1-2.1.s1.1', '3.1-7.s2');
const choice = conduct('capable-crypto-choice', '3.1-24.s3');
const outcome = conduct('capable-checksum-outcome', '3.1-23.s4');
const required = conduct('capable-checksum-required', '3.1-23.s5');
const asked = conduct('capable-answers-capable', '3.1-26.s2', '6-5.s2.1');
const checksumAsked = form('capable-asks-checksum', '3.1-20.2.s1', '3.3.1-5.s5');
const repeats = form('capable-syn-repeats', '3.1-26.s5', '3.1-27.s1');

/** Length of an MP_CAPABLE by what it holds. */
function lengthOf(option: OptionMpCapable): number {
  if (option.senderKey === undefined) return 4;
  if (option.receiverKey === undefined) return 12;
  return 20 + (option.dataLength === undefined ? 0 : 2) + (option.checksum === undefined ? 0 : 2);
}

function checkSyn(judge: Judge, option: OptionMpCapable, event: PacketEvent): void {
  if (event.retransmission) {
    judge.info(repeats, event, 'a SYN with MP_CAPABLE is repeated with it');
    return;
  }
  judge.check(synLength, event, lengthOf(option) === 4, () => ({
    message: 'MP_CAPABLE on a SYN of version 1 holds more than version and flags',
    expected: 'Length 4',
    actual: `Length ${lengthOf(option)}`,
  }));
  judge.info(
    checksumAsked,
    event,
    (option.flags & FLAG_A) !== 0 ? 'the SYN asks for checksums' : 'the SYN does not ask for checksums',
  );
}

function checkSynAck(judge: Judge, option: OptionMpCapable, event: PacketEvent): void {
  const syn = event.connection.parties[0].hello;
  const { synOptions, laterSynCapable } = event.flow.ends[0];
  if (synOptions !== undefined) {
    judge.check(asked, event, synOptions.includes('mp_capable') || laterSynCapable, () => ({
      message: 'a SYN without MP_CAPABLE is answered with it',
    }));
  }
  if (syn !== undefined) {
    judge.check(version, event, option.version <= syn.version, () => ({
      message: 'the SYN/ACK has a higher version than the SYN',
      expected: `at most ${syn.version}`,
      actual: `${option.version}`,
    }));
  }
  if (option.version === 0) return;
  judge.check(synAckLength, event, lengthOf(option) === 12, () => ({
    message: 'MP_CAPABLE on the SYN/ACK does not hold just the key',
    expected: 'Length 12',
    actual: `Length ${lengthOf(option)}`,
  }));
  if (syn === undefined) return;
  const bits = option.flags & 0x1f;
  judge.check(choice, event, (bits & (bits - 1)) === 0 && (bits & ~syn.flags) === 0, () => ({
    message: 'the SYN/ACK does not choose one of the algorithms proposed',
    expected: `one bit of ${hex(syn.flags & 0x1f)}`,
    actual: hex(bits),
  }));
}

function checkThirdPacket(judge: Judge, option: OptionMpCapable, event: PacketEvent): void {
  const { connection, length } = event;
  const size = lengthOf(option);
  if (length === 0) {
    judge.check(ackLength, event, size === 20, () => ({
      message: 'MP_CAPABLE on an ACK without payload does not hold just the two keys',
      expected: 'Length 20',
      actual: `Length ${size}`,
    }));
  } else {
    const wanted = connection.checksums === undefined ? [22, 24] : [connection.checksums ? 24 : 22];
    judge.check(dataLength, event, wanted.includes(size), () => ({
      message: 'MP_CAPABLE on the first data has the wrong length',
      expected: `Length ${wanted.join(' or ')}`,
      actual: `Length ${size}`,
    }));
    if (option.dataLength !== undefined) {
      judge.check(coversPayload, event, option.dataLength > 0, () => ({
        message: 'the Data-Level Length of MP_CAPABLE maps nothing',
        actual: '0',
      }));
    }
  }
  checkCopiedFields(judge, option, event, connection);
}

function checkCopiedFields(judge: Judge, option: OptionMpCapable, event: PacketEvent, connection: Connection): void {
  const [syn, synAck] = connection.parties.map((party) => party.hello);
  if (synAck === undefined) return;
  judge.check(agreedVersion, event, option.version === synAck.version, () => ({
    message: 'the third packet has another version than the SYN/ACK',
    expected: `${synAck.version}`,
    actual: `${option.version}`,
  }));
  const key = synAck.senderKey;
  if (key !== undefined && option.receiverKey !== undefined) {
    judge.check(keyCopied, event, option.receiverKey === key, () => ({
      message:
        option.senderKey === key
          ? 'the keys in the third packet are in the wrong order'
          : "the responder's key in the third packet is not that of the SYN/ACK",
      expected: hex(key, 16),
      actual: hex(option.receiverKey ?? 0n, 16),
      field: 'mp_capable.rkey',
      blames: option.senderKey === key ? ['3.1-7.s2', '3.1-2.1.s1.1'] : ['3.1-14.s1'],
    }));
  }
  if (syn === undefined) return;
  const on = ((syn.flags | synAck.flags) & FLAG_A) !== 0;
  judge.check(on ? required : outcome, event, ((option.flags & FLAG_A) !== 0) === on, () => ({
    message: 'flag A of the third packet differs from what SYN and SYN/ACK negotiated',
    expected: `A=${on ? 1 : 0}`,
    actual: `flags=${hex(option.flags)}`,
  }));
}

/** MP_CAPABLE on SYN, SYN/ACK, third packet and first data. */
export const capableHandshake: Monitor = {
  name: 'capable-handshake',
  title: 'the MP_CAPABLE handshake has the right forms, version, keys and flags',
  rules: [
    synLength,
    synAckLength,
    ackLength,
    dataLength,
    coversPayload,
    version,
    agreedVersion,
    keyCopied,
    choice,
    outcome,
    required,
    asked,
    checksumAsked,
    repeats,
  ],
  create: (_connection, judge) => ({
    options: {
      mp_capable: (option, event) => {
        const { flow, sender, syn, ack } = event;
        if (flow.opening !== 'capable') return;
        const first = flow.ends[0] === sender;
        if (syn && !ack && first) checkSyn(judge, option, event);
        else if (syn && ack && !first) checkSynAck(judge, option, event);
        else if (!syn && first && !event.rst) checkThirdPacket(judge, option, event);
      },
    },
  }),
};
