/**
 * Reads KTAP by the grammar of the kernel's documentation (dev-tools/ktap, version 1), with tap-parser for each level:
 * a level of KTAP is TAP with another version line. No package reads KTAP as a whole.
 */
import { Parser, type FinalResults, type Result } from 'tap-parser';

/** One test, with its subtests. */
export interface KtapTest {
  ok: boolean;
  name: string;
  directive?: 'SKIP' | 'TODO' | 'XFAIL' | 'TIMEOUT' | 'ERROR';
  subtests: KtapTest[];
}

const RESULT = /^(ok|not ok) (\d+)(?: ([^#]*?))?(?: # (SKIP|TODO|XFAIL|TIMEOUT|ERROR)(?: [^#]*)?)?$/;

/** Takes KTAP apart. @throws Error that names the line which does not fit */
export function readKtap(text: string): KtapTest[] {
  if (!text.endsWith('\n')) throw new Error('KTAP ends with a line break');
  return readLevel(text.slice(0, -1).split('\n'));
}

function readLevel(lines: readonly string[]): KtapTest[] {
  const [version, plan, ...rest] = lines;
  if (version !== 'KTAP version 1') throw new Error(`expected "KTAP version 1", got "${version ?? ''}"`);
  const count = Number(/^1\.\.(\d+)$/.exec(plan ?? '')?.[1] ?? NaN);
  if (Number.isNaN(count)) throw new Error(`expected a plan, got "${plan ?? ''}"`);
  const tests: KtapTest[] = [];
  let nested: string[] = [];
  for (const line of rest) {
    if (line.startsWith('  ')) {
      nested.push(line.slice(2));
      continue;
    }
    if (line.startsWith('# ') || line === '#') continue;
    const match = RESULT.exec(line);
    if (match === null) throw new Error(`no result line: "${line}"`);
    const [, word, number, name = '', directive] = match;
    if (Number(number) !== tests.length + 1) throw new Error(`expected test ${tests.length + 1}, got "${line}"`);
    tests.push({
      ok: word === 'ok',
      name,
      subtests: nested.length === 0 ? [] : readLevel(nested),
      ...(directive === undefined ? {} : { directive: directive as NonNullable<KtapTest['directive']> }),
    });
    nested = [];
  }
  if (tests.length !== count) throw new Error(`the plan says ${count}, there are ${tests.length}`);
  if (nested.length > 0) throw new Error('subtests without the result of their test');
  agree(tests, lines);
  return tests;
}

/** tap-parser has to see the same tests on this level. */
function agree(tests: readonly KtapTest[], lines: readonly string[]): void {
  const { results, points } = parseTap(
    ['TAP version 13', ...lines.slice(1).filter((line) => !line.startsWith('  '))].join('\n'),
  );
  if (results.count !== tests.length || results.failures.some(({ tapError }) => typeof tapError === 'string')) {
    throw new Error(`tap-parser sees ${results.count} tests, and ${JSON.stringify(results.failures)}`);
  }
  for (const [index, point] of points.entries())
    if (point.ok !== tests[index]?.ok) throw new Error(`tap-parser reads test ${index + 1} otherwise`);
}

/** Parses TAP with tap-parser, to the end. */
export function parseTap(text: string): { results: FinalResults; points: Result[]; extra: string[] } {
  const points: Result[] = [];
  const extra: string[] = [];
  let results: FinalResults | undefined;
  const parser = new Parser({}, (final) => (results = final));
  parser.on('assert', (point: Result) => points.push(point));
  parser.on('extra', (line: string) => extra.push(line));
  parser.end(`${text}\n`);
  if (results === undefined) throw new Error('tap-parser came to no end');
  return { results, points, extra };
}
