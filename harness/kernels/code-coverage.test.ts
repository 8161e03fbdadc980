import { describe, expect, test } from 'vitest';
import {
  buildIn,
  coverageOf,
  coverageText,
  instructionsIn,
  listedAddresses,
  loggedAddress,
  mptcpRange,
} from './code-coverage.ts';

const NM = `ffffffff81000000 T _stext
ffffffff81100000 T mptcp_stray
ffffffff81356213 t subflow_first
ffffffff81356300 T mptcp_second
ffffffff81356400 d mptcp_data
ffffffff81357000 t __mptcp_last
ffffffff81357080 T unix_bind
ffffffff81980000 t mptcp_init
`;

const ADDR2LINE = `0xffffffff81356213
subflow_first
/build/linux/net/mptcp/subflow.c:12
0xffffffff81356215
subflow_first
/build/linux/net/mptcp/subflow.c:13 (discriminator 2)
0xffffffff81356217
kmalloc_inlined
/build/linux/include/linux/slab.h:700
subflow_inlined
/build/linux/net/mptcp/protocol.h:40
subflow_first
/build/linux/net/mptcp/subflow.c:14
0xffffffff81356300
mptcp_second
/build/linux/net/mptcp/options.c:90
0xffffffff81356304
??
??:?
`;

describe('code coverage', () => {
  test('the range is the largest group of symbols, to the symbol after it, and a margin', () => {
    expect(mptcpRange(NM)).toEqual({ start: 0xffffffff81355213n, end: 0xffffffff81358080n });
    expect(mptcpRange('ffffffff81000000 T _stext\n')).toBeUndefined();
  });

  test('addresses of a disassembly and of a log', () => {
    const listing =
      'vmlinux:     file format elf64-x86-64\n\nffffffff81356213 <subflow_first>:\nffffffff81356213:\tpush   %rbp\n    1000:\tret\n';
    expect(listedAddresses(listing)).toEqual(['ffffffff81356213', '0000000000001000']);
    expect(loggedAddress('0xffffffff81356213:  41 54                    pushq    %r12')).toBe('ffffffff81356213');
    expect(loggedAddress('0x00101000:  a7f4 0001  j 0x101002')).toBe('0000000000101000');
    expect([loggedAddress('IN: '), loggedAddress('----------------')]).toEqual([undefined, undefined]);
  });

  test('the build is that of the first banner that is complete and has one', () => {
    const early = 'Linux version 6.12.1 (me@here) (gcc 12, GNU ld 2.40) # \0';
    const banner = 'Linux version 6.12.1 (me@here) (gcc 12, GNU ld 2.40) #5 SMP Tue Dec  1\n\0';
    expect(buildIn(`%s version %s\0${early}${banner}`)).toEqual({ release: '6.12.1', build: '#5 SMP Tue Dec  1' });
    expect([buildIn(early), buildIn(banner.slice(0, -3))]).toEqual([undefined, undefined]);
  });

  const instructions = instructionsIn(ADDR2LINE, 'net/mptcp');

  test('only code of the folder counts, with the places where it is inlined; code without a line does not', () => {
    expect(instructions.map(({ file, line, function: name }) => `${file}:${line} ${name}`)).toEqual([
      'net/mptcp/subflow.c:12 subflow_first',
      'net/mptcp/subflow.c:13 subflow_first',
      'net/mptcp/protocol.h:40 subflow_inlined',
      'net/mptcp/subflow.c:14 subflow_first',
      'net/mptcp/options.c:90 mptcp_second',
    ]);
  });

  test('padding before a function does not count; a copy that the compiler made counts as its function', () => {
    const output = ['__pfx_mptcp_get', 'mptcp_get.isra.0', 'mptcp_get.constprop.1.cold', 'mptcp_get'].flatMap(
      (name, i) => [`0x${String(i + 1)}`, name, `/build/linux/net/mptcp/sockopt.c:${20 + i}`],
    );
    const copies = instructionsIn(output.join('\n'), 'net/mptcp');
    expect(copies.map(({ line, function: name }) => `${line} ${name}`)).toEqual([
      '21 mptcp_get',
      '22 mptcp_get',
      '23 mptcp_get',
    ]);
  });

  test('a line and a function are reached if any of their instructions is', () => {
    const files = coverageOf(instructions, new Set(['ffffffff81356217']));
    expect(coverageText(files).split('\n')).toEqual([
      'file                  lines             functions',
      'net/mptcp/options.c   0/1 (0 %)         0/1 (0 %)',
      'net/mptcp/protocol.h  1/1 (100 %)       1/1 (100 %)',
      'net/mptcp/subflow.c   1/3 (33 %)        1/1 (100 %)',
      'all files             2/5 (40 %)        2/3 (66 %)',
      '',
      'functions that were not reached:',
      '  net/mptcp/options.c:90 mptcp_second',
      '',
    ]);
  });
});
