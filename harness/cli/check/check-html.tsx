/** @jsxImportSource preact */
/** The page that `check --html` writes. */
import type { JSX } from 'preact';
import type { Connection } from '../../monitor/connection.ts';
import { describeEvent } from '../../monitor/describe-event.ts';
import type { PacketEvent } from '../../monitor/types.ts';
import { ladderPicture } from '../../report/ladder-svg.tsx';
import { htmlDocument, xmlText } from '../../report/markup.tsx';
import { outcomeOf } from '../../verdict/scenario-verdict.ts';
import { SYMBOL } from '../../report/verdict-style.ts';
import { anchorUrl } from '../../catalogue/clause-id.ts';
import type { FileReport } from './file-report.ts';
import type { CheckedConnection, CheckFinding } from './narrow.ts';
import { anchorOf, OverviewSection, type PageOverview } from './overview-html.tsx';
import { FrameFilter, PacketTable, type NumberedEntry } from './packet-table.tsx';
import { PAGE_POLICY, SEARCHED, SearchBox, SearchScript } from './page-search.tsx';
import { headline, placeOf, shownFindings, subflowLine, tally } from './check-text.ts';
import type { LadderEntry } from '../../verdict/result.ts';

/** A connection with the packets to draw. */
export interface DrawnConnection {
  file: string;
  entries: NumberedEntry[];
  report: CheckedConnection;
}

/** Packets drawn from the start of a connection, and before each departure. */
const FIRST = 60;
const BEFORE = 8;
const MOST = 240;
/** Connections followed at once: with more, later ones get no picture. */
const FOLLOWED = 300;

interface Kept {
  entries: NumberedEntry[];
  recent: NumberedEntry[];
  departures: number;
  skipped: boolean;
}

/** Keeps the packets of each connection that are worth a picture: its first ones, and those around departures. */
export class LadderKeeper {
  readonly #kept = new Map<number, Kept>();
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Records a packet after the monitors have judged it. */
  packet(event: PacketEvent): void {
    const kept = this.#of(event.connection);
    if (kept === undefined || kept.entries.length >= MOST) return;
    const entry = { ...this.#entry(event), index: event.index };
    const departures = event.connection.parties[0].departures + event.connection.parties[1].departures;
    if (kept.entries.length < FIRST || departures > kept.departures) {
      if (kept.skipped && kept.recent.length > 0)
        kept.entries.push({ at: kept.recent[0]?.at ?? 0, kind: 'note', text: 'packets left out', index: 0 });
      kept.entries.push(...kept.recent, entry);
      kept.recent = [];
      kept.skipped = false;
    } else {
      kept.recent.push(entry);
      if (kept.recent.length > BEFORE) {
        kept.recent.shift();
        kept.skipped = true;
      }
    }
    kept.departures = departures;
  }

  #entry(event: PacketEvent): LadderEntry {
    return {
      at: event.at - event.connection.firstAt,
      kind: 'packet',
      direction: event.side === 0 ? 'out' : 'in',
      subflow: `${event.flow.number}`,
      text: describeEvent(event),
    };
  }

  #of(connection: Connection): Kept | undefined {
    let kept = this.#kept.get(connection.number);
    if (kept === undefined) {
      if (this.#kept.size >= FOLLOWED) return undefined;
      kept = { entries: [], recent: [], departures: 0, skipped: false };
      this.#kept.set(connection.number, kept);
    }
    return kept;
  }

