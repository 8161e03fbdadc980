/** Whether thresholds of suites/multipath/congestion tell linked subflows from those that do not know of each other. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../clock/random.ts';
import { Shaper } from '../wire/forward/shaper.ts';
import { loadMultipathSuite } from './load.ts';
import type { MultipathScenario } from './scenario.ts';
import { race, Sender } from './testing/senders.ts';

const SUITES = join(import.meta.dirname, '..', '..', 'suites');
const scenarios = loadMultipathSuite(join(SUITES, 'multipath', 'congestion.suite.yaml'), SUITES);
const SEEDS = Array.from({ length: 20 }, (_, i) => String(i));
/** As long as the scenarios wait and look, milliseconds. */
const [SETTLED, END] = [3000, 11_000];

interface Question {
  scenario: MultipathScenario;
  atMost: number;
  against: string[];
  /** The path that is looked at; all without one. */
  path: string | undefined;
}

function question(name: string): Question {
  const scenario = scenarios.find((one) => one.name === name);
  const step = scenario?.steps.find(({ verb }) => verb === 'judge-capacity');
  if (scenario === undefined || step?.verb !== 'judge-capacity') throw new Error(`${name} judges no capacity`);
  return { scenario, atMost: step.with['at-most'] ?? 0, against: [step.with.against].flat(), path: step.with.path };
}

/** The ratio that the scenario would measure of senders that follow the RFCs, with and without linked increases. */
function ratio({ scenario, against, path }: Question, isLinked: boolean, seed: string): number {
  const { paths, steps } = scenario;
  const ways = new Map<string, Shaper>();
  for (const [name, { shape }] of paths) {
    ways.set(name, new Shaper(shape.up, seededRandom(`${seed} ${name}`), ways.get(shape.shares ?? '')));
  }
  const on = (name: string): Sender => new Sender(ways.get(name)!, paths.get(name)?.shape.down.delay ?? 0);
  const others = against.map((connection) => {
    const step = steps.find((one) => one.verb === 'connect' && one.with.as === connection);
    return on(step?.verb === 'connect' ? step.with.path : '');
  });
  const subflows = new Map([...paths.keys()].map((name) => [name, on(name)]));
  for (const one of subflows.values()) one.linked = isLinked ? [...subflows.values()] : [];
  race([...others, ...subflows.values()], SETTLED, END, seed);
  const looked = path === undefined ? [...subflows.values()] : [subflows.get(path)!];
  const sum = (senders: readonly Sender[]): number => senders.reduce((total, { arrived }) => total + arrived, 0);
  return sum(looked) / (sum(others) / others.length);
}

describe.each(['shared-bottleneck', 'congested-path'])('the threshold of %s', (name) => {
  const asked = question(name);

  test('lets linked subflows pass', () => {
    expect(Math.max(...SEEDS.map((seed) => ratio(asked, true, seed)))).toBeLessThan(asked.atMost);
  });

  test('finds those that each take what a connection takes', () => {
    expect(Math.min(...SEEDS.map((seed) => ratio(asked, false, seed)))).toBeGreaterThan(asked.atMost);
  });
});
