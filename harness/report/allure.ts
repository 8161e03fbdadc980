/** Hands a scenario's outcome to Allure, through allure-vitest, in one go. */
import type { SutInfo } from '../verdict/stack-info.ts';
import { existsSync } from 'node:fs';
import type { Category, RuntimeMessage } from 'allure-js-commons/sdk';
import type { LifecycleListener, ReporterConfig } from 'allure-js-commons/sdk/reporter';
import { getGlobalTestRuntime } from 'allure-js-commons/sdk/runtime';
import { Severity, Status, type Label, type Link, type Parameter, type StatusDetails } from 'allure-js-commons';
import { anchorUrl, parseClauseId } from '../catalogue/clause-id.ts';
import { sectionTitle } from '../catalogue/rfc-outline.ts';
import type { Clause } from '../catalogue/types.ts';
import { ladderSvg } from './ladder-svg.tsx';
import { escapeMarkdown, fenced } from './markdown.ts';
import { alignPackets } from './packet-diff.ts';
import { packetDiffPage } from './packet-diff-page.tsx';
import type { ToolInfo } from './results.ts';
import { clean } from './text-layout.ts';
import { SYMBOL } from './verdict-style.ts';
import { type Level, LEVEL_NAME, LEVELS } from '../verdict/level.ts';
import type { ExpectationResult, ScenarioResult } from '../verdict/result.ts';
import { judgementsOf } from '../verdict/scenario-verdict.ts';
import { isDeparture, isKept, type Verdict } from '../verdict/verdict.ts';

/** Files to attach, absolute paths. */
export interface AllureFiles {
  pcap?: string;
  /** The ladder as SVG; drawn from the result when absent. */
  ladderSvg?: string;
  agentLog?: string;
  /** Capture at the server's end, and the plot of the paths, where two stacks are judged. */
  serverPcap?: string;
  plot?: string;
}

/** Name of the parameter that carries the verdict to the reporter; it never reaches the results. */
const OUTCOME_PARAMETER = 'mptcp-conformance.outcome';

/** What the reporter needs to set the status itself: a Vitest test knows only passed and failed. */
interface Outcome {
  verdict: Verdict;
  message?: string;
  expected?: string;
  actual?: string;
  declared: boolean;
}

/**
 * `unknown` is Allure's word for what was not settled; allure-js-commons does not list it, readers of results do.
 * `warn` is `failed`, with a lower severity and a category of its own: a SHOULD was broken, and that must show.
 */
const STATUS: Readonly<Record<Verdict, Status>> = {
  pass: Status.PASSED,
  info: Status.PASSED,
  note: Status.PASSED,
  fail: Status.FAILED,
  warn: Status.FAILED,
  error: Status.BROKEN,
  skip: Status.SKIPPED,
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a value that the enum should have
  inconclusive: 'unknown' as Status,
};

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

/** What {@link allureReporterOptions} sets. */
export type AllureReporterOptions = Required<
  Pick<ReporterConfig, 'resultsDir' | 'listeners' | 'environmentInfo' | 'categories'>
> & { reportMatchers: boolean };

/**
 * Options for the reporter `allure-vitest/reporter`. The listener is what gives each result the status of its verdict:
 * a declared deviation passes as a Vitest test, and shows in Allure as a failure that is accepted and known.
 */
export function allureReporterOptions(resultsDir: string, sut: SutInfo): AllureReporterOptions {
  return {
    resultsDir,
    // Assertions of the harness are no steps of a scenario.
    reportMatchers: false,
    listeners: [statusListener],
    environmentInfo: allureEnvironment(sut),
    categories: ALLURE_CATEGORIES.map(({ name, description, matchers }): Category => ({
      name,
      description,
      matchedStatuses: matchers.statuses,
      messageRegex: matchers.message,
    })),
  };
}

/** What the report's page of the environment says: the stack, how it was reached, and the machine. */
export function allureEnvironment(sut: SutInfo, tool?: ToolInfo): Record<string, string> {
  const { host = {} } = sut;
  const facts: [string, string | number | undefined][] = [
    ['stack', sut.name],
    ['kernel', sut.kernel],
    ['driver', sut.kind],
    ['version', sut.version],
    ['host kernel', host.kernel],
    ['architecture', host.arch],
    ['CPUs', host.cpus],
    ['Node.js', host.node],
    ['tool', tool === undefined ? undefined : `${tool.name} ${tool.version}`],
  ];
  return Object.fromEntries(
    facts.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, clean(String(value))]])),
  );
}

/** Categories of results that did not pass, by the word that their message begins with. */
export const ALLURE_CATEGORIES = [
  {
    name: 'Kernel crashes',
    description: 'The kernel under test crashed or logged a warning.',
    matchers: { statuses: [STATUS.fail, STATUS.error, STATUS.inconclusive], message: '^crash:[\\s\\S]*' },
  },
  category('Declared deviations', 'Deviations that are declared, with a reason.', STATUS.fail, 'declared'),
  category('Broken requirements', 'A MUST, or a stated requirement, is broken.', STATUS.fail, 'fail'),
  category('Broken recommendations', 'A SHOULD is broken.', STATUS.warn, 'warn'),
  category('Harness errors', 'The harness failed; this says nothing about the stack.', STATUS.error, 'error'),
  category('Inconclusive', 'A precondition was not met.', STATUS.inconclusive, 'inconclusive'),
];

function category(name: string, description: string, status: Status, word: string) {
  return { name, description, matchers: { statuses: [status], message: `^${word}:[\\s\\S]*` } };
}

