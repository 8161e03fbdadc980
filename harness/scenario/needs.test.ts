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

test('several joins that have to be accepted are a feature of their own', () => {
  const answers = (names: readonly string[]) => names.map((name) => `- expect: ${name} SYN/ACK <mp_join>`).join('\n');
  const subflows = 'subflows: { b: { link: 1, id: 2 }, c: { link: 1, id: 3 } }';
  expect(needsOf(answers(['b', 'c']), subflows)).toEqual(['accepts-joins', 'accepts-several-joins']);
  expect(needsOf(answers(['b', 'b']), subflows)).toEqual(['accepts-joins']);
});

test('a stack that sends data after a request for backup has to follow it', () => {
  const request = '- send: a ACK <dss, mp_prio B=1>';
  const data = '- sut: send bytes=100';
  expect(needsOf(`${request}\n${data}`)).toEqual(['follows-backup-requests']);
  expect(needsOf(`${data}\n${request}`)).toEqual([]);
  expect(needsOf(`- send: a ACK <dss, mp_prio B=0>\n${data}`)).toEqual([]);
});
