import { expect, test } from 'vitest';
import { parseMatcher } from '../notation/expression.ts';
import type { Scenario, Step } from '../scenario/suite.ts';
import type { Cell } from '../topology/contract.ts';
import { runSteps, type StepRun } from './run-steps.ts';
import { Session } from './session.ts';

const profile = { timestamps: true, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 as const };
const base = { place: { file: 'x', line: 1, column: 1 }, text: '', clauses: [] };
const keep: Step = { ...base, kind: 'check', left: '$tester.key', comparison: parseMatcher('?kept', 0) };

test('keeps a value that no packet line can name', async () => {
  const cell: Cell = {
    topology: { name: 'none', title: '', hosts: [], links: [] },
    agents: new Map(),
    links: [],
    close: () => Promise.resolve(),
  };
  const session = new Session({
    scenario: { profile } as Scenario,
    cell,
    waits: { answer: 100, grace: 1 },
    random: { uint32: () => 1, uint64: () => 77n },
    openPort: () => {
      throw new Error('there is no link');
    },
    onPacket: () => undefined,
  });
  const run: StepRun = { session, levelOf: () => 'must', results: [], ladder: [] };
  await runSteps([keep], run, false);
  expect(session.names.get('kept')).toBe(77n);
  expect(run.results).toEqual([]);
});
