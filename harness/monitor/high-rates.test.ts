/** A rate at which numbers wrap: too many packets for a conversation of the tests, so the monitor is asked alone. */
import { expect, test } from 'vitest';
import { highRates } from './rules/high-rates.ts';
import type { Judge, PacketEvent, Watch } from './types.ts';

/** Findings about a host that sends `gibPerMinute` for some minutes. */
function verdicts(gibPerMinute: number, wide: boolean, minutes = 5): Set<string> {
  const said = new Set<string>();
  const judge = {
    check: (_rule: unknown, _event: unknown, holds: boolean, remark: () => { message: string }) => {
      said.add(holds ? 'pass' : 'fail');
      if (!holds)
        expect(remark().message).toMatch(/^a mapping has 4 bytes of its number, \d+ bytes after that of \d+ s before$/);
    },
  } as unknown as Judge;
  const watch: Watch = highRates.create(undefined as never, judge);
  for (let second = 0; second < minutes * 60; second += 0.25) {
    const dsn = 1 + Math.round((second / 60) * gibPerMinute * 2 ** 30);
    const event = { at: second * 1000, side: 0, retransmission: false, mapping: { dsn, wide, infinite: false } };
    watch.options?.dss?.(undefined as never, event as unknown as PacketEvent);
  }
  return said;
}

test('4 GiB within two minutes need all 64 bits', () => {
  expect(verdicts(2.1, false)).toEqual(new Set(['fail']));
  expect(verdicts(2.1, true)).toEqual(new Set(['pass']));
});

test('a slower host chooses freely', () => {
  expect(verdicts(1.9, false)).toEqual(new Set());
  expect(verdicts(1.9, true)).toEqual(new Set());
});

test('what was sent in all does not matter', () => {
  expect(verdicts(1, false, 30)).toEqual(new Set());
});
