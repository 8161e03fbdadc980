/** Makes the HTML report from Allure results. No Java, no network. */
import { makeFolder } from '../document/make-folder.ts';
import { ExplainedError } from '../document/explained-error.ts';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ALLURE_CATEGORIES } from './allure-reporter.ts';

/** The HTML report could not be made; the message holds what Allure said. */
class AllureReportError extends ExplainedError {
  override readonly name = 'AllureReportError';
}

/** Labels that say how the report was made, and nothing of the stack. */
const HIDDEN_LABELS = ['framework', 'language', 'host', 'thread', 'package', '_fallbackTestCaseId'];

/** Earlier runs that the report remembers; each takes 4 MB of it. */
const HISTORY = 3;

/** Options of the report. */
export interface AllureReportOptions {
  name?: string;
  /** One HTML file with everything in it. */
  singleFile?: boolean;
  /** File of the history of runs, to which this one is added. */
  historyFile?: string;
  /** Shown as the environment of the report. */
  environment?: Readonly<Record<string, string>>;
}

/**
 * Makes a static report from a folder of Allure results with the package `allure`, replacing what is in `outDir`.
 *
 * @returns path of its `index.html`
 * @throws AllureReportError when there are no results, or Allure fails
 */
export async function generateAllureReport(
  resultsDir: string,
  outDir: string,
  options: AllureReportOptions = {},
): Promise<string> {
  const results = resolve(resultsDir);
  const out = resolve(outDir);
  if (countResults(results) === 0) {
    throw new AllureReportError(`${resultsDir}: no Allure results; run with --allure first`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-allure-'));
  try {
    const config = join(folder, 'allurerc.json');
    writeFileSync(
      config,
      JSON.stringify({
        categories: ALLURE_CATEGORIES,
        ...(options.environment === undefined ? {} : { variables: options.environment }),
        ...(options.historyFile === undefined
          ? {}
          : { historyPath: resolve(options.historyFile), historyLimit: HISTORY, appendHistory: true }),
      }),
    );
    makeFolder(dirname(out));
    await runAllure(
      [
        'awesome',
        results,
        '--cwd',
        dirname(results),
        '--config',
        config,
        '--output',
        out,
        '--report-name',
        options.name ?? 'RFC 8684 conformance',
        '--report-language',
        'en',
        '--group-by',
        'epic,feature,story',
        ...HIDDEN_LABELS.flatMap((label) => ['--hide-labels', label]),
        ...(options.singleFile === true ? ['--single-file'] : []),
      ],
      folder,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return join(out, 'index.html');
}

function countResults(folder: string): number {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('-result.json')).length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** Path of the package that makes the report, an optional dependency. @throws AllureReportError when it is not installed */
export function requireAllure(): string {
  try {
    return createRequire(import.meta.url).resolve('allure');
  } catch (error) {
    throw new AllureReportError(
      'the package allure is not installed, as after "npm install --omit=optional"; run: npm install allure',
      { cause: error },
    );
  }
}

async function runAllure(args: readonly string[], cwd: string): Promise<void> {
  const program = join(dirname(requireAllure()), '..', 'cli.js');
  const { execa } = await import('execa');
  const { failed, all, shortMessage } = await execa(process.execPath, [program, ...args], {
    cwd,
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  if (failed) throw new AllureReportError(`allure failed: ${shortMessage ?? ''}\n${all.slice(-4000).trim()}`);
}
