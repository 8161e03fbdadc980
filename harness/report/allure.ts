/** Hands a scenario's outcome to Allure, through allure-vitest, in one go. */
import type { RuntimeMessage } from 'allure-js-commons/sdk';
import { getGlobalTestRuntime } from 'allure-js-commons/sdk/runtime';
import { Severity, type Label, type Link, type Parameter, type StatusDetails } from 'allure-js-commons';
import { anchorUrl, parseClauseId } from '../catalogue/clause-id.ts';
import { sectionTitle } from '../catalogue/rfc-outline.ts';
import type { Clause } from '../catalogue/types.ts';
import { attachments, type AllureFiles } from './allure-attachments.ts';
import { OUTCOME_PARAMETER, outcomeFor, STATUS } from './allure-outcome.ts';
import { escapeMarkdown, fenced } from './markdown.ts';
import { alignPackets } from './packet-diff.ts';
import { clean, fit } from './text-layout.ts';
import { SYMBOL } from './verdict-style.ts';
import { type Level, LEVEL_NAME, LEVELS } from '../verdict/level.ts';
import type { ExpectationResult, ScenarioResult } from '../verdict/result.ts';
import { judgementsOf } from '../verdict/scenario-verdict.ts';
import { isKept } from '../verdict/verdict.ts';

const SEVERITY: Readonly<Record<Level, Severity>> = {
  must: Severity.BLOCKER,
  stated: Severity.CRITICAL,
  should: Severity.NORMAL,
  advice: Severity.TRIVIAL,
  may: Severity.MINOR,
};

/**
 * Hands everything about a scenario to Allure: call it once, in the body of the scenario's Vitest test, after the
 * scenario has ended and before a failing test throws. All messages go out in one synchronous burst, so they land in
 * the test whose async context the call is made from, whatever else runs at the time. Do not call it from a callback
 * that another test may have registered.
 *
 * @param clauses the clauses that the scenario judges
 * @returns false when no Allure reporter is at work, and nothing was handed over
 * @throws Error when a file to attach is missing
 */
export function reportToAllure(result: ScenarioResult, clauses: readonly Clause[], files: AllureFiles): boolean {
  const runtime = getGlobalTestRuntime() as { sendMessageSync?: (message: RuntimeMessage) => void };
  if (runtime.sendMessageSync === undefined) return false;
  const byId = new Map(clauses.map((clause) => [clause.id, clause]));
  // Built first: an error must not leave half a report behind.
  const messages = [metadata(result, byId), ...steps(result, byId), ...attachments(result, files)];
  for (const message of messages) runtime.sendMessageSync(message);
  return true;
}

function metadata(result: ScenarioResult, clauses: ReadonlyMap<string, Clause>): RuntimeMessage {
  const judged = [...new Set([...judgementsOf(result).map(({ clause }) => clause), ...clauses.keys()])];
  const links: Link[] = judged
    .filter((id) => parseClauseId(id) !== undefined)
    .map((id) => ({ url: anchorUrl(id), name: `RFC 8684 ${id}`, type: 'link' }));
  if (result.declared?.link !== undefined)
    links.push({ url: result.declared.link, name: 'declared deviation', type: 'issue' });
  const parameters: Parameter[] = Object.entries(result.parameters).map(([name, value]) => ({
    name,
    value: clean(value),
  }));
  for (const [name, value] of [
    ['role', result.role],
    ['family', result.family],
  ] as const) {
    if (!(name in result.parameters)) parameters.push({ name, value });
  }
  parameters.push({
    name: OUTCOME_PARAMETER,
    value: JSON.stringify(outcomeFor(result)),
    mode: 'hidden',
    excluded: true,
  });
  return {
    type: 'metadata',
    data: {
      labels: labelsOf(result, judged, clauses),
      links,
      parameters,
      description: description(result, unjudged(result, judged), clauses),
    },
  };
}

function labelsOf(result: ScenarioResult, judged: readonly string[], clauses: ReadonlyMap<string, Clause>): Label[] {
  const level = LEVELS.find((one) => judgementsOf(result).some((expectation) => expectation.level === one));
  const concerns = new Set(judged.flatMap((id) => clauses.get(id)?.concerns ?? []));
  const tags = [result.role, result.family, ...concerns, ...(result.declared === undefined ? [] : ['declared'])];
  return [
    { name: 'epic', value: 'RFC 8684' },
    { name: 'feature', value: sectionTitle(result.section) },
    ...judged.map((id) => ({ name: 'story', value: storyOf(id, clauses) })),
    { name: 'severity', value: level === undefined ? Severity.NORMAL : SEVERITY[level] },
    { name: 'verdict', value: result.declared === undefined ? result.verdict : `${result.verdict} (declared)` },
    ...tags.map((value) => ({ name: 'tag', value })),
  ];
}

