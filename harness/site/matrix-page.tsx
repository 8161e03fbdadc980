/** The front page: clauses down, stacks across, a cell for each verdict. */
import type { JSX } from 'preact';
import { SYMBOL } from '../report/verdict-style.ts';
import { tally, type ClauseRow, type SectionRows, type SiteModel } from './model.ts';
import { Legend, LevelMark, Page, Scroll } from './page.tsx';
import { LEVEL_NAME, LEVELS } from '../verdict/level.ts';
import { type Outcome, OUTCOMES } from '../verdict/verdict.ts';

/** The page. @param hasTeeth whether there is a page of what catches the faults of the reference stack */
export function MatrixPage({ model, hasTeeth = false }: { model: SiteModel; hasTeeth?: boolean }): JSX.Element {
  return (
    <Page title="Multipath TCP: RFC 8684, clause by clause" root="" part="matrix">
      <h1>Multipath TCP: RFC 8684, clause by clause</h1>
      <Overview model={model} />
      <Filters model={model} />
      <Matrix model={model} />
      <footer>
        <Legend outcomes={model.outcomes} />
        {hasTeeth ? (
          <p>
            <a href="teeth.html">Teeth</a>: which faults the suite notices, and what catches them.
          </p>
        ) : null}
        <p>Made by mptcp-conformance {model.version}.</p>
      </footer>
    </Page>
  );
}

function Overview({ model }: { model: SiteModel }): JSX.Element {
  return (
    <section aria-labelledby="overview">
      <h2 id="overview">Stacks</h2>
      <Scroll label="Stacks and how many clauses they keep">
        <table class="overview">
          <thead>
            <tr>
              <th scope="col">Stack</th>
              {LEVELS.map((level) => (
                <th scope="col" key={level}>
                  {LEVEL_NAME[level]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {model.stacks.map((stack, index) => {
              const counts = tally(model, index);
              return (
                <tr key={stack.slug}>
                  <th scope="row">
                    <a href={`stack/${stack.slug}.html`}>{stack.label}</a>
                  </th>
                  {LEVELS.map((level) => {
                    const { total, judged, ...outcomes } = counts[level];
                    return (
                      <td key={level}>
                        <Counts counts={outcomes} />{' '}
                        <small>
                          {judged} of {total} judged
                        </small>
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

/** `12✔ 1✘`, with words for who cannot see the signs. */
export function Counts({ counts }: { counts: Partial<Record<Outcome, number>> }): JSX.Element {
  const entries = OUTCOMES.flatMap((outcome): [Outcome, number][] =>
    counts[outcome] === undefined ? [] : [[outcome, counts[outcome]]],
  );
  if (entries.length === 0) return <span class="counts">·</span>;
  return (
    <span class="counts">
      {entries.map(([outcome, count]) => (
        <span key={outcome} class={`mark ${outcome}`}>
          {count}
          <span aria-hidden="true"> {SYMBOL[outcome]}</span>
          <span class="unseen"> {outcome} </span>
        </span>
      ))}
    </span>
  );
}

function Filters({ model }: { model: SiteModel }): JSX.Element {
  const select = (id: string, label: string, values: readonly (readonly [string, string])[]): JSX.Element => (
    <label for={id}>
      {label}
      <select id={id} name={id}>
        <option value="">all</option>
        {values.map(([value, text]) => (
          <option value={value} key={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
  const same = (values: readonly string[]): [string, string][] => values.map((value) => [value, value]);
  return (
    <form id="filters" role="search" aria-label="Clauses" hidden>
      <label for="q">
        <span>
          Search <kbd>/</kbd>
        </span>
        <input type="search" id="q" name="q" autocomplete="off" />
      </label>
      {select(
        'level',
        'Level',
        LEVELS.map((level) => [level, LEVEL_NAME[level]]),
      )}
      {select('role', 'Role', same(model.roles))}
      {select('option', 'Option or mechanism', same(model.options))}
      {select('verdict', 'Verdict', [...same(model.outcomes), ['none', 'not judged']])}
      {model.stacks.length < 2 ? null : (
        <label for="differs" class="check">
          <input type="checkbox" id="differs" name="differs" value="1" /> Differs between stacks
        </label>
      )}
      <button type="reset">Show all</button>
      <p id="shown" role="status" />
    </form>
  );
}

function Matrix({ model }: { model: SiteModel }): JSX.Element {
  return (
    <Scroll label="Clauses and verdicts" tall>
      <table id="matrix">
        <caption>Each clause with the verdict of each stack. A clause's number leads to its page.</caption>
        <thead>
          <tr>
            <th scope="col">Clause</th>
            {model.stacks.map((stack) => (
              <th scope="col" class="stack" key={stack.slug}>
                <a href={`stack/${stack.slug}.html`}>{stack.label}</a>
              </th>
            ))}
          </tr>
        </thead>
        {model.sections.map((section) => (
          <SectionBody key={section.section} section={section} columns={model.stacks.length} />
        ))}
      </table>
    </Scroll>
  );
}

function SectionBody({ section, columns }: { section: SectionRows; columns: number }): JSX.Element {
  return (
    <tbody>
      <tr class="section">
        <th scope="rowgroup" colSpan={columns + 1}>
          <h2 id={`s${section.section}`}>{section.title}</h2>
        </th>
      </tr>
      {section.rows.map((row) => (
        <Row key={row.id} row={row} />
      ))}
    </tbody>
  );
}

function Row({ row }: { row: ClauseRow }): JSX.Element {
  const { clause } = row;
  return (
    <tr
      data-l={row.level}
      data-r={clause?.roles.join(' ') ?? ''}
      data-o={clause?.concerns.join(' ') ?? ''}
      data-d={row.differs ? '1' : undefined}
    >
      <th scope="row">
        <a href={`clause/${row.id}.html`}>{row.id}</a> <LevelMark level={row.level} />{' '}
        {clause?.summary ?? 'Not in this catalogue.'}
      </th>
      {row.outcomes.map((outcome, index) =>
        outcome === undefined ? (
          <td key={index}>
            ·<i>not judged</i>
          </td>
        ) : (
          <td key={index} class={outcome}>
            {SYMBOL[outcome]}
            <i>{outcome}</i>
          </td>
        ),
      )}
    </tr>
  );
}
