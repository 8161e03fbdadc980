import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { openProject } from '../cli/inputs/project.ts';
import { taskContext } from '../cli/proof/context.ts';
import type { WirePacket } from '../wire/types.ts';
import { freedoms } from '../reference/index.ts';
import type { TaskRunner } from './pool.ts';
import { proofText } from './proof-text.ts';
import { judgesByClause, proveFault, takeBaseline } from './prove.ts';
import { runInMemory } from './run-in-memory.ts';
import { isMeant, mixtures, sample } from './select.ts';
import { runTask } from './task.ts';

const project = openProject();
const context = taskContext(project);
/** One scenario in so many, so that all parts of the RFC have some. */
const some = project.scenarios.filter((_one, i) => i % 40 === 0);

/** Verdicts of scenarios, and a hash over all packets: times, directions and bytes. */
async function digest(seed: string): Promise<{ verdicts: string[]; packets: string }> {
  const hash = createHash('sha256');
  const onPacket = ({ at, direction, link, bytes }: WirePacket): void =>
    void hash.update(`${at} ${direction} ${link} `).update(bytes);
  const verdicts: string[] = [];
  for (const scenario of some) {
    const { result } = await runInMemory(scenario, { ...context, variations: [], seed, onPacket });
    verdicts.push(`${scenario.id} ${result.verdict}`);
  }
  return { verdicts, packets: hash.digest('hex') };
}

test('gives the same verdicts and packets for the same seed, to the byte, whatever runs beside it', async () => {
  const [first, second, other] = await Promise.all([digest('a'), digest('a'), digest('b')]);
  expect(second).toEqual(first);
  expect(other.packets).not.toBe(first.packets);
  expect(other.verdicts).toEqual(first.verdicts);
}, 120_000);

test('reports no error of the harness', async () => {
  const { verdicts } = await digest('c');
  expect(verdicts.filter((one) => one.endsWith(' error'))).toEqual([]);
}, 120_000);

/** Tasks in this process. */
const here: TaskRunner = { run: (task) => runTask(task, context), close: () => undefined };

test('takes a freedom for no fault, and says that nothing noticed it', async () => {
  const harmless = freedoms.find(({ id }) => id === 'mptcp-options-first');
  if (harmless === undefined) throw new Error('the freedom has another name now');
  const scenarios = project.scenarios.filter(({ id }) => id.includes('responder-handshake/mp-capable-fields'));
  const ids = scenarios.map(({ id }) => id);
  const judged = scenarios[0]?.clauses[0] ?? '';
  const baseline = await takeBaseline(ids, '1', here);
  const proof = await proveFault(
    { fault: harmless, clause: judged },
    judgesByClause(scenarios),
    baseline,
    { seed: '1', all: false },
    here,
  );
  expect(proof).toMatchObject({ outcome: 'survived', runs: ids.length });
  const text = proofText({ seed: '1', faults: 1, proofs: [proof], freedoms: [], baseline: [] });
  expect(text).toMatch(/SURVIVED\s+the 2 scenarios that judge the clause notice nothing/);
});

const SOME = Array.from({ length: 50 }, (_, i) => ({
  id: `f${i}`,
  clause: `3.${i % 5}-${i}`,
  does: '',
  override: () => ({}),
}));

test('takes samples and mixtures by a seed', () => {
  expect(sample(SOME, 5, 'a')).toEqual(sample(SOME, 5, 'a'));
  expect(sample(SOME, 5, 'a')).not.toEqual(sample(SOME, 5, 'b'));
  expect(sample(SOME, 99, 'a')).toEqual(SOME);
  const mixed = mixtures(SOME, 20, 'a');
  expect(mixed).toHaveLength(20);
  for (const one of mixed) expect(one.length).toBeGreaterThanOrEqual(2);
});

test('understands ids, clauses and sections', () => {
  const fault = { id: 'accepts-wrong-hmac', clause: '3.2-19.s1', does: '', override: () => ({}) };
  for (const word of ['accepts-wrong-hmac', '3.2-19.s1', '3.2', '3.2-19', '3'])
    expect(isMeant(fault, word), word).toBe(true);
  for (const word of ['accepts', '3.2-1', '3.20', '2']) expect(isMeant(fault, word), word).toBe(false);
});
