/** The judging steps. Each result has the expected and the actual value, with numbers. */
import { amount } from '../document/amount.ts';
import { FLAG } from '../packet/types.ts';
import { showRate, showShare, showTime } from './amounts.ts';
import { capacity, rate } from './capacity.ts';
import { carriedBy, onlyOn, reinjections, retransmittedAfter, type Reinjection } from './data-map.ts';
import { bounds, busyFinding, tooBusy, within, type Finding } from './finding.ts';
import { aloneLimit, pathsLimit } from './limit.ts';
import type { Side } from './hosts.ts';
import type { SeenRequest, Verbs } from './raw-suite.ts';
import type { MultipathStep } from './scenario.ts';
import type { RunState } from './state.ts';
import { hasOption, type Sent } from './trace.ts';
import type { Measure } from '../verdict/result.ts';

/** The verbs that judge. */
export type JudgeVerb = Extract<keyof Verbs, `judge-${string}`>;

type Judges = { [V in JudgeVerb]: (state: RunState, given: Verbs[V]) => Finding };

/** Segments at the end that say how data goes now. */
const LAST_SEGMENTS = 10;

function intact(state: RunState, name: string): Finding {
  const all = state.transfersOf(name);
  const size = all.reduce((sum, one) => sum + one.size, 0);
  const delivered = all.reduce((sum, one) => sum + one.delivered, 0);
  const wrong = all.find((one) => one.outcome !== 'intact');
  const outcome = wrong === undefined ? 'intact,' : wrong.hasEnded ? `${wrong.outcome},` : 'still';
  return {
    isMet: wrong === undefined,
    expected: `all ${size} bytes of ${name}, with correct hashes`,
    actual: `${outcome} ${delivered} of ${size} bytes`,
  };
}

function outcome(state: RunState, { of, 'one-of': allowed }: Verbs['judge-error']): Finding {
  const transfer = state.transfer(of);
  const actual = transfer.hasEnded
    ? transfer.outcome
    : `still running after ${transfer.delivered} of ${transfer.size} bytes`;
  return { isMet: allowed.includes(transfer.outcome), expected: `${of} ends: ${allowed.join(' or ')}`, actual };
}

function goodput(state: RunState, given: Verbs['judge-goodput']): Finding {
  const { against, since, counts = 'best', 'at-least': least, 'at-most': most } = given;
  const from = since === undefined ? undefined : state.markOf(since);
  const tries = state.transfersOf(given.of);
  const [chosen, ...rest] = tries
    .map((one) => ({ name: one.name, value: one.goodput(from) }))
    .sort((a, b) => (counts === 'best' ? 1 : -1) * ((b.value ?? 0) - (a.value ?? 0)));
  const value = chosen?.value;
  const of = tries.length > 1 ? `the ${counts} of ${given.of}` : given.of;
  const names = [against].flat();
  const parts = names.map((name) => (name === 'limit' ? pathsLimit(state) : state.transfer(name).goodput()));
  const base = parts.reduce<number | undefined>(
    (sum, part) => (sum === undefined || part === undefined ? undefined : sum + part),
    0,
  );
  const ratio = value === undefined || base === undefined || base === 0 ? undefined : value / base;
  const what = names.join(' + ');
  const measures: Measure[] =
    value === undefined || ratio === undefined
      ? []
      : [
          { name: `goodput of ${of}`, value, unit: 'bit/s', limit: pathsLimit(state) },
          ...names.flatMap((name, i): Measure[] => {
            const part = parts[i];
            if (name === 'limit' || part === undefined) return [];
            const limit = aloneLimit(state, name);
            return [
              { name: `goodput of ${name}`, value: part, unit: 'bit/s', ...(limit === undefined ? {} : { limit }) },
            ];
          }),
          ...rest.flatMap((one): Measure[] =>
            one.value === undefined ? [] : [{ name: `goodput of ${one.name}`, value: one.value, unit: 'bit/s' }],
          ),
          { name: `${of} / ${what}`, value: ratio, unit: 'ratio' },
        ];
  const isMet = within(ratio, least, most);
  if (isMet === false && tooBusy(state)) return busyFinding(state, ratio, measures);
  return {
    isMet,
    expected: `goodput of ${of} / ${what} ${bounds(least?.toFixed(2), most?.toFixed(2))}`,
    actual:
      ratio === undefined
        ? 'nothing was delivered'
        : `${ratio.toFixed(2)} (${showRate(value ?? 0)} / ${showRate(base ?? 0)}; the paths allow ${showRate(pathsLimit(state))})`,
    measures,
  };
}

