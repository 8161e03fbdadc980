import { describe, expect, test } from 'vitest';
import { encodePacket } from '../packet/index.ts';
import { FLAG, type TcpOption } from '../packet/types.ts';
import { segment } from '../wire/forward/testing/conversation.ts';
import { Forwarder } from '../wire/forward/forwarder.ts';
import type { Finding } from './finding.ts';
import type { Pair } from './hosts.ts';
import { judge, JUDGES } from './judge.ts';
import type { Verbs } from './raw-suite.ts';
import type { MultipathScenario } from './scenario.ts';
import { RunState, StepUnmet } from './state.ts';
import { Trace } from './trace.ts';
import type { Transfer } from './transfer.ts';

const PATHS = new Map([
  ['a', { shape: { up: { rate: 8e6 }, down: { rate: 8e6 } }, middleboxes: [] }],
  ['b', { shape: { up: { rate: 8e6 }, down: {} }, middleboxes: [] }],
]);

function state(): RunState {
  const scenario = { family: 'ipv4', paths: PATHS } as unknown as MultipathScenario;
  return new RunState(scenario, {} as Pair, new Trace(() => undefined));
}

/** A transfer with deliveries at these milliseconds, a tenth of it each. */
function transfer(run: RunState, name: string, at: readonly number[], outcome = 'intact'): void {
  const deliveries = at.map((ms, i) => ({ at: run.startedAt + ms, total: (i + 1) * 1000 }));
  const one = Object.create(TransferOnly, {
    name: { value: name },
    size: { value: 10_000 },
    startedAt: { value: run.startedAt },
    deliveries: { value: deliveries },
    outcome: { value: outcome },
  }) as Transfer;
  run.transfers.set(name, one);
}

const { Transfer: TransferClass } = await import('./transfer.ts');
const TransferOnly = TransferClass.prototype as object;
const EVERY_10 = Array.from({ length: 10 }, (_, i) => 10 * (i + 1));

function sent(
  run: RunState,
  at: number,
  path: string,
  from: 'client' | 'server',
  length: number,
  options: TcpOption[] = [],
  flags: number = FLAG.ACK,
): void {
  const way = from === 'client' ? 'up' : 'down';
  const bytes = encodePacket(segment(way, { payload: 'x'.repeat(length), options, flags }));
  run.trace.enter({ at: run.startedAt + at, path, way, bytes, fate: 'passed' });
}

function asked<V extends keyof typeof JUDGES>(run: RunState, verb: V, given: Verbs[V]): Finding {
  return judge(run, { verb, with: given, place: { file: 'x', line: 1, column: 1 }, text: '', clauses: ['x'] } as never);
}

const DSS: TcpOption = {
  kind: 'dss',
  reserved: 0,
  dataFin: false,
  dsn8: false,
  hasMap: false,
  dataAck8: false,
  hasDataAck: true,
  dataAck: 1n,
};
const PRIO: TcpOption = { kind: 'mp_prio', reserved: 0, backup: true };

/** A forwarder that was late at this share of its wake-ups. */
function lateBy(lateness: number): Forwarder {
  return Object.create(Forwarder.prototype, { lateness: { value: lateness } }) as Forwarder;
}

