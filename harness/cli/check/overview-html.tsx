/** @jsxImportSource preact */
/** The overview at the top of the page of `check --html`. Pure. */
import type { JSX } from 'preact';
import { anchorUrl } from '../../catalogue/clause-id.ts';
import { xmlText } from '../../report/markup.tsx';
import { SYMBOL } from '../../report/verdict-style.ts';
import { LEVEL_NAME } from '../../verdict/level.ts';
import { brokenOf, type ClauseRow, type HostRow, type Overview } from './overview.ts';
import { isListed, type ClauseWords } from './overview-text.ts';

/** Hosts that the page lists. */
const HOSTS_SHOWN = 200;

/** Data of the page's overview. */
export interface PageOverview {
  overview: Overview;
  words: ClauseWords;
}

/** Where the page has a connection. */
export function anchorOf(file: string, connection: number): string {
  return `${file.replaceAll(/[^\w.]/g, '-')}-${connection}`;
}

/** Clauses by count, with their words and a link to the first example; hosts. */
export function OverviewSection({ overview, words }: PageOverview): JSX.Element {
  const rows = overview.clauses.filter(({ outcome }) => isListed(outcome, false));
  return (
    <section>
      <h1>Overview</h1>
      <p>{`${overview.connections} connections, ${overview.broken} with a broken clause.`}</p>
      {rows.length > 0 && (
        <div class="table">
          <table>
            <thead>
              <Heads names={['verdict', 'level', 'clause', 'times', 'connections', 'hosts', 'first', 'the clause']} />
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row row={row} words={words} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <details>
        <summary>{`${overview.hosts.length} hosts`}</summary>
        <table>
          <thead>
            <Heads names={['host', 'connections', 'clauses kept', 'broken', 'declared', 'inconclusive']} />
          </thead>
          <tbody>
            {overview.hosts.slice(0, HOSTS_SHOWN).map((row) => (
              <Host row={row} />
            ))}
          </tbody>
        </table>
        {overview.hosts.length > HOSTS_SHOWN && <p>--json has all hosts.</p>}
      </details>
    </section>
  );
}

function Heads({ names }: { names: readonly string[] }): JSX.Element {
  return (
    <tr>
      {names.map((name) => (
        <th scope="col">{name}</th>
      ))}
    </tr>
  );
}

function Row({ row, words }: { row: ClauseRow; words: ClauseWords }): JSX.Element {
  const { clause, outcome, times, connections, hosts, example } = row;
  return (
    <tr>
      <td class={outcome}>{`${SYMBOL[outcome]} ${outcome}`}</td>
      <td>{LEVEL_NAME[words.levelOf(clause)]}</td>
      <td>
        <a href={anchorUrl(clause)}>{clause}</a>
      </td>
      <td>{times}</td>
      <td>{connections}</td>
      <td>{hosts}</td>
      <td>
        <a href={`#${anchorOf(example.file, example.connection)}`}>{`connection ${example.connection}`}</a>
        {` ${xmlText(example.message)}`}
      </td>
      <td>{xmlText(words.clauseOf(clause)?.summary ?? '')}</td>
    </tr>
  );
}

function Host({ row }: { row: HostRow }): JSX.Element {
  const { host, connections, clauses } = row;
  return (
    <tr>
      <td>{host}</td>
      <td>{connections}</td>
      <td>{clauses.pass ?? 0}</td>
      <td>{brokenOf(row)}</td>
      <td>{clauses.declared ?? 0}</td>
      <td>{clauses.inconclusive ?? 0}</td>
    </tr>
  );
}
