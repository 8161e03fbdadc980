import { describe, expect, it } from 'vitest';
import { parseExpr, parseMatcher } from './expression.ts';

describe('words', () => {
  it('may have dots, hyphens and slashes between their parts', () => {
    for (const value of ['net.mptcp.checksum_enabled', 'mptcp-specific', 'net/mptcp/enabled']) {
      expect(parseExpr(value, 0)).toEqual({ type: 'word', value });
    }
  });

  it('leave the two dots of a range alone', () => {
    expect(parseMatcher('low32..high', 0)).toMatchObject({ type: 'range', low: { value: 'low32' }, high: { value: 'high' } });
  });
});
