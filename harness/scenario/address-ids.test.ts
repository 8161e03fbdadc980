import { expect, it } from 'vitest';
import { parsePacketLine } from './packet-line.ts';

it('reads several address ids as a list and not as a sum', () => {
  const value = (text: string): unknown => parsePacketLine(text).options?.items[0]?.fields[0]?.matcher;
  expect(value('a > ACK <remove_addr id=1+2>')).toEqual({ type: 'equal', expr: { type: 'word', value: '1+2' } });
  expect(value('a > ACK <remove_addr=1+2>')).toEqual(value('a > ACK <remove_addr id=1+2>'));
  expect(value('a > ACK <add_addr id=1+2>')).toMatchObject({ expr: { type: 'sum' } });
});
