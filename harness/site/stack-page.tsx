/** The page of one stack: what was judged, where, and what came out. */
import type { JSX } from 'preact';
import { parseClauseId } from '../catalogue/clause-id.ts';
import type { ScenarioRecord } from '../report/results.ts';
import { clean, formatDuration } from '../report/text-layout.ts';
import { Files } from './clause-page.tsx';
import { Counts } from './matrix-page.tsx';
import { scenariosWith, tally, type SiteModel, type Stack } from './model.ts';
import { LevelMark, Mark, OutsideLink, Page, Scroll } from './page.tsx';
import { LEVEL_NAME, LEVELS } from '../verdict/level.ts';
import { judgementsOf, outcomeOf } from '../verdict/scenario-verdict.ts';
import { isDeparture } from '../verdict/verdict.ts';

/** The page. */
export function StackPage({ model, index }: { model: SiteModel; index: number }): JSX.Element | null {
  const stack = model.stacks[index];
  if (stack === undefined) return null;
  const counts = tally(model, index);
  return (
    <Page title={`${stack.label}: RFC 8684`} root="../">
      <h1>{stack.label}</h1>
      <p>
        <img src={`../badge/${stack.slug}.svg`} alt={`Badge of ${stack.label}`} />{' '}
        <a href={`../badge/${stack.slug}.svg`}>the badge as a file</a>
      </p>
      <Environment stack={stack} />
      <h2>Clauses</h2>
      <Scroll label="Clauses by level">
        <table class="overview">
          <thead>
            <tr>
              <th scope="col">Level</th>
              <th scope="col">Verdicts</th>
              <th scope="col">Judged</th>
            </tr>
          </thead>
          <tbody>
            {LEVELS.map((level) => {
              const { total, judged, ...outcomes } = counts[level];
              return (
                <tr key={level}>
                  <th scope="row">{LEVEL_NAME[level]}</th>
                  <td>
                    <Counts counts={outcomes} />
                  </td>
                  <td>
                    {judged} of {total}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
      <Scenarios stack={stack} title="Broken, and not declared" scenarios={scenariosWith(stack, 'fail', 'warn')} />
      <Scenarios stack={stack} title="Inconclusive" scenarios={scenariosWith(stack, 'error', 'inconclusive')} />
      <Scenarios stack={stack} title="Declared deviations" scenarios={scenariosWith(stack, 'declared')} />
      <ClauseList model={model} index={index} />
      {model.stacks.length < 2 ? null : <Changes model={model} index={index} />}
    </Page>
  );
}

function Environment({ stack }: { stack: Stack }): JSX.Element {
  const { sut, run, tool } = stack.run;
  const host = sut.host ?? {};
  const facts: [string, string][] = [
    ['Stack', [sut.name, sut.kernel, sut.version ?? ''].filter((part) => part !== '').join(' ')],
    ['Driver', sut.kind],
    [
      'Judged',
      `${run.startedAt}, in ${formatDuration(run.durationMs)}${run.partial ? ', interrupted' : ''}${run.selected === true ? ', a selection' : ''}`,
    ],
    ['Scenarios', `${stack.run.scenarios.length}, ${run.concurrency} at once`],
    ['Made by', `${tool.name} ${tool.version}`],
    [
      'Host',
      [host.kernel, host.arch, host.cpus === undefined ? undefined : `${host.cpus} CPUs`, host.node]
        .filter((part) => part !== undefined)
        .join(', '),
    ],
    ['Command', run.command.join(' ')],
  ];
  return (
    <dl class="facts">
      {facts
        .filter(([, text]) => text !== '')
        .map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{clean(text)}</dd>
          </div>
        ))}
    </dl>
  );
}

function Scenarios({
  stack,
  title,
  scenarios,
}: {
  stack: Stack;
  title: string;
  scenarios: readonly ScenarioRecord[];
}): JSX.Element | null {
  if (scenarios.length === 0) return null;
  return (
    <section>
      <h2>
        {title} ({scenarios.length})
      </h2>
      <Scroll label={title}>
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Verdict</th>
              <th scope="col">Scenario</th>
              <th scope="col">Why</th>
              <th scope="col">Evidence</th>
            </tr>
          </thead>
          <tbody>
            {scenarios.map((scenario) => (
              <ScenarioRow key={scenario.id} stack={stack} scenario={scenario} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function ScenarioRow({ stack, scenario }: { stack: Stack; scenario: ScenarioRecord }): JSX.Element {
  const broken = [
    ...new Set(
      judgementsOf(scenario)
        .filter(({ verdict }) => isDeparture(verdict))
        .map(({ clause }) => clause),
    ),
  ];
  const why = scenario.declared?.reason ?? scenario.reason ?? '';
  const link = scenario.declared?.link;
  return (
    <tr>
      <td>
        <Mark outcome={outcomeOf(scenario)} />
      </td>
      <th scope="row">
        <code>{clean(scenario.id)}</code>
      </th>
      <td>
        {broken.map((id) => (
          <span key={id}>
            {parseClauseId(id) !== undefined ? (
              <a href={`../clause/${id}.html#${stack.slug}`}>{clean(id)}</a>
            ) : (
              clean(id)
            )}{' '}
          </span>
        ))}
        {clean(why)} {link === undefined ? null : <OutsideLink url={clean(link)}>more</OutsideLink>}
      </td>
      <td>
        <Files stack={stack} scenario={scenario} />
      </td>
    </tr>
  );
}

function ClauseList({ model, index }: { model: SiteModel; index: number }): JSX.Element {
  const slug = model.stacks[index]?.slug ?? '';
  return (
    <section>
      <h2>Every clause</h2>
      {model.sections.map(({ section, title, rows }) => (
        <details key={section}>
          <summary>
            {title} <Counts counts={countsOf(rows.map(({ outcomes }) => outcomes[index]))} />
          </summary>
          <ul class="clauses">
            {rows.map((row) => (
              <li key={row.id}>
                <a href={`../clause/${row.id}.html#${slug}`}>{row.id}</a> <LevelMark level={row.level} />{' '}
                <Mark outcome={row.outcomes[index]} /> {row.clause?.summary}
              </li>
            ))}
          </ul>
        </details>
      ))}
    </section>
  );
}

function countsOf(
  outcomes: readonly SiteModel['rows'][number]['outcomes'][number][],
): Parameters<typeof Counts>[0]['counts'] {
  const counts: Parameters<typeof Counts>[0]['counts'] = {};
  for (const outcome of outcomes) if (outcome !== undefined) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

function Changes({ model, index }: { model: SiteModel; index: number }): JSX.Element {
  return (
    <section>
      <h2>Compared with</h2>
      <ul>
        {model.stacks.map((other, at) =>
          at === index ? null : (
            <li key={other.slug}>
              <a href={`../compare/${pairName(model, at, index)}.html`}>{other.label}</a>
            </li>
          ),
        )}
      </ul>
    </section>
  );
}

/** File name of the page that compares two stacks, the earlier one first. */
export function pairName(model: SiteModel, a: number, b: number): string {
  const [from, to] = a < b ? [a, b] : [b, a];
  return `${model.stacks[from]?.slug ?? ''}_${model.stacks[to]?.slug ?? ''}`;
}
