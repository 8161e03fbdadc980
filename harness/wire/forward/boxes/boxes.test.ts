import { describe, expect, test } from 'vitest';
import { FLAG, type OptionDss, type TcpOption } from '../../../packet/types.ts';
import { through, type Passage } from '../testing/conversation.ts';
import { earlyAck } from './early-ack.ts';
import { firewall } from './firewall.ts';
import { rewriteIsn } from './isn.ts';
import { nat } from './nat.ts';
import { merge, split } from './resegment.ts';
import { rewrite } from './rewrite.ts';
import { strip } from './strip.ts';

const DSS: OptionDss = {
  kind: 'dss',
  reserved: 0,
  dataFin: false,
  dsn8: false,
  hasMap: true,
  dataAck8: false,
  hasDataAck: true,
  dataAck: 5n,
  dsn: 7n,
  ssn: 1,
  dataLength: 6,
};
const CAPABLE: TcpOption = { kind: 'mp_capable', version: 1, flags: 1 };
const JOIN: TcpOption = { kind: 'mp_join', form: 'syn', reserved: 0, backup: false, addressId: 1, token: 1, nonce: 1 };
const SYN = { flags: FLAG.SYN, seq: 100 };

function kinds({ out }: Passage): string[][] {
  return out.map(({ packet }) => packet.tcp.options.map(({ kind }) => kind).filter((kind) => kind !== 'nop'));
}

describe('strip', () => {
  test('takes options of MPTCP from the segments it is told, and leaves the others', () => {
    const passage = through([strip({ ways: ['up'], on: 'syn' })]);
    passage.pass('up', { ...SYN, options: [{ kind: 'mss', mss: 1400 }, CAPABLE] });
    passage.pass('up', { payload: 'abcdef', options: [DSS] });
    passage.pass('down', { ...SYN, options: [CAPABLE] });
    expect(kinds(passage)).toEqual([['mss'], ['dss'], ['mp_capable']]);
  });

  test('begins when so much data has passed, and may choose options', () => {
    const passage = through([strip({ ways: ['up', 'down'], on: 'after-syn', kinds: ['dss'], from: 6 })]);
    for (let i = 0; i < 2; i++)
      passage.pass('up', { payload: 'abcdef', options: [DSS, { kind: 'mp_prio', reserved: 0, backup: true }] });
    passage.pass('down', { options: [DSS] });
    expect(kinds(passage)).toEqual([['dss', 'mp_prio'], ['mp_prio'], ['dss']]);
  });
});

describe('nat', () => {
  test("puts its own address and ports in place of the client's, and undoes it for answers", () => {
    const passage = through([nat('10.0.1.99')]);
    passage.pass('up', SYN);
    const [first] = passage.out;
    expect(first?.packet.ip.src).toBe('10.0.1.99');
    expect(first?.packet.tcp.srcPort).toBe(61_001);
    passage.pass('up', { payload: 'x' });
    expect(passage.out[1]?.packet.tcp.srcPort).toBe(61_001);
  });

  test('drops what no conversation asked for', () => {
    const passage = through([nat('10.0.1.99')]);
    passage.pass('down', SYN);
    expect(passage.out).toEqual([]);
  });
});

describe('rewriteIsn', () => {
  test('moves numbers of both ways, acknowledgments and SACK blocks against them', () => {
    const passage = through([rewriteIsn({ up: 1000, down: 0xffffffff })]);
    passage.pass('up', { seq: 0xffffffff, ack: 0, options: [{ kind: 'sack', blocks: [{ left: 0, right: 10 }] }] });
    passage.pass('down', { seq: 5, ack: 1005 });
    const [up, down] = passage.out.map(({ packet }) => packet.tcp);
    expect([up?.seq, up?.ack]).toEqual([999, 1]);
    expect(up?.options[0]).toEqual({ kind: 'sack', blocks: [{ left: 1, right: 11 }] });
    expect([down?.seq, down?.ack]).toEqual([4, 5]);
  });
});

