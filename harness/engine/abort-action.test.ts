import { expect, test } from 'vitest';
import { parseSutLine } from '../scenario/sut-line.ts';
import { TRANSPARENT } from './interposer.ts';
import { askSut } from './sut-actions.ts';
import type { Session } from './session.ts';

test('aborts by a close with a linger time of zero', async () => {
  const asked: unknown[] = [];
  const agent = {
    request: (command: string, args: unknown) => {
      asked.push([command, args]);
      return Promise.resolve({});
    },
  };
  const session = {
    cell: { topology: { name: 'none', hosts: ['sut'] }, agents: new Map([['sut', agent]]) },
    interposer: TRANSPARENT,
    scope: () => ({ lookup: () => undefined }),
  } as unknown as Session;
  await askSut(parseSutLine('abort fd=other'), session, 100);
  expect(asked).toEqual([
    ['setsockopt', { fd: 'other', name: 'SO_LINGER', value: '1,0' }],
    ['close', { fd: 'other' }],
  ]);
});
