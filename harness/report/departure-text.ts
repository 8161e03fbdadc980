/** One scenario that went wrong, with all that is needed to act on it. */
import { anchorUrl, parseClauseId } from '../catalogue/clause-id.ts';
import type { Clause } from '../catalogue/types.ts';
import { alignPackets } from './packet-diff.ts';
import { covering, naming } from './deviations.ts';
import type { Deviation, ScenarioRecord } from './results.ts';
import { clean, cleanLines, coloursOf, displayWidth, paint, type Colours, type TextStyle } from './text-layout.ts';
import { SYMBOL } from './verdict-style.ts';
import { LEVEL_NAME } from '../verdict/level.ts';
import type { ExpectationResult } from '../verdict/result.ts';
import { departuresOf } from '../verdict/scenario-verdict.ts';

/** Turns a path relative to the results file into one that can be opened from here. */
export type EvidenceLocator = (path: string) => string;

/** Details to show beside the scenario. */
export interface DepartureOptions extends TextStyle {
  clauses?: ReadonlyMap<string, Clause>;
  locate?: EvidenceLocator;
  /** Declarations that the results were held against: those of this departure that contradict it are listed. */
  declarations?: readonly Deviation[];
}

const LABEL = 10;
const MAX_NEAR_MISSES = 5;

/**
 * A failed scenario: for each broken clause its level, our summary, its link, the expected and the actual packet one
 * under the other, and the near misses; then where the capture is and how to run it again.
 */
export function departureText(scenario: ScenarioRecord, options: DepartureOptions): string {
  const colours = coloursOf(options);
  const locate: EvidenceLocator = options.locate ?? ((path) => path);
  const broken = departuresOf(scenario);
  const head = `${SYMBOL[scenario.verdict]} ${scenario.verdict}`;
  const lines = [
    `${colours.bold(paint(colours, scenario.verdict, head))}  ${colours.bold(clean(scenario.id))}`,
    ...plain(scenario.title, options.width, '  '),
    ...(broken.length === 0 ? plain(scenario.reason ?? 'no reason given', options.width, '  ') : []),
    ...broken.flatMap((expectation) => expectationLines(expectation, scenario, options, colours)),
    ...labelled('suite', `${scenario.file}:${scenario.line}`, options.width),
    ...(scenario.evidence.pcap === undefined ? [] : labelled('capture', locate(scenario.evidence.pcap), options.width)),
    ...(scenario.evidence.plot === undefined ? [] : labelled('plot', locate(scenario.evidence.plot), options.width)),
    ...(scenario.evidence.agentLog === undefined
      ? []
      : labelled('agent', locate(scenario.evidence.agentLog), options.width)),
    ...(scenario.evidence.dmesg === undefined ? [] : labelled('dmesg', locate(scenario.evidence.dmesg), options.width)),
    ...(scenario.evidence.trace === undefined ? [] : labelled('trace', locate(scenario.evidence.trace), options.width)),
    ...labelled('again', scenario.rerun, options.width),
  ];
  return lines.join('\n');
}

function expectationLines(
  expectation: ExpectationResult,
  scenario: ScenarioRecord,
  options: DepartureOptions,
  colours: Colours,
): string[] {
  const { clause, level, verdict, expected, actual, message, nearMisses = [] } = expectation;
  const summary = options.clauses?.get(clause)?.summary;
  return [
    `  ${paint(colours, verdict, `${SYMBOL[verdict]} ${LEVEL_NAME[level]} ${clean(clause)}`)}`,
    ...(summary === undefined ? [] : labelled('clause', summary, options.width)),
    ...(parseClauseId(clause) === undefined ? [] : labelled('RFC', anchorUrl(clause), options.width)),
    ...labelled('step', `${expectation.step}  (${expectation.source})`, options.width),
    ...(message === undefined ? [] : labelled('found', message, options.width)),
    ...packetLines(expected, actual, expectation, options.width, colours),
    ...nearMissLines(nearMisses, options.width),
    ...otherwiseDeclared(expectation, scenario, options),
  ];
}

