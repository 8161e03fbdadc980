/** `check`: judges the packets of any capture by the monitors. */
import { writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { Analysis } from '../../monitor/analysis.ts';
import { levels } from '../../monitor/run-monitors.ts';
import type { PacketEvent } from '../../monitor/types.ts';
import { styleFor, type TextStyle } from '../../report/text-layout.ts';
import { ipOffset, nameOfOther, UNKNOWN_LINK } from '../../wire/capture-link.ts';
import { readCapture } from '../../wire/capture-stream.ts';
import { checkPage, LadderKeeper, type DrawnConnection } from './check-html.tsx';
import { CheckJson } from './check-json.ts';
import { connectionText, fileText } from './check-text.ts';
import type { FileReport } from './file-report.ts';
import { narrowing, type CheckedConnection, type Narrow, type Narrowing } from './narrow.ts';
import { OverviewCounter } from './overview.ts';
import { overviewText, type ClauseWords } from './overview-text.ts';
import { declaredDeviations } from '../inputs/declared.ts';
import { openCatalogue } from '../inputs/project.ts';
import { UsageError } from '../../document/explained-error.ts';

/** Options of the command, as the command line has them. */
export interface CheckOptions extends Narrowing {
  connection?: number;
  /** File of declared deviations, or the name of a baseline. */
  deviations?: string;
  /** Print the overview alone. */
  overview?: boolean;
  json?: string;
  html?: string;
  complete: boolean;
  info: boolean;
}

/** Connections of one file that the page shows; past that only those with a departure. */
const SHOWN = 500;
/** Connections of one file that the page shows at most. */
const MOST_SHOWN = 1000;

/** Everything that looking at one file needs. */
interface Look {
  options: CheckOptions;
  words: ClauseWords;
  narrow: Narrow;
  counter: OverviewCounter;
  style: TextStyle;
  say: (text: string) => void;
  drawn: DrawnConnection[];
  json: CheckJson | undefined;
}

/** Runs the command and returns its exit code. @throws UsageError @throws CaptureError */
export async function check(files: readonly string[], options: CheckOptions, input?: Readable): Promise<number> {
  if (files.filter((file) => file === '-').length > 1)
    throw new UsageError('standard input can be read only once: give - once');
  const quiet = options.json === '-' || options.html === '-';
  const catalogue = openCatalogue();
  const levelOf = levels(catalogue);
  const list = options.deviations === undefined ? undefined : declaredDeviations(options.deviations);
  const look: Look = {
    options,
    words: { levelOf, clauseOf: (id) => catalogue.get(id) },
    narrow: narrowing(options, catalogue, levelOf, list),
    counter: new OverviewCounter(),
    style: styleFor(process.stdout),
    drawn: [],
    json: options.json === undefined ? undefined : new CheckJson(options.json),
    say: (text) => {
      if (!quiet) process.stdout.write(`${text}\n`);
    },
  };
  try {
    const reports: FileReport[] = [];
    for (const file of files) reports.push(await checkFile(file, look, file === '-' ? input : undefined));
    if (options.connection !== undefined && !reports.some((report) => report.found > 0)) {
      throw new UsageError(
        `no connection ${options.connection} in ${files.join(', ')}; omit --connection to list them`,
      );
    }
    const overview = look.counter.overview();
    look.json?.end(overview);
    if (options.overview === true || overview.connections > 1)
      look.say(overviewText(overview, look.words, look.style, options));
    if (options.html !== undefined) put(options.html, checkPage(reports, look.drawn, { overview, words: look.words }));
    if (reports.some((report) => report.broken > 0)) return 1;
    return reports.some(isUnread) ? 2 : 0;
  } catch (error) {
    look.json?.abandon();
    throw error;
  }
}

/** Whether a file could not be read to its end, or has link layers that cannot be read and nothing else to judge. */
function isUnread({ problem, cutShort, counts, skipped }: FileReport): boolean {
  if (problem !== undefined && !cutShort) return true;
  return counts.mptcp === 0 && skipped.linkTypes.length > 0;
}

function put(path: string, text: string): void {
  if (path === '-') process.stdout.write(text);
  else writeFileSync(path, text);
}

async function checkFile(file: string, look: Look, input: Readable | undefined): Promise<FileReport> {
  const { options, say, style } = look;
  const name = file === '-' ? 'standard input' : file;
  const report: FileReport = {
    file: name,
    counts: { packets: 0, mptcp: 0, fragments: 0, notTcp: 0, cut: 0, malformed: 0 },
    skipped: { notIp: 0, linkTypes: [], kinds: {} },
    dropped: 0,
    cutShort: false,
    found: 0,
    connections: [],
    broken: 0,
  };
  const complete = options.complete && (await isComplete(file, say));
  look.json?.beginFile(name);
  const keeper = options.html === undefined ? undefined : new LadderKeeper(name);
  const analysis = new Analysis({
    levelOf: look.words.levelOf,
    complete,
    ...(keeper === undefined ? {} : { onPacket: (event: PacketEvent) => keeper.packet(event) }),
    onConnection: (whole) => {
      const drawn = keeper?.take(whole.number);
      if (options.connection !== undefined && options.connection !== whole.number) return;
      const one = look.narrow(whole);
      if (one === undefined) return;
      look.counter.add(name, one);
      list(report, one, options.html !== undefined);
      look.json?.connection(one);
      if (drawn !== undefined && look.drawn.length < 200) look.drawn.push({ ...drawn, report: one });
      if (options.overview !== true) say(connectionText(one, style, { info: options.info }));
    },
  });
  await withInterrupt(file === '-', async () => {
    await read(file, input, analysis, report);
  });
  analysis.finish();
  report.counts = analysis.counts;
  look.json?.endFile(report);
  say(fileText(report, style));
  return report;
}

/** Reads a file before it is judged as a complete one: says what proves that it is not. A stream is read only once. */
async function isComplete(file: string, say: (text: string) => void): Promise<boolean> {
  if (file === '-') return true;
  let doubt: string | undefined;
  const analysis = new Analysis({
    levelOf: () => 'may',
    monitors: [],
    complete: true,
    onConnection: (one) => (doubt ??= one.doubt === undefined ? undefined : `connection ${one.number}: ${one.doubt}`),
  });
  await readCapture(file, {
    packet: (at, linkType, bytes) => {
      const offset = ipOffset(linkType, bytes);
      if (offset < 0) analysis.counts.packets++;
      else analysis.packet(at, offset === 0 ? bytes : bytes.subarray(offset));
    },
    dropped: () => undefined,
  });
  analysis.finish();
  if (doubt === undefined) return true;
  say(`${file} is not complete, so it is judged without --complete: ${doubt}`);
  return false;
}

function list(report: FileReport, one: CheckedConnection, show: boolean): void {
  const bad = one.findings.some(({ verdict, declared }) => verdict === 'fail' && declared === undefined);
  if (bad) report.broken++;
  report.found++;
  if (show && report.connections.length < (bad ? MOST_SHOWN : SHOWN)) report.connections.push(one);
}

async function read(file: string, input: Readable | undefined, analysis: Analysis, report: FileReport): Promise<void> {
  const { skipped } = report;
  const end = await readCapture(
    file,
    {
      packet: (at, linkType, bytes) => {
        const offset = ipOffset(linkType, bytes);
        if (offset < 0) {
          // Packets keep the numbers that other programs give them.
          analysis.counts.packets++;
          count(skipped.kinds, nameOfOther(linkType, bytes));
          if (offset === UNKNOWN_LINK && !skipped.linkTypes.includes(linkType) && skipped.linkTypes.length < 16)
            skipped.linkTypes.push(linkType);
          skipped.notIp++;
        } else analysis.packet(at, offset === 0 ? bytes : bytes.subarray(offset));
      },
      dropped: (count) => (report.dropped = count),
    },
    input,
  );
  if (end.problem === undefined) return;
  report.problem = end.problem;
  report.cutShort = end.cutShort;
}

/** Names that are counted one by one; a damaged capture can have any. */
const MOST_KINDS = 32;

function count(kinds: Record<string, number>, name: string): void {
  const known = name in kinds || Object.keys(kinds).length < MOST_KINDS ? name : 'other';
  kinds[known] = (kinds[known] ?? 0) + 1;
}

/** A live capture is ended by an interrupt that the shell sends to both: what came until then is still reported. */
async function withInterrupt(live: boolean, work: () => Promise<void>): Promise<void> {
  if (!live) {
    await work();
    return;
  }
  let asked = 0;
  const onInterrupt = (): void => {
    asked++;
    if (asked > 1) process.exit(130);
    process.stdin.push(null);
  };
  process.on('SIGINT', onInterrupt);
  try {
    await work();
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}
