import { describe, expect, it, test } from 'vitest';
import { NotationError } from '../notation/expression.ts';
import { parseSutLine, SUT_COMMANDS } from './sut-line.ts';

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
  it('takes a list of words or numbers as one argument', () => {
    const { args } = parseSutLine('endpoint-add id=7 flags=subflow,backup');
    const values = args.map(({ matcher }) =>
      matcher.type === 'equal' && 'value' in matcher.expr ? matcher.expr.value : undefined,
    );
    expect(values).toEqual([7n, 'subflow,backup']);
  });

  it('knows no lists in answers', () => {
    expect(() => parseSutLine('poll -> readable=1,0')).toThrow(/not expected here/);
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

  test.each(SUT_COMMANDS)('%s', (command) =>
    expect(parseSutLine(command)).toMatchObject({ command, args: [], returns: [] }),
  );

  test.each([
    ['', 'NOTATION', '', 'an action of the SUT is missing'],
    ['recieve bytes=1', 'UNKNOWN_COMMAND', 'recieve', expect.stringContaining('"recieve" is no action of the SUT')],
    ['recv bytes', 'NOTATION', 'bytes', '"bytes" is no name=value'],
    ['recv =5', 'NOTATION', '=5', '"=5" is no name=value'],
    ['recv -> pattern', 'NOTATION', 'pattern', '"pattern" is no name=value'],
    ['recv bytes=5 -> x=#', 'NOTATION', '#', '"#" is no value'],
  ])('%j is told of', (text, ...expected) => expect(complaint(text)).toEqual(expected));
});