const statusListener: LifecycleListener = {
  beforeTestResultStop: (result) => {
    const carried = result.parameters.find(({ name }) => name === OUTCOME_PARAMETER);
    if (carried === undefined) return;
    result.parameters = result.parameters.filter((parameter) => parameter !== carried);
    const outcome = JSON.parse(carried.value) as Outcome;
    result.status = STATUS[outcome.verdict];
    // Allure reads `known`, though allure-js-commons does not list it: the failure is accepted and does not count.
    const details: StatusDetails & { known?: boolean } = {};
    if (outcome.message !== undefined) details.message = outcome.message;
    if (outcome.expected !== undefined) details.expected = outcome.expected;
    if (outcome.actual !== undefined) details.actual = outcome.actual;
    if (outcome.declared) details.known = true;
    result.statusDetails = details;
  },
};

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
      description: description(result, judged, clauses),
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
    { name: 'scenario', value: result.id },
    ...tags.map((value) => ({ name: 'tag', value })),
  ];
}

function storyOf(id: string, clauses: ReadonlyMap<string, Clause>): string {
  const summary = clauses.get(id)?.summary;
  return summary === undefined ? id : `${id} ${summary}`;
}

function outcomeFor(result: ScenarioResult): Outcome {
  const { verdict, declared } = result;
  const outcome: Outcome = { verdict, declared: declared !== undefined };
  if (isKept(verdict)) return outcome;
  const broken = judgementsOf(result).find((expectation) => isDeparture(expectation.verdict));
  const reason = clean(result.reason ?? broken?.message ?? broken?.step ?? 'no reason given');
  const crash = troubleOf(result);
  if (crash !== undefined) outcome.message = `crash: ${crash}\n${verdict}: ${reason}`;
  else
    outcome.message =
      declared === undefined ? `${verdict}: ${reason}` : `declared: ${reason}\n${clean(declared.reason)}`;
  if (broken?.expected !== undefined) outcome.expected = clean(broken.expected);
  if (broken?.actual !== undefined) outcome.actual = clean(broken.actual);
  return outcome;
}

/** What the kernel under test said of itself while the scenario ran, where its driver watches the console. */
function troubleOf({ trouble }: ScenarioResult): string | undefined {
  return trouble === undefined ? undefined : clean(trouble.title);
}

function description(result: ScenarioResult, judged: readonly string[], clauses: ReadonlyMap<string, Clause>): string {
  const parts = [
    ...judged.map((id) => {
      const clause = clauses.get(id);
      if (parseClauseId(id) === undefined) return `- ${escapeMarkdown(id)}`;
      return `- [${id}](${anchorUrl(id)})${clause === undefined ? '' : ` **${clause.keyword}** ${escapeMarkdown(clause.summary)}`}`;
    }),
    '',
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

function steps(result: ScenarioResult, clauses: ReadonlyMap<string, Clause>): RuntimeMessage[] {
  const at = Date.now();
  return judgementsOf(result).flatMap((expectation): RuntimeMessage[] => {
    const { level, clause, verdict } = expectation;
    const text = clauses.get(clause)?.summary ?? expectation.step;
    const details = stepDetails(expectation);
    return [
      {
        type: 'step_start',
        data: { name: `${SYMBOL[verdict]} ${LEVEL_NAME[level]} ${clause}: ${clean(text)}`, start: at },
      },
      { type: 'step_metadata', data: { parameters: stepParameters(expectation) } },
      {
        type: 'step_stop',
        data: { status: STATUS[verdict], stop: at, ...(details === undefined ? {} : { statusDetails: details }) },
      },
    ];
  });
}

function stepParameters({ verdict, step, source, expected, actual }: ExpectationResult): Parameter[] {
  const parameters: [string, string | undefined][] = [
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

function attachments(result: ScenarioResult, files: AllureFiles): RuntimeMessage[] {
  const fromFile = (
    name: string,
    path: string | undefined,
    contentType: string,
    fileExtension: string,
  ): RuntimeMessage[] => {
    if (path === undefined) return [];
    if (!existsSync(path))
      throw new Error(`${result.id}: the ${name} to attach is missing: ${path}; is the disk full?`);
    return [{ type: 'attachment_path', data: { name, path, contentType, fileExtension, wrapInStep: false } }];
  };
  const inline = (name: string, text: string, contentType: string, fileExtension: string): RuntimeMessage => {
    const content = Buffer.from(text).toString('base64');
    return {
      type: 'attachment_content',
      data: { name, content, encoding: 'base64', contentType, fileExtension, wrapInStep: false },
    };
  };
  const svg =
    files.ladderSvg === undefined
      ? result.ladder.length === 0
        ? []
        : [
            inline(
              'ladder diagram',
              ladderSvg(result.ladder, { title: result.title, subtitle: result.id }),
              'image/svg+xml',
              '.svg',
            ),
          ]
      : fromFile('ladder diagram', files.ladderSvg, 'image/svg+xml', '.svg');
  const diff = packetDiffPage(judgementsOf(result));
  return [
    ...(diff === undefined ? [] : [inline('expected and actual, side by side', diff, 'text/html', '.html')]),
    ...svg,
    ...fromFile('capture', files.pcap, 'application/vnd.tcpdump.pcap', '.pcap'),
    ...fromFile('capture at the server', files.serverPcap, 'application/vnd.tcpdump.pcap', '.pcap'),
    ...fromFile('paths over time', files.plot, 'image/svg+xml', '.svg'),
    ...(result.measures === undefined
      ? []
      : [inline('measures', `${JSON.stringify(result.measures, undefined, 2)}\n`, 'application/json', '.json')]),
    ...fromFile('agent log', files.agentLog, 'text/plain', '.log'),
    inline('MPTCP counters', `${JSON.stringify(result.counters, undefined, 2)}\n`, 'application/json', '.json'),
  ];
}