/** The findings of which a departure has the scenario and clause, but shows something else. */
function otherwiseDeclared(
  departure: ExpectationResult,
  scenario: ScenarioRecord,
  { declarations = [], width }: DepartureOptions,
): string[] {
  if (covering(declarations, scenario, departure) !== undefined) return [];
  return naming(declarations, scenario, departure.clause).flatMap(({ finding = 'a finding', instead = [] }) =>
    labelled('declared', `finding ${finding} declares ${instead.join(' or ')}; this is different`, width),
  );
}

function packetLines(
  expected: string | undefined,
  actual: string | undefined,
  expectation: ExpectationResult,
  width: number,
  colours: Colours,
): string[] {
  if (expected === undefined || actual === undefined) {
    return [
      ...(expected === undefined ? [] : labelled('expected', expected, width)),
      ...(actual === undefined ? [] : labelled('actual', actual, width)),
    ];
  }
  const differences = expectation.differences ?? [];
  const diff = alignPackets(
    expected,
    actual,
    differences.map(({ field }) => field),
  );
  if (diff.marks === '')
    return [...labelled('expected', diff.expected, width), ...labelled('actual', diff.actual, width)];
  const rows = chunks([diff.expected, diff.actual, diff.marks], width - LABEL - 4);
  return rows.flatMap(([want = '', got = '', marks = ''], index) => {
    const label = (name: string): string => `    ${(index === 0 ? name : '').padEnd(LABEL)}`;
    return [
      `${label('expected')}${colours.green(want)}`.trimEnd(),
      `${label('actual')}${colours.red(got)}`.trimEnd(),
      ...(marks === '' ? [] : [`${label('')}${colours.yellow(marks)}`]),
    ];
  });
}

/** Cuts aligned lines at the same columns, at a column where all have a space, so that they stay aligned when folded. */
function chunks(lines: readonly string[], width: number): string[][] {
  const length = Math.max(...lines.map((line) => displayWidth(line)));
  if (length <= width) return [[...lines]];
  const padded = lines.map((line) => Array.from(line.padEnd(length)));
  const rows: string[][] = [];
  for (let start = 0; start < length;) {
    let end = Math.min(length, start + width);
    if (end < length) {
      let cut = end;
      while (cut > start && !padded.every((line) => line[cut] === ' ' || line[cut] === undefined)) cut--;
      if (cut > start) end = cut;
    }
    rows.push(padded.map((line) => line.slice(start, end).join('').trimEnd()));
    start = padded.every((line) => line[end] === ' ') ? end + 1 : end;
  }
  return rows;
}

function nearMissLines(nearMisses: readonly { at: number; packet: string }[], width: number): string[] {
  if (nearMisses.length === 0) return [];
  // The last ones are nearest to the moment the wait ended.
  const shown = nearMisses.slice(-MAX_NEAR_MISSES);
  const hidden = nearMisses.length - shown.length;
  return [
    ...(hidden === 0 ? [] : labelled('came too', `${hidden} earlier, see the capture`, width)),
    ...shown.flatMap(({ at, packet }, index) =>
      labelled(index === 0 && hidden === 0 ? 'came too' : '', `${at.toFixed(3)} ms  ${packet}`, width),
    ),
  ];
}

function labelled(label: string, text: string, width: number): string[] {
  // Addresses and commands are to be copied: they are never broken.
  const unbroken = ['RFC', 'again', 'capture', 'agent', 'suite'].includes(label);
  const lines = unbroken ? [clean(text)] : cleanLines(text, Math.max(20, width - LABEL - 4));
  return lines.map((line, index) => `    ${(index === 0 ? label : '').padEnd(LABEL)}${line}`);
}

function plain(text: string, width: number, indent: string): string[] {
  return cleanLines(text, width - indent.length).map((line) => `${indent}${line}`);
}
