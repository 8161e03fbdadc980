/** `matrix`: runs several stacks and says where they differ. */
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { makeFolder } from '../../document/make-folder.ts';
import { matrixText } from '../../report/matrix-text.ts';
import type { RunResults } from '../../report/results.ts';
import type { StackDetails } from '../../topology/contract.ts';
import { detailsFor, parseStack, prepareOutside } from '../../topology/stacks/registry.ts';
import { runCommand } from '../run/child-run.ts';
import { mergeFiles } from '../results/merge.ts';
import { openCatalogue } from '../inputs/project.ts';
import { UsageError } from '../../document/explained-error.ts';

/** Options of the command. */
export interface MatrixOptions {
  sut: string[];
  /** Runs at once. */
  atOnce: number;
  output: string;
  /** The options that say more about the stacks; each is for those that it goes with. */
  stack: StackDetails;
  /** Words that are handed to every run: the selection, and how it goes. */
  passOn: string[];
}

interface Outcome {
  sut: string;
  code: number;
  results: string;
}

/** Runs all, merges their results, prints the differences, and returns the exit code: the worst of theirs. */
export async function matrix(options: MatrixOptions): Promise<number> {
  const choices = options.sut.map((spec) => parseStack(spec, detailsFor(spec, options.stack)));
  requireTaken(options);
  const doubles = options.sut.filter((spec, index) => options.sut.indexOf(spec) !== index);
  if (doubles.length > 0) throw new UsageError(`--sut names ${doubles.join(', ')} twice; name each stack once`);
  // All are here before any is run: a kernel that cannot be had is known at once.
  for (const choice of choices) await prepareOutside(choice);
  makeFolder(options.output);
  const outcomes = await runAll(options);
  const usable = outcomes.filter(({ results }) => existsSync(results));
  for (const { sut, code } of outcomes)
    if (code !== 0 && code !== 1 && code !== 3)
      process.stderr.write(
        `${sut}: the run ended with exit code ${code}; see ${join(options.output, folderOf(sut), 'run.log')}\n`,
      );
  if (usable.length === 0) return 2;
  const file = join(options.output, 'matrix.json');
  const runs = mergeFiles(
    usable.map(({ results }) => results),
    { output: file, matrix: true },
  );
  print(runs, file);
  return (
    [2, 1, 3].find((code) => outcomes.some((one) => one.code === code)) ?? Math.max(...outcomes.map(({ code }) => code))
  );
}

/** @throws UsageError when an option goes with none of the stacks */
function requireTaken({ sut, stack }: MatrixOptions): void {
  const taken = sut.flatMap((spec) => Object.keys(detailsFor(spec, stack)));
  const idle = Object.keys(stack).find((name) => !taken.includes(name));
  if (idle !== undefined) throw new UsageError(`--${idle} does not apply to ${sut.join(', ')}; omit it`);
}

function print(runs: readonly RunResults[], file: string): void {
  const clauses = new Map(openCatalogue().all.map((clause) => [clause.id, clause]));
  process.stdout.write(`${matrixText(runs, clauses)}\n\nmatrix: ${relative(process.cwd(), file)}\n`);
}

async function runAll(options: MatrixOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = [...options.sut];
  const work = async (): Promise<void> => {
    for (let sut = waiting.shift(); sut !== undefined; sut = waiting.shift()) outcomes.push(await runOne(sut, options));
  };
  await Promise.all(Array.from({ length: Math.min(options.atOnce, waiting.length) }, work));
  return options.sut.flatMap((sut) => outcomes.find((one) => one.sut === sut) ?? []);
}

/** One run in a separate process; its output goes to a log, its progress to one line. */
async function runOne(sut: string, options: MatrixOptions): Promise<Outcome> {
  const folder = join(options.output, folderOf(sut));
  makeFolder(folder);
  const details = Object.entries(detailsFor(sut, options.stack)).flatMap(([name, value = '']) => [`--${name}`, value]);
  const args = ['run', '--sut', sut, '--output', folder, ...details, ...options.passOn];
  process.stderr.write(`${sut}: running\n`);
  const { code } = await runCommand(args, join(folder, 'run.log'));
  process.stderr.write(`${sut}: done\n`);
  return { sut, code, results: resolve(folder, 'results.json') };
}

/** `kernel:./arch/x86/boot/bzImage` as the name of a folder. */
function folderOf(sut: string): string {
  return sut.replaceAll(/[^\w.+-]+/g, '-').replaceAll(/^-|-$/g, '');
}
