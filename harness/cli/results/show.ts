/** `show`: what a scenario did in an earlier run. And ladder diagrams in the terminal. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suggestion } from '../../document/diagnostic.ts';
import { departureText } from '../../report/departure-text.ts';
import { readLadder } from '../../report/ladder-file.ts';
import { ladderSvg } from '../../report/ladder-svg.tsx';
import { ladderText } from '../../report/ladder-text.ts';
import type { RunResults, ScenarioRecord } from '../../report/results.ts';
import { clean, coloursOf, paint, styleFor, wrap, type TextStyle } from '../../report/text-layout.ts';
import { SYMBOL } from '../../report/verdict-style.ts';
import { withoutVariant } from '../inputs/judges.ts';
import { lastRuns, pathFromHere, readLast, runLine, type LastResults } from '../inputs/last-results.ts';
import { STANDARD_OUTPUT, writeOutput } from '../inputs/output-file.ts';
import { openCatalogue } from '../inputs/project.ts';
import { commentedCapture, departureFilter } from '../../engine/commented-capture.ts';
import { LEVEL_NAME } from '../../verdict/level.ts';
import { isDeparture } from '../../verdict/verdict.ts';
import { UsageError } from '../../document/explained-error.ts';
import { readPcap } from '../../wire/pcap-read.ts';

/** Options of the command. */
export interface ShowOptions {
  results?: string;
  svg?: string;
  /** Writes the capture with comments there. */
  pcapng?: string;
  /** Opens it in Wireshark. */
  wireshark: boolean;
}

/** The ladder diagram of every scenario that has one. @param folder of the results file */
export function laddersText(results: Pick<RunResults, 'scenarios'>, folder: string, style: TextStyle): string {
  return results.scenarios
    .flatMap((scenario) => {
      if (scenario.evidence.ladder === undefined) return [];
      const ladder = readLadder(join(folder, scenario.evidence.ladder));
      return [`${scenario.id}: ${scenario.title}\n${ladderText(ladder, style)}\n`];
    })
    .join('\n');
}

/** Shows the scenario, every variant of it that the id names. @throws UsageError @throws ResultsFileError */
export async function show(id: string, options: ShowOptions): Promise<void> {
  const last = resultsWith(id, options.results);
  const found = find(last, id);
  if (options.svg !== undefined) writeSvg(found, last, options.svg);
  if (options.svg === STANDARD_OUTPUT) return;
  if (options.pcapng !== undefined || options.wireshark) {
    await writeCommented(found, last, options);
    return;
  }
  const style = styleFor(process.stdout);
  const clauses = new Map(openCatalogue().all.map((clause) => [clause.id, clause]));
  const locate = (path: string): string => pathFromHere(last, path);
  const blocks = found.map((scenario) =>
    [
      scenarioText(scenario, style),
      ...(isDeparture(scenario.verdict)
        ? ['', departureText(scenario, { ...style, clauses, locate })]
        : evidenceLines(scenario, last)),
      '',
      ladderOf(scenario, last, style),
    ].join('\n'),
  );
  process.stdout.write(`${runLine(last)}\n\n${blocks.join('\n\n')}\n`);
}

/** The last run that has the scenario, or the last one. */
function resultsWith(id: string, asked: string | undefined): LastResults {
  if (asked !== undefined) return readLast(asked);
  const runs = lastRuns();
  const [newest] = runs;
  if (newest === undefined) throw new UsageError('no run has left results here; give --results FILE, or run first');
  return runs.find(({ results }) => results.scenarios.some((one) => isNamed(one, id))) ?? newest;
}

function isNamed(scenario: ScenarioRecord, id: string): boolean {
  return scenario.id === id || withoutVariant(scenario.id) === id;
}

function find({ file, results }: LastResults, id: string): ScenarioRecord[] {
  const found = results.scenarios.filter((one) => isNamed(one, id));
  if (found.length > 0) return found;
  const known = results.scenarios.flatMap((one) => [one.id, withoutVariant(one.id)]);
  const hint = suggestion(id, new Set(known));
  throw new UsageError(
    `the run in ${file} has no scenario "${id}"${hint}; "mptcp-conformance run ${id}" runs it, "mptcp-conformance list" lists all`,
  );
}