  /** Hands over what was kept of a connection, and forgets it. */
  take(number: number): Omit<DrawnConnection, 'report'> | undefined {
    const kept = this.#kept.get(number);
    this.#kept.delete(number);
    if (kept === undefined) return undefined;
    return { file: this.#file, entries: kept.entries };
  }
}

/** The whole page. */
export function checkPage(
  reports: readonly FileReport[],
  drawn: readonly DrawnConnection[],
  overview: PageOverview,
): string {
  return htmlDocument(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta http-equiv="Content-Security-Policy" content={PAGE_POLICY} />
        <title>mptcp-conformance check</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main>
          <OverviewSection {...overview} />
          <SearchBox />
          {reports.map((report) => (
            <File report={report} drawn={drawn} />
          ))}
        </main>
        <SearchScript />
      </body>
    </html>,
  );
}

const STYLE =
  ':root{color-scheme:light dark}body{font:15px system-ui,sans-serif;margin:2rem;max-width:70rem}' +
  'code{font:13px ui-monospace,monospace}table{border-collapse:collapse}td,th{padding:.2rem .6rem;text-align:left;vertical-align:top}' +
  '.filter{user-select:all}.picture,.table{overflow-x:auto}.fail{color:light-dark(#cf222e,#ff7b72)}.warn{color:light-dark(#9a6700,#d29922)}' +
  '@media(max-width:40rem){body{margin:1rem}}';

function File({ report, drawn }: { report: FileReport; drawn: readonly DrawnConnection[] }): JSX.Element {
  const { packets, mptcp } = report.counts;
  const left = report.found - report.connections.length;
  return (
    <>
      <h1>{xmlText(report.file)}</h1>
      <p>
        {`${packets} packets, ${mptcp} of MPTCP connections.`}
        {report.problem !== undefined && ` ${xmlText(report.problem)}`}
      </p>
      {left > 0 && <p>{`${left} more connections are not shown; --json has all of them.`}</p>}
      {report.connections.map((one) => (
        <ConnectionSection file={report.file} report={one} drawn={drawn.find((other) => other.report === one)} />
      ))}
    </>
  );
}

function ConnectionSection(props: {
  file: string;
  report: CheckedConnection;
  drawn: DrawnConnection | undefined;
}): JSX.Element {
  const { report, drawn } = props;
  const broken = shownFindings(report.findings, false);
  const others = shownFindings(report.findings, true).filter((one) => !broken.includes(one));
  return (
    <section class={SEARCHED}>
      <h2 id={anchorOf(props.file, report.number)}>{xmlText(headline(report))}</h2>
      <ul>
        {report.subflows.slice(0, 64).map((one) => (
          <li>{xmlText(subflowLine(one))}</li>
        ))}
      </ul>
      {report.version !== 0 && <p>{xmlText(tally(report.findings))}</p>}
      <Findings findings={broken} />
      {drawn !== undefined && <Packets drawn={drawn} broken={broken} />}
      {others.length > 0 && (
        <details>
          <summary>{`${others.length} remarks: choices of the hosts, and what could not be judged`}</summary>
          <Findings findings={others} />
        </details>
      )}
    </section>
  );
}

function Findings({ findings }: { findings: readonly CheckFinding[] }): JSX.Element | null {
  if (findings.length === 0) return null;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">verdict</th>
          <th scope="col">clause</th>
          <th scope="col">where</th>
          <th scope="col">what</th>
        </tr>
      </thead>
      <tbody>
        {findings.map((finding) => (
          <FindingRow finding={finding} />
        ))}
      </tbody>
    </table>
  );
}

function FindingRow({ finding }: { finding: CheckFinding }): JSX.Element {
  const { message, expected, actual, text, declared } = finding;
  const outcome = outcomeOf(finding);
  const what = [
    message,
    declared === undefined ? '' : `declared: ${declared}`,
    expected === undefined ? '' : `expected ${expected}`,
    actual === undefined ? '' : `actual ${actual}`,
  ];
  return (
    <tr>
      <td class={outcome}>{`${SYMBOL[outcome]} ${outcome}`}</td>
      <td>
        {[finding.clause, ...finding.also].map((id) => (
          <>
            <a href={anchorUrl(id)}>{id}</a>{' '}
          </>
        ))}
      </td>
      <td>
        {xmlText(placeOf(finding))}
        {finding.packet !== undefined && (
          <>
            <br />
            <FrameFilter number={finding.packet} />
          </>
        )}
      </td>
      <td>
        {xmlText(what.filter((one) => one !== '').join('; '))}
        {text !== undefined && (
          <>
            <br />
            <code>{xmlText(text)}</code>
          </>
        )}
      </td>
    </tr>
  );
}

/** The packets that were kept, as a picture and as a table; `broken` has the findings that are shown on them. */
function Packets({ drawn, broken }: { drawn: DrawnConnection; broken: readonly CheckFinding[] }): JSX.Element {
  // The first finding that each packet shows.
  const at = new Map<number, CheckFinding>();
  for (const finding of broken)
    if (finding.packet !== undefined && !at.has(finding.packet)) at.set(finding.packet, finding);
  return (
    <>
      <details open={broken.length > 0}>
        <summary>Packets</summary>
        <div class="picture">{picture(drawn, at)}</div>
      </details>
      <PacketTable entries={drawn.entries} findings={at} />
    </>
  );
}

function picture({ report, ...drawn }: DrawnConnection, at: ReadonlyMap<number, CheckFinding>): JSX.Element {
  const entries = drawn.entries.map((entry) => {
    const { index, ...plain } = entry;
    const finding = at.get(index);
    return finding === undefined ? plain : { ...plain, verdict: finding.verdict, clause: finding.clause };
  });
  return ladderPicture(entries, { title: `Connection ${report.number}`, hosts: ['Initiator', 'Responder'] });
}