/** Columns of a story: Allure repeats its text a dozen times for each scenario. The description has the whole summary. */
const STORY_WIDTH = 72;

function storyOf(id: string, clauses: ReadonlyMap<string, Clause>): string {
  const summary = clauses.get(id)?.summary;
  return summary === undefined ? id : fit(`${id} ${clean(summary)}`, STORY_WIDTH);
}

/** Clauses without a judgement, which is a step of its own. */
function unjudged(result: ScenarioResult, clauses: readonly string[]): string[] {
  const judged = new Set(judgementsOf(result).map(({ clause }) => clause));
  return clauses.filter((id) => !judged.has(id));
}

function description(result: ScenarioResult, listed: readonly string[], clauses: ReadonlyMap<string, Clause>): string {
  const parts = [
    ...listed.map((id) => {
      const clause = clauses.get(id);
      if (parseClauseId(id) === undefined) return `- ${escapeMarkdown(id)}`;
      return `- [${id}](${anchorUrl(id)})${clause === undefined ? '' : ` **${clause.keyword}** ${escapeMarkdown(clause.summary)}`}`;
    }),
    ...(listed.length === 0 ? [] : ['']),
    ...(result.declared === undefined ? [] : [`**Declared deviation:** ${escapeMarkdown(result.declared.reason)}`, '']),
    ...(result.reason === undefined ? [] : [fenced(result.reason), '']),
    'Run it again:',
    '',
    fenced(result.rerun),
    '',
    `Defined in \`${result.file}:${result.line}\`.`,
  ];
  return parts.join('\n');
}

/** A step for each judgement, and one for all judgements of a clause that kept it. */
function steps(result: ScenarioResult, clauses: ReadonlyMap<string, Clause>): RuntimeMessage[] {
  const at = Date.now();
  return merged(judgementsOf(result)).flatMap(([first, ...others]): RuntimeMessage[] => {
    const { level, clause, verdict } = first;
    const text = clauses.get(clause)?.summary ?? first.step;
    const details = stepDetails(first);
    return [
      {
        type: 'step_start',
        data: { name: `${SYMBOL[verdict]} ${LEVEL_NAME[level]} ${clause}: ${clean(text)}`, start: at },
      },
      { type: 'step_metadata', data: { parameters: stepParameters(first, others) } },
      {
        type: 'step_stop',
        data: { status: STATUS[verdict], stop: at, ...(details === undefined ? {} : { statusDetails: details }) },
      },
    ];
  });
}

type Group = [ExpectationResult, ...ExpectationResult[]];

/** In order of the first; a departure is alone. */
function merged(judgements: readonly ExpectationResult[]): Group[] {
  const groups = new Map<string, Group>();
  for (const [index, one] of judgements.entries()) {
    const key = isKept(one.verdict) ? `${one.clause} ${one.verdict}` : String(index);
    groups.set(key, [...(groups.get(key) ?? []), one] as Group);
  }
  return [...groups.values()];
}

function stepParameters(first: ExpectationResult, others: readonly ExpectationResult[]): Parameter[] {
  const { verdict, step, source, expected, actual } = first;
  const parameters: [string, string | undefined][] = isKept(verdict)
    ? [
        ['step', `${step} (${source})`],
        ['more steps', others.length === 0 ? undefined : String(others.length)],
      ]
    : [
        ['verdict', verdict],
        ['step', step],
        ['expected', expected],
        ['actual', actual],
        ['at', source],
      ];
  return parameters.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value: clean(value) }]));
}

function stepDetails(expectation: ExpectationResult): StatusDetails | undefined {
  const { verdict, expected, actual, message, differences = [], nearMisses = [] } = expectation;
  if (isKept(verdict)) return undefined;
  const lines = [clean(message ?? expectation.step)];
  if (expected !== undefined && actual !== undefined) {
    const diff = alignPackets(
      expected,
      actual,
      differences.map(({ field }) => field),
    );
    lines.push(
      `expected  ${diff.expected}`,
      `actual    ${diff.actual}`,
      ...(diff.marks === '' ? [] : [`          ${diff.marks}`]),
    );
  }
  lines.push(...nearMisses.map(({ at, packet }) => `near miss  ${at.toFixed(3)} ms  ${clean(packet)}`));
  return { message: lines.join('\n') };
}
