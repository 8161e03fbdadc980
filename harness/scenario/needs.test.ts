import { expect, test } from 'vitest';
import { loadText, suiteOf } from './testing/written.ts';

function needsOf(steps: string, more?: string): readonly string[] | undefined {
  return loadText(suiteOf(steps, more))[0]?.needs;
}

test('a scenario whose join has to be accepted needs a stack that accepts joins', () => {
  expect(needsOf('- expect: a SYN/ACK <mp_join>')).toEqual(['accepts-joins']);
  expect(needsOf('- expect: a SYN/ACK <mp_join, ...>', 'needs: [accepts-joins]')).toEqual(['accepts-joins']);
  expect(needsOf('- repeat: 2\n  steps: [{ expect: a SYN/ACK <mp_join> }]')).toEqual(['accepts-joins']);
});

test('not where a refusal is an answer, too, or where the answer is no join', () => {
  expect(needsOf('- one-of: { taken: a SYN/ACK <mp_join>, refused: a RST }')).toEqual([]);
  expect(needsOf('- expect: a SYN/ACK <!mp_join, ...>')).toEqual([]);
  expect(needsOf('- expect: a SYN <mp_join>')).toEqual([]);
});

test('an echo and a subflow to an announced address are features, too', () => {
  expect(needsOf('- expect: a ACK <add_addr E=1, ...>')).toEqual(['echoes-announcements']);
  expect(needsOf('- send: a ACK <add_addr id=2 addr=192.0.2.9>\n- expect: a SYN <mp_join>')).toEqual([
    'joins-announced-addresses',
  ]);
  expect(needsOf('- send: a ACK <add_addr E=1 id=2 addr=192.0.2.9 hmac=absent>\n- expect: a SYN <mp_join>')).toEqual(
    [],
  );
});

test('checksums that the tester or an administrator wants are features of the stack', () => {
  expect(needsOf('- send: a SYN', 'tester: { checksum: true }')).toEqual(['accepts-checksums']);
  expect(needsOf('- send: a SYN <mp_capable A=1>')).toEqual(['accepts-checksums']);
  expect(needsOf('- send: a SYN <mp_capable flags=ACH>')).toEqual(['accepts-checksums']);
  expect(needsOf('- send: a SYN <mp_capable A=0>')).toEqual([]);
  expect(needsOf('- send: a SYN <mp_capable flags=CH>')).toEqual([]);
  expect(needsOf('- sut: sysctl-set name=net.mptcp.checksum_enabled value=0')).toEqual(['checksums-off']);
  expect(needsOf('- sut: sysctl-set name=net.mptcp.checksum_enabled value=1')).toEqual([]);
});