function gap(state: RunState, { of, 'at-most': most, since }: Verbs['judge-gap']): Finding {
  const transfer = state.transfer(of);
  const from = state.markOf(since);
  const { length, at } = transfer.gap(from);
  const isOver = transfer.hasEnded && transfer.delivered >= transfer.size;
  const limit = amount(most);
  return {
    // A transfer that stands still has no end of its gap.
    isMet: isOver ? length <= limit : transfer.deliveries.length === 0 ? undefined : false,
    expected: `no gap longer than ${showTime(limit)} without a delivery`,
    actual: isOver
      ? `${showTime(length)}, ${showTime(at - from)} after ${since ?? 'the start'}`
      : `not complete: ${transfer.outcome} at ${transfer.delivered} bytes`,
    measures: isOver ? [{ name: `longest gap of ${of}`, value: length, unit: 'ms' }] : [],
  };
}

function share(state: RunState, given: Verbs['judge-share']): Finding {
  const { path, from = 'client', since, before, 'at-least': least, 'at-most': most } = given;
  const window = { since: state.markOf(since), before: before === undefined ? Infinity : state.markOf(before) };
  const bytes = (sent: readonly Sent[]): number => sent.reduce((sum, { packet }) => sum + packet.tcp.payload.length, 0);
  const all = bytes(state.trace.of(from, window));
  const here = bytes(state.trace.of(from, { ...window, path }));
  const value = all === 0 ? undefined : here / all;
  return {
    isMet: within(
      value,
      least === undefined ? undefined : amount(least),
      most === undefined ? undefined : amount(most),
    ),
    expected: `share of path ${path} in the data of the ${from} ${bounds(least, most)}`,
    actual: value === undefined ? `the ${from} sent no data` : `${showShare(value)} (${here} of ${all} bytes)`,
    measures: value === undefined ? [] : [{ name: `share of path ${path}`, value, unit: 'ratio' }],
  };
}

/** The side whose data this scenario repeats: the one that sent more. */
function sender(state: RunState): Side {
  const bytes = (side: Side): number =>
    state.trace.of(side, {}).reduce((sum, { packet }) => sum + packet.tcp.payload.length, 0);
  return bytes('client') >= bytes('server') ? 'client' : 'server';
}

function reinjectionsOf(
  state: RunState,
  from: string,
  to: readonly string[],
  since: string | undefined,
): Reinjection[] {
  return reinjections(carriedBy(state.trace.sent, sender(state)), from, to, state.markOf(since));
}

function reinjected(state: RunState, { from, to, since }: Verbs['judge-reinjected']): Finding {
  const found = reinjectionsOf(state, from, to, since);
  // A sender that puts all on every path anyway has nothing left to repeat.
  const carried = carriedBy(state.trace.sent, sender(state));
  if (found.length === 0 && onlyOn(carried, from, to, state.markOf(since)).length === 0)
    return {
      isMet: undefined,
      expected: `data sent on path ${from} only`,
      actual: 'none: the other paths had carried all of it',
    };
  const bytes = found.reduce((sum, { again }) => sum + again.length, 0);
  const [first] = found;
  return {
    isMet: found.length > 0,
    expected: `data of path ${from} sent again on ${to.join(' or ')} with the same data sequence numbers`,
    actual:
      first === undefined
        ? 'none'
        : `${bytes} bytes; data +${first.again.dsn} on ${first.again.path}, ${showTime(first.again.at - first.first.at)} after it was sent on ${from}`,
    measures:
      first === undefined
        ? []
        : [
            { name: `reinjected from path ${from}`, value: bytes, unit: 'octets' },
            {
              name: `time to the first reinjection from path ${from}`,
              value: first.again.at - first.first.at,
              unit: 'ms',
            },
          ],
  };
}

/** Whether a host has given up its subflow on the path since the mark, which it may after some retransmissions. */
function wasEnded(state: RunState, path: string, since: string | undefined): boolean {
  return state.trace
    .of(sender(state), { path, since: state.markOf(since) })
    .some(({ packet }) => (packet.tcp.flags & (FLAG.RST | FLAG.FIN)) !== 0);
}

function retransmitted(state: RunState, { path, since }: Verbs['judge-retransmitted']): Finding {
  const others = [...state.scenario.paths.keys()].filter((one) => one !== path);
  const found = reinjectionsOf(state, path, others, since);
  const again = retransmittedAfter(carriedBy(state.trace.sent, sender(state)), path, found);
  if (again.length === 0 && wasEnded(state, path, since))
    return { isMet: undefined, expected: `an open subflow on path ${path}`, actual: 'it was closed' };
  return {
    isMet: found.length === 0 ? undefined : again.length > 0,
    expected: `reinjected data is also retransmitted on path ${path}, with its original numbers`,
    actual: found.length === 0 ? 'no data was reinjected' : `${again.length} such segments`,
    measures: [{ name: `retransmissions on path ${path} after reinjection`, value: again.length, unit: 'segments' }],
  };
}