function scenarioText(scenario: ScenarioRecord, style: TextStyle): string {
  const colours = coloursOf(style);
  const head = `${SYMBOL[scenario.verdict]} ${scenario.verdict}`;
  const { declared } = scenario;
  return [
    `${colours.bold(paint(colours, scenario.verdict, head))}  ${colours.bold(clean(scenario.id))}`,
    ...wrap(clean(scenario.title), style.width - 2).map((line) => `  ${line}`),
    `  stack as ${scenario.role}, ${scenario.family}, ${scenario.durationMs.toFixed(0)} ms`,
    ...(scenario.reason === undefined ? [] : wrap(clean(scenario.reason), style.width - 2).map((line) => `  ${line}`)),
    ...(declared === undefined
      ? []
      : wrap(`declared: ${declared.reason} ${declared.link ?? ''}`, style.width - 2).map((line) => `  ${line}`)),
    ...scenario.expectations.map(
      ({ clause, level, verdict, step }) =>
        `  ${paint(colours, verdict, `${SYMBOL[verdict]} ${verdict}`)}  ${LEVEL_NAME[level]} ${clean(clause)}  ${colours.dim(clean(step))}`,
    ),
  ].join('\n');
}

function evidenceLines({ evidence, rerun }: ScenarioRecord, last: LastResults): string[] {
  const line = (label: string, path: string | undefined): string[] =>
    path === undefined ? [] : [`  ${label.padEnd(9)}${pathFromHere(last, path)}`];
  return [
    ...line('capture', evidence.pcap),
    ...line('agent', evidence.agentLog),
    ...line('dmesg', evidence.dmesg),
    ...line('trace', evidence.trace),
    `  again    ${rerun}`,
  ];
}

function ladderOf(scenario: ScenarioRecord, last: LastResults, style: TextStyle): string {
  const path = ladderPath(scenario, last);
  return path === undefined
    ? `  no ladder: its evidence was not kept; run it again: ${scenario.rerun}`
    : ladderText(readLadder(path), style).trimEnd();
}

/** Path of the ladder's entries; undefined when the run kept none, or someone has removed it since. */
function ladderPath(scenario: ScenarioRecord, last: LastResults): string | undefined {
  if (scenario.evidence.ladder === undefined) return undefined;
  const path = join(dirname(last.file), scenario.evidence.ladder);
  return existsSync(path) ? path : undefined;
}

/** Writes the capture for Wireshark, beside the one of the run unless told, and says what to look for. */
async function writeCommented(
  found: readonly ScenarioRecord[],
  last: LastResults,
  { pcapng, wireshark }: ShowOptions,
): Promise<void> {
  const scenario = theOne(found, wireshark ? '--wireshark' : '--pcapng');
  const { pcap } = scenario.evidence;
  const ladder = ladderPath(scenario, last);
  if (pcap === undefined || ladder === undefined) throw notKept(scenario);
  const source = join(dirname(last.file), pcap);
  const entries = readLadder(ladder);
  const bytes = source.endsWith('.pcapng')
    ? readFileSync(source)
    : commentedCapture(scenario, entries, (await readPcap(source)).packets);
  const filter = departureFilter(entries);
  if (pcapng === STANDARD_OUTPUT) {
    process.stdout.write(bytes);
    return;
  }
  const file = pcapng ?? source.replace(/\.pcap$/, '.pcapng');
  if (file !== source) writeFileSync(file, bytes);
  process.stdout.write(`capture with comments: ${file}\ndisplay filter: ${filter}\n`);
  if (wireshark) await openWireshark(file, filter);
}

/** Starts Wireshark and does not wait for it. @throws UsageError where there is none */
async function openWireshark(file: string, filter: string): Promise<void> {
  const child = spawn('wireshark', ['-r', file, '-Y', filter], { stdio: 'ignore', detached: true });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', () =>
      reject(new UsageError(`cannot start "wireshark"; install it, or open ${file} elsewhere`)),
    );
  });
  child.unref();
}

function theOne(found: readonly ScenarioRecord[], option: string): ScenarioRecord {
  const [scenario] = found;
  if (scenario !== undefined && found.length === 1) return scenario;
  throw new UsageError(
    `${option} needs one variant, but ${found.length} match: ${found.map((one) => one.id).join(', ')}`,
  );
}

function notKept({ id, rerun }: ScenarioRecord): UsageError {
  return new UsageError(`the evidence of ${id} was not kept; run it again: ${rerun}`);
}

function writeSvg(found: readonly ScenarioRecord[], last: LastResults, file: string): void {
  const scenario = theOne(found, '--svg');
  const path = ladderPath(scenario, last);
  if (path === undefined) throw notKept(scenario);
  writeOutput(
    file,
    ladderSvg(readLadder(path), { title: scenario.title, subtitle: `${scenario.id}: ${scenario.verdict}` }),
  );
}
