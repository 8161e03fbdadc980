import { describe, expect, test } from 'vitest';
import { ClockOffset, isOwnDoing, kernelLog, parseKmsg, parseTrace } from './kernel-lines.ts';

describe('lines of a kernel', () => {
  test('links that a run moves are not what the kernel had to say', () => {
    expect(isOwnDoing('virtio_net virtio5 a: renamed from eth4')).toBe(true);
    expect(isOwnDoing('MPTCP: a: renamed from eth4')).toBe(false);
    expect(isOwnDoing('virtio_net virtio5 a: NETDEV WATCHDOG: transmit queue 0 timed out')).toBe(false);
  });

  test('reads records of /dev/kmsg, without the fields of a device', () => {
    expect(parseKmsg('4,1201,61234567,-;MPTCP: bad; really\n SUBSYSTEM=net')).toEqual({
      at: 61_234.567,
      text: 'MPTCP: bad; really',
    });
    expect(parseKmsg('7,9,1000,-,caller=T1;x')).toEqual({ at: 1, text: 'x' });
    expect(parseKmsg('nothing')).toBeUndefined();
  });

  test('reads lines of trace_pipe, with and without a thread group', () => {
    const line = '   mptcp-agent-77      [000] ..s2.    12.345678: mptcp_subflow_get_send: active=1 free=1';
    expect(parseTrace(line)).toEqual({ at: 12_345.678, text: 'mptcp_subflow_get_send: active=1 free=1 [mptcp-agent]' });
    expect(parseTrace('  kworker/0:1-9  (   9) [000] ..... 1.5: ack_update_msk: x')?.text).toBe(
      'ack_update_msk: x [kworker/0:1]',
    );
    expect(parseTrace('CPU:0 [LOST 12 EVENTS]')).toBeUndefined();
  });

  test('takes the shortest way for the difference of two clocks', () => {
    const offset = new ClockOffset();
    offset.learn(100, 1105);
    offset.learn(200, 1201);
    offset.learn(300, 1350);
    expect(offset.here(250)).toBe(1251);
  });

  test('writes the lines of one source, by time since the scenario began', () => {
    const lines = [
      { source: 'dmesg', at: 1002.5, text: 'a' },
      { source: 'trace', at: 1003, text: 'b' },
      { source: 'dmesg', text: 'c' },
    ] as const;
    expect(kernelLog(lines, 'dmesg', 1000)).toBe('2.500 a\nc\n');
  });
});
