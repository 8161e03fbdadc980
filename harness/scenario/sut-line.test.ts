import { describe, expect, test } from 'vitest';
import { NotationError } from '../notation/expression.ts';
import { SUT_ACTIONS } from '../sut/commands/actions.ts';
import { parseSutLine } from './sut-line.ts';

/** The error's code and message, and the characters that it is about. */
function complaint(text: string): string[] {
  try {
    parseSutLine(text);
  } catch (error) {
    if (error instanceof NotationError) return [error.code, text.slice(error.at, error.at + error.span), error.message];
    throw error;
  }
  return [];
}

describe('parseSutLine', () => {
  test('takes a list of words or numbers as one argument', () => {
    const { args } = parseSutLine('endpoint-add addr=$link2.sut id=7 flags=subflow,backup');
    const values = args.map(({ matcher }) =>
      matcher.type === 'equal' && 'value' in matcher.expr ? matcher.expr.value : undefined,
    );
    expect(values).toEqual([undefined, 7n, 'subflow,backup']);
  });

  test('knows no lists in answers', () => {
    expect(() => parseSutLine('poll -> readable=1,0')).toThrow(/unexpected/);
  });
});

describe('actions of the stack', () => {
  test('have arguments and an answer', () => {
    expect(parseSutLine('recv bytes=100 -> pattern=ok eof=?e')).toMatchObject({
      text: 'recv bytes=100 -> pattern=ok eof=?e',
      command: 'recv',
      args: [{ name: 'bytes', at: 5 }],
      returns: [
        { name: 'pattern', at: 18 },
        { name: 'eof', matcher: { type: 'bind', name: 'e' } },
      ],
    });
    expect(parseSutLine('endpoint-add addr=$link2.sut flags=subflow,backup').args).toHaveLength(2);
  });

  test('need what the agent needs', () => {
    const needing = Object.keys(SUT_ACTIONS).filter((name) => complaint(name).length > 0);
    expect(needing.toSorted()).toEqual([
      'addr-add',
      'addr-del',
      'bind',
      'counter',
      'endpoint-add',
      'endpoint-del',
      'endpoint-set',
      'getsockopt',
      'link-up',
      'setsockopt',
      'shutdown',
      'sysctl-get',
      'sysctl-set',
    ]);
  });

  test.each([
    ['', 'NOTATION', '', 'an action of the SUT is missing'],
    ['recieve bytes=1', 'UNKNOWN_COMMAND', 'recieve', expect.stringContaining('unknown action of the SUT "recieve"')],
    ['recv bytes', 'NOTATION', 'bytes', '"bytes" is not name=value'],
    ['recv =5', 'NOTATION', '=5', '"=5" is not name=value'],
    ['recv -> pattern', 'NOTATION', 'pattern', '"pattern" is not name=value'],
    ['recv bytes=5 -> x=#', 'NOTATION', '#', '"#" is not a value'],
    ['recv byts=100', 'UNKNOWN_FIELD', 'byts', 'recv takes no byts=; did you mean "bytes"?'],
    ['recv -> patern=ok', 'UNKNOWN_FIELD', 'patern', 'recv answers no patern=; did you mean "pattern"?'],
    ['recv -> pattern=okay', 'BAD_VALUE', 'okay', 'pattern=okay: expected a number or ok; did you mean "ok"?'],
    ['recv -> eof=2|0', 'BAD_VALUE', '2|0', 'eof=2: expected 0 or 1'],
    ['recv flags=peek,oops', 'BAD_VALUE', 'peek,oops', expect.stringContaining('expected some of peek, oob')],
    ['shutdown how=both', 'BAD_VALUE', 'both', 'how=both: expected rd or wr or rdwr'],
    ['shutdown', 'NOTATION', 'shutdown', 'shutdown needs how='],
    ['send bytes=5 -> error=refused', 'BAD_VALUE', 'refused', expect.stringContaining('the name of an error')],
    ['endpoint-add addr=x id=256', 'BAD_VALUE', '256', 'id=256: expected a number from 0 to 255'],
  ])('%j is told of', (text, ...expected) => expect(complaint(text)).toEqual(expected));
});
