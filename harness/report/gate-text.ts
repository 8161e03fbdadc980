/** The gate's decision for a terminal. Pure. */
import { sectionTitle } from '../catalogue/rfc-outline.ts';
import { parseClauseId, sectionOf } from '../catalogue/clause-id.ts';
import { departureText, type DepartureOptions } from './departure-text.ts';
import type { GateDecision, JudgedChange } from './gate.ts';
import type { ScenarioRecord } from './results.ts';
import { clean, coloursOf, fit, paint, plural, wrap, type Colours } from './text-layout.ts';
import { SYMBOL } from './verdict-style.ts';
import { isDeparture, type Outcome } from '../verdict/verdict.ts';

/** More than this of what got better, or is only noted, are counted and not listed. */
const MOST_NOTED = 20;
/** More than this that got worse are listed without their packets. */
const MOST_SHOWN = 10;

/** `pass → fail`, and how often when run alone. */
export function changeText({ before, now, kind, alone }: JudgedChange): string {
  const name = (outcome: Outcome | undefined): string => outcome ?? 'not in the baseline';
  const change = kind === 'vanished' ? `${name(before)} → vanished` : `${name(before)} → ${name(now)}`;
  if (alone === undefined) return change;
  if (alone.bad === alone.runs) return `${change}, repeated alone: ${alone.bad} of ${alone.runs}`;
  return `${change}, flaky: ${alone.bad} of ${alone.runs} alone`;
}

/** One line that says how the gate stands. */
export function gateVerdict({ red, flaky, comparison, level }: GateDecision): string {
  const count = (what: string): number => red.filter((change) => change.what === what).length;
  const also = flaky.length === 0 ? '' : ` ${plural(flaky.length, 'change')} did not recur when repeated alone.`;
  if (red.length > 0)
    return `The gate failed: ${plural(count('scenario'), 'scenario')} and ${plural(count('clause'), 'clause')} got worse.${also}`;
  const scenarios = plural(comparison.results.scenarios.length, 'scenario');
  return `The gate passed: none of ${scenarios} got worse at level ${level}.${also}`;
}

/** Style of the gate's text. */
export interface GateTextOptions extends DepartureOptions {
  /** The verdicts are being recorded. */
  updating?: boolean;
}

