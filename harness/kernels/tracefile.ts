/** Code coverage as a tracefile, the format of lcov (geninfo(1)): writing and reading. Pure. */
import type { FileCoverage } from './code-coverage.ts';

/** The tracefile that `genhtml` and forges read; counts are 0 and 1. */
export function toTracefile(files: readonly FileCoverage[], test: string): string {
  return files
    .map(({ file, lines, functions }) => {
      const byLine = [...lines].sort(([a], [b]) => a - b);
      const named = [...functions].sort(([, a], [, b]) => a.line - b.line);
      return [
        `TN:${test.replaceAll(/\W/g, '_')}`,
        `SF:${file}`,
        ...named.map(([name, { line }]) => `FN:${line},${name}`),
        ...named.map(([name, { reached }]) => `FNDA:${Number(reached)},${name}`),
        `FNF:${named.length}`,
        `FNH:${named.filter(([, { reached }]) => reached).length}`,
        ...byLine.map(([line, reached]) => `DA:${line},${Number(reached)}`),
        `LF:${byLine.length}`,
        `LH:${byLine.filter(([, reached]) => reached).length}`,
        'end_of_record',
        '',
      ].join('\n');
    })
    .join('');
}

/**
 * Reads a tracefile. Records that say nothing of lines or functions are passed over; a line is reached if any count of it
 * is above 0.
 *
 * @returns undefined when the text has no record of a file
 */
export function readTracefile(text: string): FileCoverage[] | undefined {
  const files: FileCoverage[] = [];
  for (const line of text.split('\n')) {
    const [, kind = '', value = ''] = /^([A-Z]+):(.*)$/.exec(line) ?? [];
    if (kind === 'SF') files.push({ file: value, lines: new Map(), functions: new Map() });
    else if (files.length > 0) readRecord(files.at(-1) as FileCoverage, kind, value);
  }
  return files.length === 0 ? undefined : files;
}

function readRecord({ lines, functions }: FileCoverage, kind: string, value: string): void {
  const [first = '', second = ''] = value.split(',');
  if (kind === 'FN') functions.set(value.split(',').at(-1) ?? '', { line: Number(first), reached: false });
  if (kind === 'DA') lines.set(Number(first), Number(second) > 0 || lines.get(Number(first)) === true);
  if (kind !== 'FNDA') return;
  const known = functions.get(second);
  if (known !== undefined) known.reached ||= Number(first) > 0;
}
