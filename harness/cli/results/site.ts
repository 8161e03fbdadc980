/** `site`: a static site from results. */
import { dirname, relative, resolve } from 'node:path';
import { readProof } from '../../prove/proof-file.ts';
import { readRuns } from '../../report/results-file.ts';
import { compareSuts, MergeError, sutKey } from '../../report/runs.ts';
import { buildSite, type SiteRun } from '../../site/build-site.ts';
import { openCatalogue, projectVersion } from '../inputs/project.ts';

/** Options of the command. */
export interface SiteOptions {
  output: string;
  /** Path of the file that `prove` wrote, if it was run. */
  proof: string;
}

/** Problems with evidence that are reported one by one. */
const MOST_PROBLEMS = 5;

/** Builds the site. @throws ResultsFileError, MergeError or SiteError; what was there stays then */
export function site(files: readonly string[], options: SiteOptions): void {
  const runs = files.flatMap((file) => readRuns(file).map((run): SiteRun => ({ run, folder: dirname(resolve(file)) })));
  runs.sort((a, b) => compareSuts(a.run.sut, b.run.sut));
  requireDistinct(runs);
  const { index, pages, problems } = buildSite(
    runs,
    openCatalogue().all,
    options.output,
    projectVersion(),
    readProof(options.proof),
  );
  for (const problem of problems.slice(0, MOST_PROBLEMS)) process.stderr.write(`evidence left out: ${problem}\n`);
  if (problems.length > MOST_PROBLEMS)
    process.stderr.write(`evidence left out: ${problems.length - MOST_PROBLEMS} more\n`);
  const short = relative(process.cwd(), index);
  process.stdout.write(`site: ${short.startsWith('..') ? index : short} (${pages} pages)\n`);
}

function requireDistinct(runs: readonly SiteRun[]): void {
  const seen = new Set<string>();
  for (const { run } of runs) {
    const key = sutKey(run.sut);
    if (seen.has(key)) {
      throw new MergeError(
        `${run.sut.name} ${run.sut.kernel} (${run.sut.kind}) occurs twice; merge shards with "mptcp-conformance merge" first, or run each with --label`,
      );
    }
    seen.add(key);
  }
}