describe('split and merge', () => {
  test('cut segments with all options on each, FIN and PSH on the last', () => {
    const passage = through([split(4)]);
    passage.pass('up', { seq: 10, payload: 'abcdefghij', flags: FLAG.ACK | FLAG.PSH, options: [DSS] });
    expect(passage.out.map(({ text, packet }) => [text, packet.tcp.seq, (packet.tcp.flags & FLAG.PSH) !== 0])).toEqual([
      ['abcd', 10, false],
      ['efgh', 14, false],
      ['ij', 18, true],
    ]);
    expect(kinds(passage)).toEqual([['dss'], ['dss'], ['dss']]);
  });

  test('join what follows on each other, with the options of the first, and lower the MSS', () => {
    const passage = through([merge(10)]);
    passage.pass('up', { ...SYN, options: [{ kind: 'mss', mss: 1460 }] });
    passage.pass('up', { seq: 101, payload: 'abcde', options: [DSS] });
    expect(passage.out).toHaveLength(1);
    passage.pass('up', { seq: 106, payload: 'fgh', options: [CAPABLE] });
    expect(passage.out.map(({ text }) => text)).toEqual(['', 'abcdefgh']);
    expect(kinds(passage)).toEqual([['mss'], ['dss']]);
    expect(passage.out[0]?.packet.tcp.options[0]).toMatchObject({ mss: 5 });
  });

  test('let a segment go that nothing follows on', () => {
    const passage = through([merge(10)]);
    passage.pass('up', { seq: 101, payload: 'abcde' });
    passage.elapse();
    passage.pass('up', { seq: 200, payload: 'x' });
    passage.pass('up', { seq: 300, payload: 'y' });
    passage.pass('up', { seq: 301, flags: FLAG.ACK | FLAG.FIN });
    expect(passage.out.map(({ text }) => text)).toEqual(['abcde', 'x', 'y', '']);
  });
});

describe('rewrite', () => {
  test('alters a byte once so much has passed, the same way on a retransmission', () => {
    const passage = through([rewrite({ ways: ['up'], after: 4, insert: 0, times: 1 })]);
    passage.pass('up', { seq: 1, payload: 'abcd' });
    for (let i = 0; i < 2; i++) passage.pass('up', { seq: 5, payload: 'efgh' });
    passage.pass('up', { seq: 9, payload: 'ijkl' });
    expect(passage.out.map(({ text }) => text.slice(1))).toEqual(['bcd', 'fgh', 'fgh', 'jkl']);
    expect(passage.out.map(({ packet }) => packet.tcp.payload[0])).toEqual([0x61, 0x65 ^ 0xff, 0x65 ^ 0xff, 0x69]);
  });

  test('moves everything after what it inserted, and hides it from the sender', () => {
    const passage = through([rewrite({ ways: ['up'], after: 0, insert: 3, times: 1 })]);
    passage.pass('up', { seq: 1, payload: 'abcd' });
    passage.pass('up', { seq: 5, payload: 'efgh' });
    passage.pass('down', { seq: 1, ack: 12 });
    passage.pass('down', { seq: 1, ack: 1 });
    expect(passage.out.slice(0, 2).map(({ packet }) => [packet.tcp.seq, packet.tcp.payload.length])).toEqual([
      [1, 7],
      [8, 4],
    ]);
    expect(passage.out.slice(2).map(({ packet }) => packet.tcp.ack)).toEqual([9, 1]);
  });
});

describe('earlyAck', () => {
  test("acknowledges data in order in the receiver's name, without options of MPTCP, and passes it on", () => {
    const passage = through([earlyAck(['up'])]);
    passage.pass('up', { ...SYN });
    passage.pass('down', { flags: FLAG.SYN | FLAG.ACK, seq: 500, ack: 101 });
    passage.pass('up', { seq: 101, ack: 501 });
    passage.pass('down', { seq: 501, ack: 101, options: [DSS] });
    const before = passage.out.length;
    passage.pass('up', { seq: 101, ack: 501, payload: 'abcd', options: [DSS] });
    passage.pass('up', { seq: 200, ack: 501, payload: 'gap' });
    const [data, ack, gap, ...more] = passage.out.slice(before);
    expect([data?.way, data?.text]).toEqual(['up', 'abcd']);
    expect([ack?.way, ack?.packet.tcp.ack, ack?.packet.tcp.seq, ack?.packet.tcp.options.length]).toEqual([
      'down',
      105,
      501,
      0,
    ]);
    expect([gap?.way, gap?.text]).toEqual(['up', 'gap']);
    expect(more).toEqual([]);
  });
});

describe('firewall', () => {
  test('drops the SYNs it is told to', () => {
    const passage = through([firewall('joins')]);
    passage.pass('up', { ...SYN, options: [CAPABLE] });
    passage.pass('up', { ...SYN, options: [JOIN] });
    passage.pass('up', { payload: 'x', options: [DSS] });
    expect(kinds(passage)).toEqual([['mp_capable'], ['dss']]);
    const strict = through([firewall('mptcp-syns')]);
    strict.pass('up', { ...SYN, options: [CAPABLE] });
    strict.pass('up', SYN);
    expect(strict.out).toHaveLength(1);
  });
});

describe('several middleboxes', () => {
  test('stand in a row, the first next to the client', () => {
    const passage = through([nat('10.0.1.99'), split(2)]);
    passage.pass('up', { payload: 'abcd' });
    expect(passage.out.map(({ text, packet }) => [text, packet.ip.src])).toEqual([
      ['ab', '10.0.1.99'],
      ['cd', '10.0.1.99'],
    ]);
  });
});
