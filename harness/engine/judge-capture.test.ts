/** The monitors on a scenario's capture judge the stack and nobody else. */
import { expect, test } from 'vitest';
import { altered, encoded, goodConversation, optionOf, type NamedPacket } from '../monitor/testing/conversation.ts';
import type { WirePacket } from '../wire/types.ts';
import { judgeCapture } from './judge-capture.ts';

/** The capture of a tester that is the initiator. */
function captured(packets: readonly NamedPacket[]): WirePacket[] {
  return encoded(packets).map(({ bytes }, i) => {
    const port = packets[i]!.packet.tcp.srcPort;
    return { at: i, bytes, link: 'l', direction: port === 5001 ? 'in' : 'out' };
  });
}

const reserved = (name: string): NamedPacket[] =>
  altered(goodConversation(), name, (packet) => {
    optionOf(packet, 'dss').reserved = 3;
  });

test('a departure of the stack is told with its packet', () => {
  const { departures, held } = judgeCapture(captured(reserved('answer')), () => 'must');
  expect(departures).toEqual([
    {
      clause: '3.3-7.s6',
      level: 'must',
      verdict: 'fail',
      source: 'monitor reserved-bits',
      step: 'dss-reserved',
      expected: '0',
      actual: '0x03',
      message: expect.stringMatching(
        /^reserved bits of DSS are set \(packet 6 of the capture, responder: 1 PSH\/ACK seq=1 .*rsv=0x3/,
      ) as string,
    },
  ]);
  expect(held.must).toContain('3.2-13.s1');
  expect(held.must).not.toContain('3.3-7.s6');
});

test('what the tester does on purpose is not', () => {
  const { departures } = judgeCapture(captured(reserved('long-1')), () => 'must');
  expect(departures).toEqual([]);
});

test('a SHOULD makes a warning', () => {
  const { departures } = judgeCapture(captured(reserved('answer')), () => 'should');
  expect(departures[0]).toMatchObject({ verdict: 'warn', level: 'should' });
});
