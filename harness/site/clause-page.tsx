/** The page of one clause: what it asks, and what each stack did. */
import type { JSX } from 'preact';
import { anchorUrl, parseClauseId } from '../catalogue/clause-id.ts';
import { sectionTitle } from '../catalogue/rfc-outline.ts';
import { alignPackets } from '../report/packet-diff.ts';
import type { ScenarioRecord } from '../report/results.ts';
import { clean } from '../report/text-layout.ts';
import { judgementsFor, type ClauseRow, type Judgement, type SiteModel, type Stack } from './model.ts';
import { LevelMark, Mark, OutsideLink, Page, Scroll } from './page.tsx';
import type { ExpectationResult } from '../verdict/result.ts';
import { judgementsOf } from '../verdict/scenario-verdict.ts';
import { isDeparture } from '../verdict/verdict.ts';

/** Scenarios shown with their packets, for each stack; the rest are in the table below them. */
const SHOWN = 3;
/** Rows of the table of scenarios that are not folded away. */
const MOST_ROWS = 400;

/** The page. */
export function ClausePage({ model, row }: { model: SiteModel; row: ClauseRow }): JSX.Element {
  const { clause, id } = row;
  const at = model.rows.indexOf(row);
  const [before, after] = [model.rows[at - 1], model.rows[at + 1]];
  return (
    <Page title={`${id}: RFC 8684`} root="../">
      <p class="path">
        <a href={`../index.html#s${id.slice(0, id.lastIndexOf('-'))}`}>
          {sectionTitle(id.slice(0, id.lastIndexOf('-')))}
        </a>
      </p>
      <h1>
        {id} <LevelMark level={row.level} />
      </h1>
      <p class="lead">
        {clause?.summary ?? 'The catalogue of the version that made this page does not have this clause.'}
      </p>
      <dl class="facts">
        {parseClauseId(id) === undefined ? null : (
          <div>
            <dt>In the RFC</dt>
            <dd>
              <a href={anchorUrl(id)} rel="noreferrer">
                RFC 8684, {id}
              </a>
            </dd>
          </div>
        )}
        {clause === undefined ? null : <Facts clause={clause} />}
      </dl>
      <nav aria-label="Stacks" class="verdicts">
        {model.stacks.map((stack, index) => (
          <a key={stack.slug} href={`#${stack.slug}`}>
            {stack.label} <Mark outcome={row.outcomes[index]} />
          </a>
        ))}
      </nav>
      {model.stacks.map((stack, index) => (
        <StackSection key={stack.slug} stack={stack} row={row} index={index} />
      ))}
      <nav aria-label="Clauses" class="around">
        {before === undefined ? (
          <span />
        ) : (
          <a rel="prev" href={`${before.id}.html`}>
            ← {before.id}
          </a>
        )}
        {after === undefined ? (
          <span />
        ) : (
          <a rel="next" href={`${after.id}.html`}>
            {after.id} →
          </a>
        )}
      </nav>
    </Page>
  );
}

function Facts({ clause }: { clause: NonNullable<ClauseRow['clause']> }): JSX.Element {
  return (
    <>
      <div>
        <dt>Binds</dt>
        <dd>{clause.roles.join(', ')}</dd>
      </div>
      <div>
        <dt>Concerns</dt>
        <dd>{clause.concerns.join(', ')}</dd>
      </div>
      <div>
        <dt>Broken, it shows as</dt>
        <dd>{clause.broken}</dd>
      </div>
      {clause.reason === undefined ? null : (
        <div>
          <dt>Not judged from outside</dt>
          <dd>{clause.reason}</dd>
        </div>
      )}
      {clause.related.length === 0 ? null : (
        <div>
          <dt>See also</dt>
          <dd>
            {clause.related.map((one, index) => (
              <span key={one}>
                {index > 0 ? ', ' : ''}
                <a href={`${one}.html`}>{one}</a>
              </span>
            ))}
          </dd>
        </div>
      )}
    </>
  );
}

function StackSection({ stack, row, index }: { stack: Stack; row: ClauseRow; index: number }): JSX.Element {
  const judgements = judgementsFor(stack, row.id);
  const monitored = stack.clauses.get(row.id)?.monitored;
  const telling = judgements.filter(({ outcome }) => outcome !== 'pass');
  const shown = (telling.length === 0 ? judgements : telling).slice(0, telling.length === 0 ? 1 : SHOWN);
  return (
    <section id={stack.slug} aria-labelledby={`h-${stack.slug}`} class="stack-section">
      <h2 id={`h-${stack.slug}`}>
        <a href={`../stack/${stack.slug}.html`}>{stack.label}</a> <Mark outcome={row.outcomes[index]} />
      </h2>
      {monitored === undefined ? null : <p>It held on the captures of {monitored} scenarios, packet by packet.</p>}
      {judgements.length === 0 && monitored === undefined ? <p>No scenario of this run judged it.</p> : null}
      {shown.map((judgement) => (
        <Shown key={judgement.scenario.id} judgement={judgement} stack={stack} row={row} />
      ))}
      {judgements.length <= 1 ? null : <AllScenarios judgements={judgements} stack={stack} />}
    </section>
  );
}

