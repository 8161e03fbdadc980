import { expect, test } from 'vitest';
import { idsn } from '../mptcp/index.ts';
import { baseOf } from './number-base.ts';
import { establishedSubflow, freshSubflow, LOCAL_KEY, REMOTE_KEY } from './testing/subflows.ts';

test('numbers count from the key of who sent what they count', () => {
  const subflow = establishedSubflow();
  expect(baseOf('senderIdsn', { subflow, outgoing: true })).toBe(idsn(LOCAL_KEY));
  expect(baseOf('senderIdsn', { subflow, outgoing: false })).toBe(idsn(REMOTE_KEY));
  expect(baseOf('receiverIdsn', { subflow, outgoing: true })).toBe(idsn(REMOTE_KEY));
  expect(baseOf('receiverIdsn', { subflow: freshSubflow(), outgoing: true })).toBeUndefined();
  expect(baseOf('senderIsn', { subflow, outgoing: true })).toBe(BigInt(subflow.isn));
  expect(baseOf('receiverIsn', { subflow, outgoing: true })).toBe(BigInt(subflow.remoteIsn ?? -1));
  expect(baseOf('senderIsn', { subflow: freshSubflow(), outgoing: false })).toBeUndefined();
});
