/** @jsxImportSource preact */
/** Expected and actual packets side by side, as a page that stands alone. Pure. */
import type { JSX } from 'preact';
import { htmlDocument } from './markup.tsx';
import { diffColumns } from './packet-diff.ts';
import { clean } from './text-layout.ts';
import type { ExpectationResult } from '../verdict/result.ts';
import { isDeparture } from '../verdict/verdict.ts';

const STYLE =
  ':root{color-scheme:light dark}body{font:14px system-ui,sans-serif;margin:1rem}h2{font-size:1rem;margin:1rem 0 .25rem}' +
  'table{border-collapse:collapse;font:13px ui-monospace,monospace}th,td{text-align:left;padding:.15rem .8rem .15rem 0;vertical-align:top}' +
  'th{font-weight:600}.differs td{background:light-dark(#ffe3e1,#3d1418)}.differs td:first-child::before{content:"≠ "}';

/** The page, for each departure that has both packets; undefined when none has. */
export function packetDiffPage(judgements: readonly ExpectationResult[]): string | undefined {
  const shown = judgements.filter(
    (one) => isDeparture(one.verdict) && one.expected !== undefined && one.actual !== undefined,
  );
  if (shown.length === 0) return undefined;
  return htmlDocument(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Expected and actual</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        {shown.map((one, index) => (
          <Comparison key={index} judgement={one} />
        ))}
      </body>
    </html>,
  );
}

function Comparison({ judgement }: { judgement: ExpectationResult }): JSX.Element {
  const { clause, message, expected = '', actual = '', differences = [] } = judgement;
  const columns = diffColumns(
    expected,
    actual,
    differences.map(({ field }) => field),
  );
  return (
    <section>
      <h2>
        {clean(clause)}
        {message === undefined ? '' : `: ${clean(message)}`}
      </h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Expected</th>
            <th scope="col">Actual</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column, index) => (
            <tr key={index} class={column.differs ? 'differs' : undefined}>
              <td>{column.field}</td>
              <td>{column.expected}</td>
              <td>{column.actual}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
