import { describe, expect, it } from 'vitest';
import { parseSutLine } from './sut-line.ts';

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
