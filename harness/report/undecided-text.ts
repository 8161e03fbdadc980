/** The parts of the summary about what a run did not come to judge. Pure. */
import type { RunResults, ScenarioRecord } from './results.ts';
import { inconclusivePart, stopsOf, unjudgedRequirements, type Stop } from './stops.ts';
import type { SummaryOptions } from './summary-options.ts';
import { clean, paint, wrap, indented, type Colours } from './text-layout.ts';
import { SYMBOL } from './verdict-style.ts';
import { LEVEL_NAME } from '../verdict/level.ts';

/** More scenarios that were not decided than this are grouped by the step that they stopped at. */
const MOST_UNSETTLED = 8;
/** Such steps that are shown. */
const MOST_STOPS = 5;
/** More requirements that nothing judged than this are counted. */
const MOST_UNJUDGED = 12;

/** The first line where a large part is inconclusive: what follows then says little of the stack as a whole. */
export function inconclusiveLine(results: RunResults, colours: Colours, width: number): string {
  const { inconclusive, of, isLarge } = inconclusivePart(results);
  if (!isLarge) return '';
  const [most] = stopsOf(results.scenarios);
  const where = most === undefined ? '' : `; ${most.scenarios.length} of them stopped at: ${clean(stepText(most))}`;
  const text = `INCONCLUSIVE: ${inconclusive} of ${of} scenarios did not reach the state that they judge${where}`;
  return colours.bold(colours.magenta(wrap(text, width).join('\n')));
}

function stepText({ step, source }: Stop): string {
  return step === '' ? 'no step' : `${step} (${source})`;
}

/** Requirements that nothing judged: they are not among those that the stack keeps. */
export function unjudgedBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  const left = unjudgedRequirements(results);
  if (left.length === 0) return '';
  const title = `Inconclusive: ${left.length} MUSTs and stated requirements`;
  const most = options.full === true ? left.length : MOST_UNJUDGED;
  const rest = left.length - most;
  const names = left.slice(0, most).map(({ id, level }) => `${clean(id)} (${LEVEL_NAME[level]})`);
  return [
    colours.bold(paint(colours, 'inconclusive', title)),
    ...indented(`${names.join(', ')}${rest > 0 ? ` and ${rest} more; --full lists them` : ''}`, options.width),
  ].join('\n');
}

/** Scenarios that were not decided: each with its reason, or by the step that they stopped at where there are many. */
export function unsettledBlock(results: RunResults, options: SummaryOptions, colours: Colours): string {
  const unsettled = results.scenarios.filter(({ verdict }) => verdict === 'inconclusive' || verdict === 'error');
  if (unsettled.length === 0) return '';
  if (options.full !== true && unsettled.length > MOST_UNSETTLED) return stopsText(unsettled, options, colours);
  const lines = byReason(unsettled).flatMap(([reason, group]) => [
    ...group.map(({ id, verdict }) => `${paint(colours, verdict, `${SYMBOL[verdict]} ${verdict}`)}  ${clean(id)}`),
    ...indented(reason, options.width),
    ...indented(`again: ${group[0]?.rerun ?? ''}`, options.width),
  ]);
  return [colours.bold('Inconclusive or in error'), ...lines].join('\n');
}

/** Scenarios by their reason, in their order: a guest that does not boot is the reason of many. */
function byReason(scenarios: readonly ScenarioRecord[]): [string, ScenarioRecord[]][] {
  const groups = new Map<string, ScenarioRecord[]>();
  for (const one of scenarios) {
    const reason = one.reason ?? 'no reason given';
    const group = groups.get(reason);
    if (group === undefined) groups.set(reason, [one]);
    else group.push(one);
  }
  return [...groups];
}

/** Many scenarios that were not decided, by the step that they stopped at; errors are each named. */
function stopsText(unsettled: readonly ScenarioRecord[], options: SummaryOptions, colours: Colours): string {
  const errors = byReason(unsettled.filter(({ verdict }) => verdict === 'error'))
    .slice(0, MOST_UNSETTLED)
    .flatMap(([reason, group]) => [
      `${paint(colours, 'error', `${SYMBOL.error} error`)}  ${clean(group[0]?.id ?? '')}${
        group.length === 1 ? '' : ` and ${group.length - 1} more`
      }`,
      ...indented(reason, options.width),
    ]);
  const stops = stopsOf(unsettled)
    .slice(0, MOST_STOPS)
    .flatMap((stop) => [
      paint(colours, 'inconclusive', `${SYMBOL.inconclusive} ${stop.scenarios.length} stopped at`),
      ...indented(stepText(stop), options.width),
      ...indented(`for example: ${stop.scenarios[0]?.rerun ?? ''}`, options.width),
    ]);
  const rest = stopsOf(unsettled).length - MOST_STOPS;
  const more =
    rest > 0 ? [`and at ${rest} other steps; --full lists every scenario.`] : ['--full lists every scenario.'];
  return [colours.bold(`Inconclusive or in error: ${unsettled.length} scenarios`), ...errors, ...stops, ...more].join(
    '\n',
  );
}
