import { expect, test } from 'vitest';
import { parseSutLine } from '../scenario/sut-line.ts';
import type { Scenario, Step } from '../scenario/suite.ts';
import { AgentProtocolError, type Agent } from '../sut/types.ts';
import type { Cell } from '../topology/contract.ts';
import { runSteps, type StepRun } from './run-steps.ts';
import { Session } from './session.ts';

const base = { place: { file: 'x', line: 1, column: 1 }, text: '' };

function sessionWith(agents: Cell['agents']): Session {
  const cell: Cell = {
    topology: { name: 'none', title: '', hosts: ['sut'], links: [] },
    agents,
    links: [],
    close: () => Promise.resolve(),
  };
  return new Session({
    scenario: { profile: {} } as Scenario,
    cell,
    waits: { answer: 100, grace: 1 },
    random: { uint32: () => 1, uint64: () => 1n },
    openPort: () => {
      throw new Error('there is no link');
    },
    onPacket: () => undefined,
  });
}

test('keeps what a met step has to tell', async () => {
  const session = sessionWith(new Map());
  session.collected.set('key', [1n, 2n, 3n]);
  const run: StepRun = { session, levelOf: () => 'stated', results: [], ladder: [] };
  const step: Step = { ...base, kind: 'distinct', clauses: ['c'], name: 'key' };
  await runSteps([step], run, false);
  expect(run.results).toMatchObject([{ verdict: 'pass', message: '3 values, all different' }]);
});

test('passes no judgement on the stack for a request that the agent does not understand', async () => {
  const misunderstood = new AgentProtocolError('recv', 'recv takes no byts=');
  const agent = { request: () => Promise.reject(misunderstood) } as unknown as Agent;
  const session = sessionWith(new Map([['sut', agent]]));
  const run: StepRun = { session, levelOf: () => 'must', results: [], ladder: [] };
  const step: Step = { ...base, kind: 'sut', clauses: ['c'], line: parseSutLine('recv bytes=5 -> pattern=ok') };
  await expect(runSteps([step], run, false)).rejects.toBe(misunderstood);
  expect(run.results).toEqual([]);
});
