import { describe, expect, test } from 'vitest';
import { ConsoleWatch, troubleSign } from './console-watch.ts';

describe('a line of the console', () => {
  test.each([
    ['[    5.1] Kernel panic - not syncing: Attempted to kill init!', 'panic'],
    ['[    5.123456] BUG: kernel NULL pointer dereference, address: 0000000000000008', 'oops'],
    ['[    5.123456][  T123] BUG: KASAN: slab-use-after-free in mptcp_close+0x1/0x2', 'kasan'],
    ['[   12.000001] kernel BUG at net/mptcp/protocol.c:100!', 'bug'],
    ['[   12.000001] BUG: sleeping function called from invalid context at mm/slab.h:1', 'bug'],
    ['[   12.000001] WARNING: possible circular locking dependency detected', 'lockdep'],
    ['[   12.000001] WARNING: suspicious RCU usage', 'lockdep'],
    ['[   12.000001] WARNING: CPU: 0 PID: 77 at net/mptcp/subflow.c:12 subflow_x+0x1/0x2', 'warning'],
    ['[   12.000001] INFO: task mptcp-agent:77 blocked for more than 10 seconds.', 'hung-task'],
    ['[   12.000001] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [mptcp-agent:77]', 'lockup'],
    ['[   12.000001] rcu: INFO: rcu_sched self-detected stall on CPU', 'lockup'],
    [
      '[   12.000001] general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1]',
      'oops',
    ],
  ])('%s', (line, kind) => expect(troubleSign(line)?.kind).toBe(kind));

  test.each([
    '[    0.000000] Linux version 6.1.0',
    '',
    '[    1.0] acpi PNP0A03:00: fail to add MMCONFIG information',
    'mptcp-agent: BUG: no',
    '[    1.0] MPTCP: token hash table entries: 512',
  ])('is not trouble: %s', (line) => expect(troubleSign(line)).toBeUndefined());

  test('loses what differs from run to run', () => {
    expect(troubleSign('[ 5.1] WARNING: CPU: 1 PID: 77 at net/a.c:9 f+0x1/0x2')?.title).toBe(
      'WARNING: CPU: * PID: * at net/a.c:9 f+0x1/0x2',
    );
    expect(troubleSign('[ 5.1] INFO: task a:77 blocked for more than 10 seconds.')?.title).toBe(
      'INFO: task a:* blocked for more than 10 seconds.',
    );
  });
});

describe('a console', () => {
  test('is put together from pieces, and keeps what came before and after the sign', () => {
    const watch = new ConsoleWatch();
    expect(watch.take('[ 1.0] before\r\n[ 2.0] BUG: kernel NULL poi')).toBeUndefined();
    const trouble = watch.take(
      'nter dereference\n[ 2.1] Call Trace:\n[ 2.2] Kernel panic - not syncing: Fatal exception\n',
    );
    expect(trouble).toMatchObject({ kind: 'oops', title: 'BUG: kernel NULL pointer dereference' });
    expect(trouble?.console.map((line) => line.slice(7))).toEqual([
      'before',
      'BUG: kernel NULL pointer dereference',
      'Call Trace:',
      'Kernel panic - not syncing: Fatal exception',
    ]);
    expect(watch.troubles).toHaveLength(1);
    watch.settle();
    expect(watch.take('[ 3.0] WARNING: CPU: 0 PID: 1 at a.c:1\n')?.kind).toBe('warning');
    expect(watch.troubles).toHaveLength(2);
  });

  test('the title of a guest that hangs names where it is', () => {
    const watch = new ConsoleWatch();
    const trouble = watch.lost('the guest does not answer');
    watch.take(
      [
        '[    1.0] sysrq: Show backtrace of all active CPUs',
        '[    1.0]  <IRQ>',
        '[    1.0]  dump_stack_lvl+0x5d/0x80',
        '[    1.0]  </IRQ>',
        '[    1.0]  <TASK>',
        '[    1.0]  asm_common_interrupt+0x26/0x40',
        '[    1.0] RIP: 0010:native_queued_spin_lock_slowpath+0x146/0x2d0',
        '[    1.0] RAX: 0000000000000001 RBX: ff11000007687dcc RCX: 0000000000000020',
        '[    1.0]  _raw_spin_lock_bh+0x2d/0x40',
        '[    1.0]  ? sk_reset_timer+0x18/0x60',
        '[    1.0]  mptcp_worker+0x309/0x560',
        '[    1.0]  </TASK>',
        '[    1.0]  <TASK>',
        '[    1.0]  other+0x1/0x2',
        '[    1.0]  </TASK>',
        '',
      ].join('\n'),
    );
    expect(trouble.title).toBe(
      'the guest does not answer in native_queued_spin_lock_slowpath < _raw_spin_lock_bh < mptcp_worker',
    );
  });

  test('a stack of one function names the place, and no later stack does', () => {
    const watch = new ConsoleWatch();
    const trouble = watch.lost('the guest does not answer');
    watch.take('[    1.0]  <TASK>\n[    1.0]  a_lock+0x2d/0x40\n[    1.0]  </TASK>\n');
    watch.take('[    1.0]  <TASK>\n[    1.0]  other+0x2d/0x40\n[    1.0]  </TASK>\n');
    expect(trouble.title).toBe('the guest does not answer in a_lock');
  });

  test('a lockup is named after where it is, without what differs from run to run', () => {
    const watch = new ConsoleWatch();
    watch.take('[    9.0] watchdog: BUG: soft lockup - CPU#0 stuck for 156s! [kworker/0:1:11]\n');
    watch.take('[    9.0]  <TASK>\n[    9.0]  a_lock+0x2d/0x40\n[    9.0]  b+0x2d/0x40\n[    9.0]  </TASK>\n');
    expect(watch.troubles[0]?.title).toBe(
      'watchdog: BUG: soft lockup - CPU#0 stuck for *s! [kworker/0:1:*] in a_lock < b',
    );
  });
});