function Shown({ judgement, stack, row }: { judgement: Judgement; stack: Stack; row: ClauseRow }): JSX.Element {
  const { scenario, outcome } = judgement;
  const said = judgementsOf(scenario).filter((one) => one.clause === row.id && one.verdict !== 'pass');
  const files = stack.evidence.get(scenario.id);
  return (
    <article>
      <h3>
        <Mark outcome={outcome} /> {clean(scenario.title)}
      </h3>
      <p>
        <code>{clean(scenario.id)}</code>
      </p>
      {scenario.declared === undefined ? null : (
        <p class="declared-reason">
          Declared: {clean(scenario.declared.reason)}{' '}
          {scenario.declared.link === undefined ? null : (
            <OutsideLink url={clean(scenario.declared.link)}>more</OutsideLink>
          )}
        </p>
      )}
      {said.map((one, number) => (
        <Found key={number} expectation={one} />
      ))}
      <p class="files">
        <Files stack={stack} scenario={scenario} />
      </p>
      {files?.ladder === undefined ? null : (
        <details open={outcome !== 'declared' && isDeparture(outcome)}>
          <summary>Ladder diagram</summary>
          <Scroll label={`Ladder diagram of ${clean(scenario.id)}`}>
            <img
              class="ladder"
              loading="lazy"
              src={`../${files.ladder}`}
              alt={`Packets between tester and stack in ${clean(scenario.id)}, ${outcome}. The file holds them as text.`}
            />
          </Scroll>
        </details>
      )}
      <p>
        Again: <code class="command">{clean(scenario.rerun)}</code>
      </p>
    </article>
  );
}

function Found({ expectation }: { expectation: ExpectationResult }): JSX.Element {
  const { message, expected, actual, differences = [], step } = expectation;
  const diff =
    expected === undefined || actual === undefined
      ? undefined
      : alignPackets(
          expected,
          actual,
          differences.map(({ field }) => field),
        );
  const lines =
    diff === undefined
      ? [
          expected === undefined ? '' : `expected  ${clean(expected)}`,
          actual === undefined ? '' : `actual    ${clean(actual)}`,
        ]
      : [`expected  ${diff.expected}`, `actual    ${diff.actual}`, diff.marks === '' ? '' : `          ${diff.marks}`];
  const text = lines.filter((line) => line !== '').join('\n');
  return (
    <div class="found">
      {message === undefined ? null : <p>{clean(message)}</p>}
      <p>
        Step: <code>{clean(step)}</code>
      </p>
      {text === '' ? null : (
        <Scroll label="Expected and actual packet">
          <pre>{text}</pre>
        </Scroll>
      )}
    </div>
  );
}

/** Links to what is left of a scenario. */
export function Files({ stack, scenario }: { stack: Stack; scenario: ScenarioRecord }): JSX.Element {
  const files = stack.evidence.get(scenario.id);
  if (files === undefined || (files.pcap === undefined && files.ladder === undefined))
    return <span>no evidence kept</span>;
  return (
    <>
      {files.pcap === undefined ? null : (
        <a href={`../${files.pcap}`} download aria-label={`Capture of ${clean(scenario.id)}`}>
          capture
        </a>
      )}{' '}
      {files.ladder === undefined ? null : (
        <a href={`../${files.ladder}`} aria-label={`Ladder diagram of ${clean(scenario.id)}`}>
          diagram
        </a>
      )}
    </>
  );
}

function AllScenarios({ judgements, stack }: { judgements: readonly Judgement[]; stack: Stack }): JSX.Element {
  const rows = judgements.slice(0, MOST_ROWS);
  return (
    <details>
      <summary>All {judgements.length} scenarios that judged it</summary>
      <Scroll label={`Scenarios of ${stack.label}`}>
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Verdict</th>
              <th scope="col">Scenario</th>
              <th scope="col">Evidence</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ scenario, outcome }) => (
              <tr key={scenario.id}>
                <td>
                  <Mark outcome={outcome} />
                </td>
                <th scope="row">
                  <code>{clean(scenario.id)}</code>
                </th>
                <td>
                  <Files stack={stack} scenario={scenario} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {judgements.length > rows.length ? (
        <p>and {judgements.length - rows.length} more, all with the last verdict</p>
      ) : null}
    </details>
  );
}
