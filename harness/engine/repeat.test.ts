import { expect, test } from 'vitest';
import { parseSutLine } from '../scenario/sut-line.ts';
import type { Scenario, Step } from '../scenario/suite.ts';
import type { Agent } from '../sut/types.ts';
import type { Cell } from '../topology/contract.ts';
import { runSteps, type StepRun } from './run-steps.ts';
import { Session } from './session.ts';

const profile = { timestamps: true, sack: true, wscale: 7, mss: 1400, checksum: false, dsnSize: 8 as const };
const base = { place: { file: 'x', line: 1, column: 1 }, text: '' };

/** A run without links, whose agent gives these answers. */
function runWith(answers: string[]): StepRun {
  const agent = { request: () => Promise.resolve({ value: answers.shift() ?? '' }) } as unknown as Agent;
  const cell: Cell = {
    topology: { name: 'none', title: '', hosts: ['sut'], links: [] },
    agents: new Map([['sut', agent]]),
    links: [],
    close: () => Promise.resolve(),
  };
  const session = new Session({
    scenario: { profile } as Scenario,
    cell,
    waits: { answer: 100, grace: 1 },
    random: { uint32: () => 1, uint64: () => 1n },
    openPort: () => {
      throw new Error('there is no link');
    },
    onPacket: () => undefined,
  });
  return { session, levelOf: () => 'must', results: [], ladder: [] };
}

/** Three rounds that bind what an agent answers, then `distinct`. */
async function verdictOver(answers: string[]): Promise<string | undefined> {
  const run = runWith(answers);
  const bind: Step = { ...base, kind: 'sut', clauses: [], line: parseSutLine('sysctl-get name=key -> value=?key') };
  await runSteps(
    [
      { ...base, kind: 'repeat', clauses: [], times: answers.length, steps: [bind] },
      { ...base, kind: 'distinct', clauses: ['c'], name: 'key' },
    ],
    run,
    false,
  );
  return run.results.at(-1)?.verdict;
}

test('collects a value again that comes again, so that a constant one is noticed', async () => {
  expect(await verdictOver(['5', '5', '5'])).toBe('fail');
  expect(await verdictOver(['5', '6', '5'])).toBe('fail');
  expect(await verdictOver(['5', '6', '7'])).toBe('pass');
});

test('passes over what is given only for another alternative than came', async () => {
  const inner: Step = { ...base, kind: 'sut', clauses: ['c'], line: parseSutLine('sysctl-get name=key -> value=5') };
  const given: Step = { ...base, kind: 'given', clauses: [], label: 'this', steps: [inner] };
  const verdictAfter = async (label: string | undefined): Promise<string | undefined> => {
    const run = runWith(['6']);
    run.session.lastLabel = label;
    // An inner step that is not met stops the scenario.
    await runSteps([given], run, false).catch(() => undefined);
    return run.results.at(-1)?.verdict;
  };
  expect(await verdictAfter('this')).toBe('fail');
  expect(await verdictAfter('that')).toBe('skip');
  expect(await verdictAfter(undefined)).toBe('skip');
});
