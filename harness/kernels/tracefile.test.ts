import { describe, expect, test } from 'vitest';
import type { FileCoverage } from './code-coverage.ts';
import { readTracefile, toTracefile } from './tracefile.ts';
import { unreachedText } from './unreached.ts';

const FILES: FileCoverage[] = [
  {
    file: 'net/mptcp/options.c',
    lines: new Map([
      [12, true],
      [13, false],
      [15, false],
      [20, true],
      [21, false],
      [90, false],
      [92, false],
    ]),
    functions: new Map([
      ['mptcp_first', { line: 12, reached: true }],
      ['mptcp_second', { line: 90, reached: false }],
    ]),
  },
  {
    file: 'net/mptcp/protocol.h',
    lines: new Map([[40, true]]),
    functions: new Map([['subflow_inlined', { line: 40, reached: true }]]),
  },
];

describe('a tracefile', () => {
  test('has the records of geninfo', () => {
    expect(toTracefile(FILES, 'a run').split('\n')).toEqual([
      ...['TN:a_run', 'SF:net/mptcp/options.c', 'FN:12,mptcp_first', 'FN:90,mptcp_second'],
      ...['FNDA:1,mptcp_first', 'FNDA:0,mptcp_second', 'FNF:2', 'FNH:1'],
      ...['DA:12,1', 'DA:13,0', 'DA:15,0', 'DA:20,1', 'DA:21,0', 'DA:90,0', 'DA:92,0', 'LF:7', 'LH:2', 'end_of_record'],
      ...['TN:a_run', 'SF:net/mptcp/protocol.h', 'FN:40,subflow_inlined', 'FNDA:1,subflow_inlined', 'FNF:1', 'FNH:1'],
      ...['DA:40,1', 'LF:1', 'LH:1', 'end_of_record', ''],
    ]);
  });

  test('is read as it was written', () => {
    expect(readTracefile(toTracefile(FILES, 'a run'))).toEqual(FILES);
  });

  test('of another tool: counts, last lines of functions, records of branches', () => {
    const text = 'TN:\nSF:a.c\nFN:3,9,f\nFNDA:17,f\nBRDA:4,0,0,1\nDA:4,17,abc\nDA:5,0\nend_of_record\n';
    expect(readTracefile(text)).toEqual([
      {
        file: 'a.c',
        lines: new Map([
          [4, true],
          [5, false],
        ]),
        functions: new Map([['f', { line: 3, reached: true }]]),
      },
    ]);
  });

  test('is not any other text', () => {
    expect(readTracefile('DA:4,1\n{}\n')).toBeUndefined();
  });
});

describe('unreached lines', () => {
  test('by function, neighbours in one range', () => {
    expect(unreachedText(FILES, () => undefined).split('\n')).toEqual([
      'net/mptcp/options.c: 5 of 7 lines were not reached',
      '  mptcp_first: 13-15, 21',
      '  mptcp_second (whole): 90-92',
      '',
    ]);
  });

  test('with their text, where the source is at hand', () => {
    const text = unreachedText(FILES, (_file, line) => (line === 21 ? 'return 0;' : undefined));
    expect(text).toContain('  mptcp_first: 13-15, 21\n       21  return 0;\n  mptcp_second');
  });

  test('none', () => {
    expect(unreachedText([FILES[1] as FileCoverage], () => undefined)).toBe('');
  });
});
