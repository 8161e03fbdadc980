import { expect, test } from 'vitest';
import { freedoms, rulesWith, standardRules } from '../index.ts';
import { conversation } from '../testing/check.ts';
import { faults } from './index.ts';

test('there are at least 300, each with a name of its own', () => {
  expect(faults.length).toBeGreaterThanOrEqual(300);
  // Freedoms and faults are switched on by the same names.
  expect(new Set([...faults, ...freedoms].map(({ id }) => id)).size).toBe(faults.length + freedoms.length);
  expect(faults.filter(({ id }) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
  expect(faults.filter(({ does }) => !/^[A-Z].*\.$/.test(does))).toEqual([]);
});

test('each changes some rule', () => {
  const same = faults.filter((fault) => {
    const rules = rulesWith([fault]);
    return Object.entries(rules).every(([group, some]) =>
      Object.entries(some as object).every(
        ([name, rule]) => (standardRules as unknown as Record<string, Record<string, unknown>>)[group]?.[name] === rule,
      ),
    );
  });
  expect(same).toEqual([]);
});

test('none breaks the stack in another way than the peer can see', { timeout: 300_000 }, () => {
  const links = [{ loss: 0.03, jitter: 10 }, { delay: 12 }];
  const broken = faults.flatMap((fault) => {
    try {
      conversation({ seed: fault.id, links, client: [fault] }, 6000, true);
      conversation({ seed: fault.id, links, server: [fault] }, 6000);
      return [];
    } catch (error) {
      // Calls that fail or do not end are what faults are for.
      return error instanceof Error && error.message.startsWith('call ') ? [] : [`${fault.id}: ${String(error)}`];
    }
  });
  expect(broken).toEqual([]);
});