/** @param at 0..1 */
function quantile(times: readonly number[], at: number): number | undefined {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))];
}

function latency(
  state: RunState,
  { of, against, quantile: at = 0.5, 'at-most': most }: Verbs['judge-latency'],
): Finding {
  const [value, base] = [quantile(state.series(of).times, at), quantile(state.series(against).times, at)];
  const ratio = value === undefined || base === undefined ? undefined : value / base;
  return {
    isMet: within(ratio, undefined, most),
    expected: `request time of ${of} / ${against} at most ${most.toFixed(2)} (at ${at})`,
    actual:
      ratio === undefined
        ? 'no request was answered'
        : `${ratio.toFixed(2)} (${showTime(value ?? 0)} / ${showTime(base ?? 0)})`,
    measures:
      ratio === undefined || value === undefined || base === undefined
        ? []
        : [
            { name: `request of ${of}`, value, unit: 'ms' },
            { name: `request of ${against}`, value: base, unit: 'ms' },
            { name: `${of} / ${against}`, value: ratio, unit: 'ratio' },
          ],
  };
}

function describeSought({ option, path, from, reset, in: where }: SeenRequest): string {
  const what = reset === true ? 'RST' : where === 'syn' ? 'SYN' : where === 'data' ? 'segment with data' : 'segment';
  return `${what}${option === undefined ? '' : ` with ${option}`} of the ${from} on ${path === undefined ? 'any path' : `path ${path}`}`;
}

function sought(state: RunState, { option, path, from, since, before, reset, in: where }: SeenRequest): Sent[] {
  const window = { path, since: state.markOf(since), before: before === undefined ? Infinity : state.markOf(before) };
  return state.trace
    .of(from, window)
    .filter(
      ({ packet }) =>
        (option === undefined || hasOption(packet, option)) &&
        (reset !== true || (packet.tcp.flags & FLAG.RST) !== 0) &&
        (where !== 'syn' || (packet.tcp.flags & FLAG.SYN) !== 0) &&
        (where !== 'data' || packet.tcp.payload.length > 0),
    );
}

function seen(state: RunState, given: SeenRequest): Finding {
  const found = sought(state, given);
  return {
    isMet: found.length > 0,
    expected: describeSought(given),
    actual: found.length === 0 ? 'none' : `${found.length}`,
  };
}

function unseen(state: RunState, given: SeenRequest): Finding {
  const found = sought(state, given);
  return {
    isMet: found.length === 0,
    expected: `no ${describeSought(given)}`,
    actual: found.length === 0 ? 'none' : `${found.length}`,
  };
}

function plain(state: RunState, { path, from = 'client', since, is }: Verbs['judge-plain']): Finding {
  const last = state.trace
    .of(from, { path, since: state.markOf(since) })
    .filter(({ packet }) => packet.tcp.payload.length > 0)
    .slice(-LAST_SEGMENTS);
  const withOptions = last.filter(({ packet }) => hasOption(packet)).length;
  return {
    isMet: last.length === 0 ? undefined : is ? withOptions === 0 : withOptions > 0,
    expected: is
      ? `data of the ${from} on path ${path} without MPTCP options`
      : `data of the ${from} on path ${path} with MPTCP options`,
    actual: last.length === 0 ? 'no data' : `${withOptions} of the last ${last.length} segments have one`,
  };
}

/** The judges by their verbs. */
export const JUDGES: Judges = {
  'judge-intact': intact,
  'judge-error': outcome,
  'judge-goodput': goodput,
  'judge-gap': gap,
  'judge-share': share,
  'judge-reinjected': reinjected,
  'judge-retransmitted': retransmitted,
  'judge-latency': latency,
  'judge-seen': seen,
  'judge-unseen': unseen,
  'judge-plain': plain,
  'judge-capacity': capacity,
  'judge-rate': rate,
};

/** Whether a step judges. */
export function isJudge(step: MultipathStep): step is Extract<MultipathStep, { verb: JudgeVerb }> {
  return step.verb in JUDGES;
}

/** Judges. @throws StepUnmet when what it speaks of is not there */
export function judge(state: RunState, step: Extract<MultipathStep, { verb: JudgeVerb }>): Finding {
  const one = JUDGES[step.verb] as (state: RunState, given: unknown) => Finding;
  return one(state, step.with);
}
