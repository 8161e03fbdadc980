/** Page of changes from one stack to another. */
import type { JSX } from 'preact';
import { difference, type ClauseRow, type SiteModel } from './model.ts';
import { LevelMark, Mark, Page, Scroll } from './page.tsx';
import { pairName } from './stack-page.tsx';

/** The page of one pair; `from` stands before `to`. */
export function ComparePage({ model, from, to }: { model: SiteModel; from: number; to: number }): JSX.Element {
  const name = (index: number): string => model.stacks[index]?.label ?? '';
  const { better, worse, other } = difference(model, from, to);
  const table = (title: string, rows: readonly ClauseRow[]): JSX.Element | null =>
    rows.length === 0 ? null : (
      <section>
        <h2>
          {title} ({rows.length})
        </h2>
        <Scroll label={title}>
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Clause</th>
                <th scope="col">{name(from)}</th>
                <th scope="col">{name(to)}</th>
                <th scope="col">What it asks</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.id}>
                  <th scope="row">
                    <a href={`../clause/${row.id}.html`}>{row.id}</a> <LevelMark level={row.level} />
                  </th>
                  <td>
                    <Mark outcome={row.outcomes[from]} />
                  </td>
                  <td>
                    <Mark outcome={row.outcomes[to]} />
                  </td>
                  <td>{row.clause?.summary}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </section>
    );
  return (
    <Page title={`${name(from)} to ${name(to)}: RFC 8684`} root="../" part="compare">
      <h1>
        What changed from {name(from)} to {name(to)}
      </h1>
      {better.length + worse.length + other.length === 0 ? <p>No clause has another verdict.</p> : null}
      {table('Broken since', worse)}
      {table('Mended', better)}
      {table('Judged in one of them only, or inconclusive', other)}
    </Page>
  );
}

/** All pairs. */
export function ComparisonsPage({ model }: { model: SiteModel }): JSX.Element {
  return (
    <Page title="What changed: RFC 8684" root="" part="compare">
      <h1>What changed between two stacks</h1>
      {model.stacks.length < 2 ? (
        <p>There is one stack here; results of others, given together, are compared.</p>
      ) : (
        <Scroll label="Pairs of stacks">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">To</th>
                <th scope="col">Broken since</th>
                <th scope="col">Mended</th>
              </tr>
            </thead>
            <tbody>
              {model.stacks.flatMap((from, a) =>
                model.stacks.slice(a + 1).map((to, offset) => {
                  const b = a + 1 + offset;
                  const { better, worse } = difference(model, a, b);
                  return (
                    <tr key={`${a} ${b}`}>
                      <td>{from.label}</td>
                      <th scope="row">
                        <a href={`compare/${pairName(model, a, b)}.html`}>
                          {from.label} to {to.label}
                        </a>
                      </th>
                      <td>{worse.length}</td>
                      <td>{better.length}</td>
                    </tr>
                  );
                }),
              )}
            </tbody>
          </table>
        </Scroll>
      )}
    </Page>
  );
}
