/** `gate`: whether anything got worse than a baseline. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join, dirname } from 'node:path';
import type { Clause } from '../../catalogue/types.ts';
import { acceptNew, newFailures } from '../../report/accept-new.ts';
import {
  compareWithBaseline,
  recordVerdicts,
  updatedVerdicts,
  type Baseline,
  type GateLevel,
} from '../../report/baseline.ts';
import {
  BaselineError,
  emptyDeviations,
  loadBaseline,
  verdictsFile,
  writeVerdicts,
} from '../../report/baseline-file.ts';
import { decide, gateExitCode, toRunAgain, type AloneRuns, type GateDecision } from '../../report/gate.ts';
import { gateMarkdown } from '../../report/gate-markdown.ts';
import { gateText } from '../../report/gate-text.ts';
import type { RunResults } from '../../report/results.ts';
import { readResults, writeWhole } from '../../report/results-file.ts';
import { styleFor } from '../../report/text-layout.ts';
import { requireWritable, STANDARD_OUTPUT } from '../inputs/output-file.ts';
import { openCatalogue } from '../inputs/project.ts';
import { runAlone } from '../run/run-alone.ts';
import { UsageError } from '../../document/explained-error.ts';

/** Options of the command. */
interface GateOptions {
  baseline: string;
  level: GateLevel;
  /** Run what got worse again, alone. */
  rerun: boolean;
  update: boolean;
  forget: boolean;
  init: boolean;
  /** Declare the failures of scenarios that the baseline does not know. */
  acceptNew?: boolean;
  /** Markdown is appended there. */
  markdown?: string;
}

/** Options as the command line has them. */
export type GateCommandOptions = Omit<GateOptions, 'baseline'> & Partial<Pick<GateOptions, 'baseline'>>;

/**
 * Runs the command and returns its exit code.
 *
 * @throws UsageError, ResultsFileError, BaselineError, DocumentError; nothing is written then
 */
export async function gate(file: string, given: GateCommandOptions): Promise<number> {
  const { baseline: named } = given;
  if (named === undefined)
    throw new UsageError('name a baseline: --baseline FILE, or defaults of "gate" in mptcp-conformance.yaml');
  const options: GateOptions = { ...given, baseline: named };
  if (options.markdown !== undefined) requireWritable('--markdown', options.markdown);
  const results = readResults(file);
  if (results.scenarios.length === 0) throw new UsageError(`${file} has no scenarios; nothing to compare`);
  if (options.init) {
    initialize(file, results, options.baseline);
    return 0;
  }
  const baseline = loadBaseline(options.baseline);
  if (baseline.declared.sut !== '' && baseline.declared.sut !== results.sut.name)
    throw new UsageError(
      `${options.baseline} is of ${baseline.declared.sut}, the results are of ${results.sut.name}; take a baseline of ${results.sut.name}, which may extend that one`,
    );
  requireUpdatable(results, options);
  if (options.acceptNew === true) return acceptAndCompare(file, results, baseline, options);
  return compare(file, results, baseline, options);
}

/** Compares, reports and records. Returns the exit code. */
async function compare(file: string, results: RunResults, baseline: Baseline, options: GateOptions): Promise<number> {
  const comparison = compareWithBaseline(results, baseline, options.level);
  const again: AloneRuns = options.rerun ? await runAlone(toRunAgain(comparison), results) : { rounds: [] };
  const decision = decide(comparison, baseline, options.level, again);
  report(decision, file, options);
  if (options.update) {
    const target = verdictsFile(options.baseline);
    writeVerdicts(target, updatedVerdicts({ ...comparison, worse: decision.red }, baseline, options.forget));
    process.stdout.write(
      `recorded in ${target}${decision.red.length > 0 ? '; regressions keep their earlier verdict' : ''}\n`,
    );
  }
  return gateExitCode(decision);
}

/** Declares what new scenarios break, and compares with that. */
async function acceptAndCompare(
  file: string,
  results: RunResults,
  baseline: Baseline,
  options: GateOptions,
): Promise<number> {
  if (baseline.verdicts === undefined)
    throw new UsageError(
      `${options.baseline} has no recorded verdicts, so no scenario is new; record them first with --init`,
    );
  const failures = newFailures(compareWithBaseline(results, baseline, 'should'));
  if (failures.length > 0) {
    const text = readFileSync(options.baseline, 'utf8');
    const accepted = acceptNew(text, failures, results.tool.version);
    writeWhole(options.baseline, accepted.text);
    process.stdout.write(
      `declared in ${options.baseline}: ${accepted.findings.join(', ')}; write the reason of each\n`,
    );
  }
  return compare(file, results, loadBaseline(options.baseline), { ...options, update: true });
}

function report(decision: GateDecision, file: string, options: GateOptions): void {
  const clauses: ReadonlyMap<string, Clause> = new Map(openCatalogue().all.map((clause) => [clause.id, clause]));
  const locate = (path: string): string => join(dirname(file), path);
  const stream = options.markdown === STANDARD_OUTPUT ? process.stderr : process.stdout;
  stream.write(gateText(decision, { ...styleFor(stream), clauses, locate, updating: options.update }));
  if (options.markdown === undefined) return;
  const markdown = gateMarkdown(decision, { clauses, locate });
  if (options.markdown === STANDARD_OUTPUT) process.stdout.write(markdown);
  else appendFileSync(options.markdown, markdown);
}

function initialize(file: string, results: RunResults, baseline: string): void {
  if (!/\.ya?ml$/.test(baseline))
    throw new UsageError(`--init needs the name of a deviations file, such as linux-6.18.yaml; got ${baseline}`);
  const target = verdictsFile(baseline);
  if (existsSync(target)) throw new BaselineError(`${target} already exists; use --update to change it`);
  requireWhole(file, results, '--init');
  if (!existsSync(baseline)) writeWhole(baseline, emptyDeviations(results.sut.name, results.sut.kernel));
  writeVerdicts(target, recordVerdicts(results));
  process.stdout.write(
    `recorded in ${target}: ${results.scenarios.length} scenarios, ${results.clauses.length} clauses\n`,
  );
}

function requireUpdatable(results: RunResults, options: GateOptions): void {
  if (options.forget && !options.update) throw new UsageError('--forget needs --update');
  if (!options.update && options.acceptNew !== true) return;
  if (!/\.ya?ml$/.test(options.baseline)) {
    throw new UsageError(
      `--update and --accept-new write beside a deviations file (.yaml); ${options.baseline} is the results of a run`,
    );
  }
  if (results.run.partial)
    throw new UsageError('the run was interrupted; --update and --accept-new need a complete run');
  if (options.forget && results.run.selected === true)
    throw new UsageError('the run was a selection; --forget needs a run of all scenarios');
}

function requireWhole(file: string, { run }: RunResults, option: string): void {
  if (!run.partial && run.selected !== true) return;
  throw new UsageError(
    `${file} is from a run that was ${run.partial ? 'interrupted' : 'a selection'}; ${option} needs a run of all scenarios`,
  );
}
