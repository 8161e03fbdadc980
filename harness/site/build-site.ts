/** Writes the site into a folder. */
import { ExplainedError } from '../document/explained-error.ts';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Clause } from '../catalogue/types.ts';
import { projectFile } from '../document/project-file.ts';
import type { RunResults } from '../report/results.ts';
import { badgeSvg } from './badge.ts';
import { ClausePage } from './clause-page.tsx';
import { ComparePage, ComparisonsPage } from './compare-page.tsx';
import { placeEvidence } from './evidence.ts';
import { MatrixPage } from './matrix-page.tsx';
import { siteModel, withEvidence, type SiteModel } from './model.ts';
import type { ProofFile } from '../prove/proof-file.ts';
import { pairName, StackPage } from './stack-page.tsx';
import { TeethPage } from './teeth-page.tsx';

/** Marks a folder as a site of ours, which may be replaced. */
const MARKER = '.mptcp-conformance-site';

/** A site that cannot be written; the message says why. */
export class SiteError extends ExplainedError {
  override readonly name = 'SiteError';
}

/** A run, and the folder that its evidence is relative to. */
export interface SiteRun {
  run: RunResults;
  folder: string;
}

/** The files that were written. */
export interface BuiltSite {
  /** Path of the front page. */
  index: string;
  pages: number;
  /** Evidence that is missing or is something else, one line each. */
  problems: string[];
}

/**
 * Builds the site beside its place and then puts it there: a reader never sees half of it.
 *
 * @throws SiteError when the folder holds something else; it is left alone
 */
export function buildSite(
  runs: readonly SiteRun[],
  catalogue: readonly Clause[],
  out: string,
  version: string,
  proof?: ProofFile,
): BuiltSite {
  const target = resolve(out);
  requireOurs(target);
  const fresh = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  try {
    const bare = siteModel(
      runs.map(({ run }) => run),
      catalogue,
      version,
    );
    mkdirSync(fresh, { recursive: true });
    writeFileSync(join(fresh, MARKER), '');
    for (const name of ['site.css', 'site.js']) copyFileSync(projectFile(`reports/site/${name}`), join(fresh, name));
    const placed = bare.stacks.map((stack, index) => placeEvidence(stack, runs[index]?.folder ?? '.', fresh));
    const model = withEvidence(
      bare,
      placed.map(({ evidence }) => evidence),
    );
    const problems = placed.flatMap((one) => one.problems);
    const pages = writePages(model, fresh, proof);
    replace(target, fresh);
    return { index: join(target, 'index.html'), pages, problems };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function requireOurs(target: string): void {
  if (!existsSync(target)) return;
  let names: string[];
  try {
    names = readdirSync(target);
  } catch (error) {
    throw new SiteError(`${target} is not a folder; choose another --output`, { cause: error });
  }
  if (names.length === 0 || names.includes(MARKER)) return;
  throw new SiteError(`${target} has other content than a site of this program; choose another --output, or empty it`);
}

function replace(target: string, fresh: string): void {
  const old = join(dirname(target), `.${basename(target)}.${process.pid}.old`);
  if (existsSync(target)) renameSync(target, old);
  renameSync(fresh, target);
  rmSync(old, { recursive: true, force: true });
}

function writePages(model: SiteModel, folder: string, proof: ProofFile | undefined): number {
  let pages = 0;
  for (const name of ['clause', 'stack', 'compare', 'badge']) mkdirSync(join(folder, name));
  const write = (file: string, page: VNode): void => {
    pages++;
    writeFileSync(join(folder, file), `<!doctype html>\n${renderToString(page)}\n`);
  };
  write('index.html', MatrixPage({ model, hasTeeth: proof !== undefined }));
  if (proof !== undefined) write('teeth.html', TeethPage({ model, proof }));
  write('compare.html', ComparisonsPage({ model }));
  for (const row of model.rows) write(`clause/${row.id}.html`, ClausePage({ model, row }));
  for (const [index, stack] of model.stacks.entries()) {
    const page = StackPage({ model, index });
    if (page !== null) write(`stack/${stack.slug}.html`, page);
    writeFileSync(join(folder, 'badge', `${stack.slug}.svg`), badgeSvg(model, index));
    for (let to = index + 1; to < model.stacks.length; to++) {
      write(`compare/${pairName(model, index, to)}.html`, ComparePage({ model, from: index, to }));
    }
  }
  return pages;
}