describe('judges see the difference', () => {
  test('between a transfer that is whole and one that is not', () => {
    const run = state();
    transfer(run, 'whole', EVERY_10);
    transfer(run, 'altered', EVERY_10, 'altered');
    transfer(run, 'stuck', EVERY_10.slice(0, 3), 'running');
    expect(asked(run, 'judge-intact', 'whole').isMet).toBe(true);
    expect(asked(run, 'judge-intact', 'altered').isMet).toBe(false);
    expect(asked(run, 'judge-intact', 'stuck')).toMatchObject({ isMet: false, actual: 'still 3000 of 10000 bytes' });
    expect(asked(run, 'judge-error', { of: 'altered', 'one-of': ['altered'] }).isMet).toBe(true);
    expect(asked(run, 'judge-error', { of: 'stuck', 'one-of': ['altered', 'ECONNRESET'] }).isMet).toBe(false);
    expect(() => asked(run, 'judge-intact', 'none')).toThrow(StepUnmet);
  });

  test('between goodputs', () => {
    const run = state();
    transfer(run, 'fast', EVERY_10);
    transfer(
      run,
      'slow',
      EVERY_10.map((at) => at * 2),
    );
    const ratio = asked(run, 'judge-goodput', { of: 'fast', against: 'slow', 'at-least': 1.9, 'at-most': 2.1 });
    expect(ratio.isMet).toBe(true);
    expect(ratio.measures?.at(-1)).toMatchObject({ name: 'fast / slow', unit: 'ratio' });
    expect(asked(run, 'judge-goodput', { of: 'slow', against: 'fast', 'at-least': 0.6 }).isMet).toBe(false);
    expect(asked(run, 'judge-goodput', { of: 'fast', against: ['slow', 'slow'], 'at-least': 1.2 }).isMet).toBe(false);
    expect(asked(run, 'judge-goodput', { of: 'fast', against: 'limit', 'at-least': 0.5 }).isMet).toBe(false);
    transfer(run, 'nothing', [], 'running');
    expect(asked(run, 'judge-goodput', { of: 'nothing', against: 'fast', 'at-least': 0.1 }).isMet).toBeUndefined();
  });

  test('between series of transfers: the best goodput counts, and every byte', () => {
    const run = state();
    transfer(run, 'fast', EVERY_10);
    transfer(
      run,
      'slow',
      EVERY_10.map((at) => at * 2),
    );
    transfer(run, 'stuck', EVERY_10.slice(0, 3), 'running');
    const series = (...names: string[]): void =>
      void run.repeated.set(
        'tries',
        names.map((name) => run.transfer(name)),
      );
    series('slow', 'fast', 'stuck');
    const best = asked(run, 'judge-goodput', { of: 'tries', against: 'slow', 'at-least': 1.9, 'at-most': 2.1 });
    expect(best).toMatchObject({
      isMet: true,
      expected: 'goodput of the best of tries / slow at least 1.90 and at most 2.10',
    });
    const worst = asked(run, 'judge-goodput', { of: 'tries', counts: 'worst', against: 'fast', 'at-least': 0.6 });
    expect(worst).toMatchObject({ isMet: false, expected: 'goodput of the worst of tries / fast at least 0.60' });
    expect(asked(run, 'judge-intact', 'tries')).toMatchObject({ isMet: false, actual: 'still 23000 of 30000 bytes' });
    series('slow', 'slow');
    expect(asked(run, 'judge-goodput', { of: 'tries', against: 'fast', 'at-least': 0.6 }).isMet).toBe(false);
    expect(asked(run, 'judge-intact', 'tries')).toMatchObject({ isMet: true, actual: 'intact, 20000 of 20000 bytes' });
  });

  test('between a slow stack and a machine that is too busy to tell', () => {
    const run = state();
    transfer(run, 'fast', EVERY_10);
    transfer(
      run,
      'slow',
      EVERY_10.map((at) => at * 2),
    );
    const given = { of: 'slow', against: 'fast', 'at-least': 0.6 };
    run.forwarder = lateBy(0.01);
    expect(asked(run, 'judge-goodput', given).isMet).toBe(false);
    run.forwarder = lateBy(0.03);
    expect(asked(run, 'judge-goodput', given).isMet).toBeUndefined();
  });

  test('between gaps, and none that has no end', () => {
    const run = state();
    run.marks.set('failure', run.startedAt + 25);
    transfer(run, 'data', [10, 20, 30, 40, 3040, 3050, 3060, 3070, 3080, 3090]);
    transfer(run, 'stuck', [10, 20], 'running');
    expect(asked(run, 'judge-gap', { of: 'data', 'at-most': '2s', since: 'failure' }).isMet).toBe(false);
    expect(asked(run, 'judge-gap', { of: 'data', 'at-most': '5s', since: 'failure' }).measures?.[0]?.value).toBeCloseTo(
      3000,
    );
    expect(asked(run, 'judge-gap', { of: 'stuck', 'at-most': '5s' }).isMet).toBe(false);
  });

  test('between shares of paths, in a window', () => {
    const run = state();
    run.marks.set('later', run.startedAt + 15);
    sent(run, 10, 'a', 'client', 100);
    sent(run, 20, 'a', 'client', 75);
    sent(run, 20, 'b', 'client', 25);
    sent(run, 20, 'b', 'server', 1000);
    expect(asked(run, 'judge-share', { path: 'b', since: 'later', 'at-least': '25%', 'at-most': '25%' }).isMet).toBe(
      true,
    );
    expect(asked(run, 'judge-share', { path: 'b', 'at-least': '13%' }).isMet).toBe(false);
    expect(asked(run, 'judge-share', { path: 'b', before: 'later', 'at-most': '0%' }).isMet).toBe(true);
    expect(asked(run, 'judge-share', { path: 'b', from: 'server', before: 'later' }).isMet).toBeUndefined();
  });

  test('between options that were seen and those that were not', () => {
    const run = state();
    run.marks.set('later', run.startedAt + 15);
    sent(run, 10, 'b', 'client', 0, [PRIO]);
    sent(run, 20, 'b', 'server', 0, [], FLAG.RST);
    expect(asked(run, 'judge-seen', { option: 'mp_prio', path: 'b', from: 'client' }).isMet).toBe(true);
    expect(asked(run, 'judge-seen', { option: 'mp_prio', path: 'b', from: 'client', since: 'later' }).isMet).toBe(
      false,
    );
    expect(asked(run, 'judge-seen', { option: 'mp_prio', path: 'a', from: 'client' }).isMet).toBe(false);
    expect(asked(run, 'judge-unseen', { option: 'mp_prio', from: 'client' }).isMet).toBe(false);
    expect(asked(run, 'judge-unseen', { option: 'mp_prio', from: 'server' }).isMet).toBe(true);
    expect(asked(run, 'judge-seen', { from: 'server', reset: true }).isMet).toBe(true);
    expect(asked(run, 'judge-seen', { from: 'client', reset: true }).isMet).toBe(false);
  });

  test('between plain TCP and what has options, by the last segments', () => {
    const run = state();
    sent(run, 1, 'a', 'client', 10, [DSS]);
    expect(asked(run, 'judge-plain', { path: 'a', is: true }).isMet).toBe(false);
    expect(asked(run, 'judge-plain', { path: 'a', is: false }).isMet).toBe(true);
    for (let i = 0; i < 10; i++) sent(run, 2 + i, 'a', 'client', 10);
    expect(asked(run, 'judge-plain', { path: 'a', is: true }).isMet).toBe(true);
    expect(asked(run, 'judge-plain', { path: 'a', is: false }).isMet).toBe(false);
    expect(asked(run, 'judge-plain', { path: 'b', is: true }).isMet).toBeUndefined();
  });

  test('between times of requests', () => {
    const run = state();
    run.requests.set('x', { name: 'x', times: [30, 10, 20, 500] });
    run.requests.set('y', { name: 'y', times: [10, 10, 10] });
    expect(asked(run, 'judge-latency', { of: 'x', against: 'y', 'at-most': 3 }).isMet).toBe(true);
    expect(asked(run, 'judge-latency', { of: 'x', against: 'y', 'at-most': 2.9 }).isMet).toBe(false);
    expect(asked(run, 'judge-latency', { of: 'x', against: 'y', quantile: 0.9, 'at-most': 3 }).isMet).toBe(false);
  });
});
