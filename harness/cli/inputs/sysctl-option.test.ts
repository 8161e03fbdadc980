import { expect, test } from 'vitest';
import { UsageError } from '../../document/explained-error.ts';
import { parseSysctl, sysctlArguments } from './sysctl-option.ts';

test('reads settings one after the other, and says them again', () => {
  const settings = parseSysctl('net.ipv4.tcp_rmem=4096 16384 65536', parseSysctl('net.mptcp.checksum_enabled=1'));
  expect(settings).toEqual([
    { name: 'net.mptcp.checksum_enabled', value: '1' },
    { name: 'net.ipv4.tcp_rmem', value: '4096 16384 65536' },
  ]);
  expect(sysctlArguments(settings).slice(2)).toEqual(['--sysctl', 'net.ipv4.tcp_rmem=4096 16384 65536']);
});

test.each([
  ['net.mptcp.enabled', /expected NAME=VALUE/],
  ['net.mptcp.enabled=', /expected NAME=VALUE/],
  ['=1', /expected NAME=VALUE/],
  ['kernel.hostname=x', /only sysctls of a network namespace/],
  ['net/../kernel/hostname=x', /only sysctls of a network namespace/],
  ['net..kernel.hostname=x', /only sysctls of a network namespace/],
])('refuses %s', (word, message) => {
  expect(() => parseSysctl(word)).toThrow(UsageError);
  expect(() => parseSysctl(word)).toThrow(message);
});

test('refuses a setting that is given twice', () => {
  expect(() => parseSysctl('net.a=2', parseSysctl('net.a=1'))).toThrow(/net.a is given twice: 1 and 2/);
});
