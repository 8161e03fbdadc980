import { describe, expect, test } from 'vitest';
import { fits, fitsElsewhere, problemIn, shownBy, shownByMonitor } from './instead.ts';

const SYN_ACK =
  'a SYN/ACK seq=0 ack=1 win=65160 <mss=1460, sack_ok, ts, wscale=10, mp_capable version=1 flags=H key=0x9417 len=12>';
const DATA = 'b PSH/ACK seq=101 ack=1 win=63 len=100 <ts, dss dack=1 dsn=101 ssn=101 dlen=100 dack_size=4>';

describe('what a departure shows', () => {
  test('is what came, or the packet that a monitor names, or nothing', () => {
    expect(shownBy({ actual: SYN_ACK, message: 'm' })).toEqual([SYN_ACK]);
    expect(shownBy({ message: 'data is mapped (packet 6 of the capture, responder: 1 ACK seq=1 <>)' })).toEqual([
      '1 ACK seq=1 <>',
    ]);
    expect(shownBy({ actual: 'none', message: 'm (packet 6 of the capture, responder: 1 ACK seq=1 <>)' })).toEqual([
      'none',
      '1 ACK seq=1 <>',
    ]);
    expect(shownBy({ message: 'no answer' })).toEqual(['nothing']);
  });

  test.each([
    ['a SYN/ACK', SYN_ACK, true],
    ['any any', SYN_ACK, true],
    ['b SYN/ACK', SYN_ACK, false],
    ['a SYN', SYN_ACK, false],
    ['a SYN/ACK <>', SYN_ACK, false],
    ['a SYN/ACK <mp_capable>', SYN_ACK, true],
    ['a SYN/ACK <mp_capable flags=H len=12>', SYN_ACK, true],
    ['a SYN/ACK <mp_capable flags=AH>', SYN_ACK, false],
    ['a SYN/ACK <mp_capable key=0x9417, mss=536..1460>', SYN_ACK, true],
    ['a SYN/ACK <!mp_capable, ...>', SYN_ACK, false],
    ['b ACK len=100 <dss dlen=1..100 dsn=any>', DATA, true],
    ['b ACK len=0', DATA, false],
    ['b ACK <dss F=0 dlen=!0>', DATA, true],
    ['b ACK <dss F=1, ...>', DATA, false],
    ['b ACK <dss csum=absent>', DATA, true],
    ['b ACK <add_addr, ...>', DATA, false],
    ['b RST', 'b RST/ACK seq=0 ack=1 win=0 <>', true],
    ['b RST <mp_tcprst reason=middlebox>', 'b RST/ACK seq=0 win=0 <mp_tcprst reason=middlebox>', true],
    ['ETIMEDOUT', 'ETIMEDOUT', true],
    ['nothing', 'nothing', true],
    ['nothing', DATA, false],
    ['b ACK', 'nothing', false],
  ])('%j is seen in %j: %j', (line, shown, is) => expect(fits(line, shown)).toBe(is));

  test('is a packet that can be read, or other text', () => {
    expect(problemIn('no mapping')).toBeUndefined();
    expect(problemIn('a SYN <dss dlne=1>')?.message).toMatch(/unknown field "dlne" of dss/);
  });
});

describe('what another conversation shows', () => {
  test('is what the monitor says and the packet, or nothing', () => {
    expect(shownByMonitor({ actual: 'no mapping', text: 'responder: 2 ACK seq=7 <>' })).toEqual([
      'no mapping',
      '2 ACK seq=7 <>',
    ]);
    expect(shownByMonitor({})).toEqual(['nothing']);
  });

  test.each([
    [
      'a PSH/ACK len=100 <dss dlen=100>',
      DATA.replace('len=100 <', 'len=1380 <').replace('dlen=100', 'dlen=1380'),
      true,
    ],
    ['a PSH/ACK len=100 <dss dlen=absent>', DATA, false],
    ['a ACK <dss dlen=0>', DATA, false],
    ['a SYN/ACK <mp_capable len=4>', SYN_ACK, false],
    ['b ACK <>', '1 ACK seq=9 ack=1 <>', true],
    ['a RST', '1 ACK seq=9 ack=1 <>', false],
    ['Data-Level Length 100', 'Data-Level Length 1380', true],
    ['no mapping', 'no mapping', true],
    ['201', '1381', false],
    ['nothing', 'nothing', true],
    ['nothing', '1 ACK seq=9 ack=1 <>', false],
  ])('%s, where %s came: %s', (line, shown, expected) => {
    expect(fitsElsewhere(line, shown)).toBe(expected);
  });
});
