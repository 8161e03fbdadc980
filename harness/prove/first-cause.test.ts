/** A stack with one basic fault: the first cause that a summary names is the clause of that fault. */
import { describe, expect, test } from 'vitest';
import { openProject } from '../cli/inputs/project.ts';
import { taskContext } from '../cli/proof/context.ts';
import { faults } from '../reference/index.ts';
import { causesOf } from '../report/causes.ts';
import type { ScenarioResult } from '../verdict/result.ts';
import { runInMemory } from './run-in-memory.ts';

const project = openProject();
const context = taskContext(project);
const clauses = new Map(project.catalogue.all.map((clause) => [clause.id, clause]));

/** Results of the scenarios of some suites against the reference stack with a fault. */
async function resultsWith(fault: string, suites: RegExp): Promise<ScenarioResult[]> {
  const variations = faults.filter(({ id }) => id === fault);
  expect(variations).toHaveLength(1);
  const chosen = project.scenarios.filter(({ id, family }) => family === 'ipv4' && suites.test(id));
  const runs = await Promise.all(chosen.map((one) => runInMemory(one, { ...context, variations, seed: '1' })));
  return runs.map(({ result }) => result);
}

describe('the first cause', () => {
  test.each([
    ['checksum-without-ssn', /^3\.(1|3\.1)-.*checksum/, /\.csum$/, '3.3.1-7.1.s1'],
    ['checksum-without-ssn-both-ways', /^3\.3\.1-.*checksum/, /^mp_fail$/, '3.3.1-6.s1'],
    ['checksum-of-short-dsn', /^3\.3\.1-.*(checksum|wide)/, /\.csum$/, '3.3.1-8.s1'],
    ['checksum-swapped', /^3\.3\.1-.*checksum/, /\.csum$/, '3.3.1-6.s1'],
    ['hmac-keys-swapped', /^3\.2-.*answer/, /^mp_join\.hmac$/, '3.2-16.s1.2'],
    ['hmac-nonces-swapped', /^3\.2-.*answer/, /^mp_join\.hmac$/, '3.2-16.s3.2'],
    ['synack-hmac-from-the-right', /^3\.2-.*answer/, /^mp_join\.hmac$/, '3.2-13.s4.1'],
    ['own-token-on-syn', /^3\.2-.*open-/, /^mp_join\.token$/, '3.2-6.s3'],
    ['key-in-place-of-token', /^3\.2-.*open-/, /^mp_join\.token$/, '3.2-6.s2'],
    ['own-idsn-random', /^3\.1-.*(keys|handshake|first)/, /^dss\.dsn$/, '3.1-22.s3'],
    ['idsn-from-the-left', /^3\.3\.2-/, /^dss\.(dsn|dack)$/, '3.1-22.s3'],
    ['third-keys-swapped', /^3\.1-.*initiator-third/, /^mp_capable\.rkey$/, '3.1-7.s2'],
  ])(
    'of %s is its clause',
    async (fault, suites, field, clause) => {
      const results = await resultsWith(fault, suites);
      const [first] = causesOf(results, clauses);
      expect(first).toMatchObject({ field: expect.stringMatching(field) as string, clause });
    },
    120_000,
  );
});

test('scenarios about checksums judge a stack whose checksums are wrong in both directions', async () => {
  const results = await resultsWith('checksum-without-ssn-both-ways', /^3\.3\.1-.*\/checksum\/(checksum-right|right-)/);
  expect(results.length).toBeGreaterThan(4);
  for (const { id, verdict, expectations } of results) {
    const broken = expectations.filter((one) => one.verdict === 'fail').map((one) => one.clause);
    expect([id, verdict, broken.includes('3.3.1-6.s1')]).toEqual([id, 'fail', true]);
  }
}, 120_000);
