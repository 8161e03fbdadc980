/** The lines of code that a run did not execute, function by function, for people. Pure. */
import type { FileCoverage } from './code-coverage.ts';

/** Text of a line of a file's source, without its end; undefined where the source is not at hand. */
export type SourceLine = (file: string, line: number) => string | undefined;

/** Lines with code that follow each other, counted from 1, both included. */
interface Range {
  first: number;
  last: number;
}

interface UnreachedFunction {
  name: string;
  /** No line of it was reached. */
  whole: boolean;
  ranges: Range[];
}

/** The files with unreached lines: each function, and its ranges of lines or their text. Empty when all was reached. */
export function unreachedText(files: readonly FileCoverage[], source: SourceLine): string {
  return files
    .flatMap((one) => {
      const missed = [...one.lines.values()].filter((reached) => !reached).length;
      if (missed === 0) return [];
      return [
        `${one.file}: ${missed} of ${one.lines.size} lines were not reached`,
        ...unreachedIn(one).flatMap((each) => functionLines(one.file, each, source)),
        '',
      ];
    })
    .join('\n');
}

function functionLines(file: string, { name, whole, ranges }: UnreachedFunction, source: SourceLine): string[] {
  const at = ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(', ');
  const text = ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i).flatMap((line) => {
      const code = source(file, line);
      return code === undefined ? [] : [`    ${String(line).padStart(5)}  ${code}`];
    }),
  );
  return [`  ${name}${whole ? ' (whole)' : ''}: ${at}`, ...text];
}

/** A line belongs to the last function that begins before it. */
function unreachedIn({ lines, functions }: FileCoverage): UnreachedFunction[] {
  const starts = [...functions].map(([name, { line }]) => ({ name, line })).sort((a, b) => a.line - b.line);
  const found = new Map<string, UnreachedFunction>();
  let previous: { name: string; reached: boolean } | undefined;
  for (const [line, reached] of [...lines].sort(([a], [b]) => a - b)) {
    const name = starts.findLast((one) => one.line <= line)?.name ?? 'outside of functions';
    const one = found.get(name) ?? { name, whole: true, ranges: [] };
    found.set(name, one);
    if (reached) one.whole = false;
    else {
      const open = previous?.name === name && !previous.reached ? one.ranges.at(-1) : undefined;
      if (open === undefined) one.ranges.push({ first: line, last: line });
      else open.last = line;
    }
    previous = { name, reached };
  }
  return [...found.values()].filter(({ ranges }) => ranges.length > 0);
}
