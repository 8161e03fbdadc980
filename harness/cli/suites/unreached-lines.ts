/** `clauses --lines`: the lines of the kernel's code that no scenario of a run reached. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import { readTracefile } from '../../kernels/tracefile.ts';
import { unreachedText } from '../../kernels/unreached.ts';
import { clean } from '../../report/text-layout.ts';
import { lastResults } from '../inputs/last-results.ts';

/**
 * Prints the lines.
 *
 * @param file a tracefile; `true` for that of the last run
 * @param tree folder of the kernel's source, to show the text of the lines
 * @throws UsageError
 */
export function printUnreached(file: string | true, tree: string | undefined, results: string | undefined): void {
  const path = file === true ? tracefileOfLastRun(results) : file;
  if (!existsSync(path))
    throw new UsageError(
      `${path}: no such file; run with --sut kernel:... --code-coverage vmlinux, which writes lcov.info`,
    );
  const files = readTracefile(readFileSync(path, 'utf8'));
  if (files === undefined) throw new UsageError(`${path}: not a tracefile of lcov; give the lcov.info of a run`);
  const sources = new Map<string, string[] | undefined>();
  const source = (name: string, line: number): string | undefined => {
    if (tree === undefined) return undefined;
    if (!sources.has(name)) sources.set(name, linesOf(join(tree, name)));
    return sources.get(name)?.[line - 1];
  };
  const first = files[0]?.file ?? '';
  if (tree !== undefined && !existsSync(join(tree, first)))
    throw new UsageError(`--tree ${tree}: has no ${first}; give the folder of the kernel's source`);
  const text = unreachedText(files, source);
  const safe = text.replaceAll('\t', '  ').split('\n').map(clean);
  process.stdout.write(text === '' ? 'every line was reached\n' : `${safe.join('\n')}\n`);
}

function tracefileOfLastRun(results: string | undefined): string {
  const last = lastResults(results);
  if (last === undefined)
    throw new UsageError('no run has left results here; run with --sut kernel:... --code-coverage vmlinux first');
  return join(dirname(last.file), 'lcov.info');
}

function linesOf(path: string): string[] | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : undefined;
}
