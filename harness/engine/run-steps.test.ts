import { expect, it } from 'vitest';
import type { Scenario, Step } from '../scenario/suite.ts';
import type { Cell } from '../topology/contract.ts';
import { runSteps, type StepRun } from './run-steps.ts';
import { Session } from './session.ts';

const base = { place: { file: 'x', line: 1, column: 1 }, text: '' };

it('keeps what a met step has to tell', async () => {
  const cell: Cell = {
    topology: { name: 'none', title: '', hosts: ['sut'], links: [] },
    agents: new Map(),
    links: [],
    close: () => Promise.resolve(),
  };
  const session = new Session({
    scenario: { profile: {} } as Scenario,
    cell,
    waits: { answer: 100, grace: 1 },
    random: { uint32: () => 1, uint64: () => 1n },
    openPort: () => {
      throw new Error('there is no link');
    },
    onPacket: () => undefined,
  });
  session.collected.set('key', [1n, 2n, 3n]);
  const run: StepRun = { session, levelOf: () => 'stated', results: [], ladder: [] };
  const step: Step = { ...base, kind: 'distinct', clauses: ['c'], name: 'key' };
  await runSteps([step], run, false);
  expect(run.results).toMatchObject([{ verdict: 'pass', message: '3 values, all different' }]);
});