/** Everything the gate has to say: what got better first, what got worse last, with its packets. */
export function gateText(decision: GateDecision, options: GateTextOptions): string {
  const colours = coloursOf(options);
  const { comparison, baseline, red, flaky, note } = decision;
  const { sut, run } = comparison.results;
  const remarks = [
    baselineRemark(decision),
    comparison.unasked === 0
      ? ''
      : `The run was a selection: ${comparison.unasked} scenarios of the baseline were not selected and do not count as missing.`,
    run.partial ? 'The run was interrupted: scenarios that did not run count as missing.' : '',
    note ?? '',
  ].filter((text) => text !== '');
  const blocks = [
    colours.bold(
      `${clean(sut.name)} ${clean(sut.kernel)} (${sut.kind}) against ${clean(baseline.file)}, level ${decision.level}`,
    ),
    ...remarks.map((text) => wrap(clean(text), options.width).join('\n')),
    list('Better', comparison.better, colours, options.width),
    list('Failed before, inconclusive now', comparison.unsettled, colours, options.width),
    list('Worse, below the level', comparison.minor, colours, options.width),
    list('Flaky: worse in the run, but not when repeated alone', flaky, colours, options.width),
    list(
      'Worse',
      red.filter((change) => change.what === 'clause' || change.kind === 'vanished'),
      colours,
      options.width,
      MOST_NOTED * 2,
    ),
    redScenarios(red, options, colours),
    updateOffer(decision, options.updating === true),
    red.length > 0
      ? colours.bold(colours.red(gateVerdict(decision)))
      : colours.bold(colours.green(gateVerdict(decision))),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function baselineRemark({ baseline, comparison }: GateDecision): string {
  const { verdicts, declared } = baseline;
  const { kernel } = comparison.results.sut;
  if (verdicts === undefined) {
    return (
      'No verdicts are recorded beside this baseline: everything that is not declared is expected to pass, and missing scenarios ' +
      'are not detected. --update records the verdicts.'
    );
  }
  const version = (release: string): string => /^\d+\.\d+/.exec(release)?.[0] ?? release;
  if (version(verdicts.kernel) !== version(kernel))
    return `The verdicts were recorded for ${verdicts.kernel}, the run is for ${kernel}.`;
  if (declared.kernel !== undefined && declared.kernel !== version(kernel))
    return `The declarations are for ${declared.kernel}, the run is for ${kernel}.`;
  return '';
}

function list(
  title: string,
  changes: readonly JudgedChange[],
  colours: Colours,
  width: number,
  most = MOST_NOTED,
): string {
  if (changes.length === 0) return '';
  const lines = changes.slice(0, most).flatMap((change) => {
    const outcome = change.now ?? 'fail';
    const symbol = paint(colours, outcome, change.kind === 'vanished' ? '∅' : SYMBOL[outcome]);
    const name =
      change.what === 'clause' && parseClauseId(change.id) !== undefined
        ? `  ${sectionTitle(sectionOf(change.id))}`
        : '';
    // An id is to be copied: it is never broken.
    return [
      `  ${symbol} ${clean(change.id)}  ${clean(changeText(change))}`,
      ...(name === '' ? [] : [`      ${fit(name.trim(), width - 6)}`]),
    ];
  });
  const rest = changes.length > most ? [`  and ${changes.length - most} more`] : [];
  return [colours.bold(`${title} (${changes.length})`), ...lines, ...rest].join('\n');
}

/** The scenarios to examine: those that got worse, and those through which a clause did. */
function redScenarios(red: readonly JudgedChange[], options: DepartureOptions, colours: Colours): string {
  const shown = new Map<string, { scenario: ScenarioRecord; changes: JudgedChange[] }>();
  for (const change of red) {
    for (const scenario of change.scenarios) {
      const entry = shown.get(scenario.id) ?? { scenario, changes: [] };
      entry.changes.push(change);
      shown.set(scenario.id, entry);
    }
  }
  // A scenario that got worse itself says more than one through which only its clause did.
  const ordered = [...shown.values()].sort((a, b) => Number(b.changes.some(isOwn)) - Number(a.changes.some(isOwn)));
  const texts = ordered.slice(0, MOST_SHOWN).map(({ scenario, changes }) => {
    const own = changes.find(isOwn);
    const why =
      own === undefined ? changes.map((change) => `${change.id}: ${changeText(change)}`).join('; ') : changeText(own);
    return `${colours.bold(clean(why))}\n${scenarioText(scenario, options)}`;
  });
  const rest = ordered.slice(MOST_SHOWN).map(({ scenario }) => `  ${clean(scenario.id)}  ${clean(scenario.rerun)}`);
  return [...texts, ...(rest.length === 0 ? [] : [['and, without packets:', ...rest].join('\n')])].join('\n\n');
}

function isOwn(change: JudgedChange): boolean {
  return change.what === 'scenario';
}

function scenarioText(scenario: ScenarioRecord, options: DepartureOptions): string {
  if (isDeparture(scenario.verdict) || (scenario.monitors ?? []).length > 0) return departureText(scenario, options);
  return [
    `${SYMBOL[scenario.verdict]} ${scenario.verdict}  ${clean(scenario.id)}`,
    ...wrap(clean(scenario.reason ?? scenario.title), options.width - 4).map((line) => `    ${line}`),
    `    again     ${clean(scenario.rerun)}`,
  ].join('\n');
}

function updateOffer({ comparison, baseline }: GateDecision, updating: boolean): string {
  const missing = baseline.verdicts === undefined;
  const stale = comparison.results.deviations?.stale ?? [];
  if (updating ? stale.length === 0 : comparison.better.length === 0 && !missing) return '';
  return [
    ...(updating
      ? []
      : [
          missing
            ? '--update records the verdicts of this run.'
            : 'Repeat the command with --update to record the improvements.',
        ]),
    ...(stale.length === 0
      ? []
      : [
          `Declared deviations that no longer occur; remove them from ${clean(baseline.declared.source)}:`,
          ...stale.map(({ scenario, clause }) => `  ${clean([scenario ?? '', clause ?? ''].join(' ').trim())}`),
        ]),
  ].join('\n');
}
