/** Starts Vitest over suite files, in this process's namespace. */
import { createVitest, type CliOptions, type Reporter } from 'vitest/node';
import type { Clause } from '../../../catalogue/types.ts';
import type { AnyScenario } from '../../../multipath/scenario.ts';
import { shareOut } from './order.ts';
import type { WorkerSettings } from './settings.ts';
import { writeGroups } from './suite-groups.ts';
import { suiteOptions, workersFor } from './suite-options.ts';
import { suitePlugin } from './suite-plugin.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The suites to run, and the callbacks for their results. */
export interface SuiteRun {
  /** The installation's folder. */
  root: string;
  /** The scenarios to run. */
  scenarios: readonly AnyScenario[];
  clauses: readonly Clause[];
  settings: WorkerSettings;
  /** Scenarios at once, over all workers. */
  concurrency: number;
  reporters: (Reporter | [string, Record<string, unknown>])[];
  setupFiles?: string[];
  /** Runs the scenarios in an order of chance, the same for the same number. */
  shuffle?: number | undefined;
}

/** Runs to the end or to an interrupt; true when the run was cut short. */
export async function runSuites(run: SuiteRun): Promise<boolean> {
  const shares = shareOut(run.scenarios, workersFor(run.concurrency), run.settings.deviations);
  const groups = writeGroups(
    shares.map((scenarios) => ({ scenarios, clauses: run.clauses })),
    run.settings.evidenceRoot,
  );
  const files = groups.paths;
  const config: CliOptions = {
    ...suiteOptions(run.settings, run.concurrency),
    config: false,
    root: run.root,
    watch: false,
    include: files,
    reporters: run.reporters,
    setupFiles: run.setupFiles ?? [],
    ...(run.shuffle === undefined ? {} : { sequence: { shuffle: { files: true, tests: true }, seed: run.shuffle } }),
  };
  const known = SIGNALS.map((signal) => process.listeners(signal));
  const vitest = await withTemporaryFolder(groups.folder, () =>
    createVitest(
      'test',
      config,
      { plugins: [suitePlugin()], logLevel: 'error' },
      { stderr: process.stderr, stdout: process.stderr },
    ),
  );
  // Vitest would end the process at once; what is running shall come to its end and be reported.
  for (const [index, signal] of SIGNALS.entries()) {
    for (const listener of process.listeners(signal))
      if (known[index]?.includes(listener) !== true) process.off(signal, listener);
  }
  let cutShort = false;
  const interrupt = (): void => {
    if (cutShort) process.exit(2);
    cutShort = true;
    process.stderr.write(
      '\ninterrupted: waiting for running scenarios, then writing the results so far; interrupt again to stop immediately\n',
    );
    void vitest.cancelCurrentRun('keyboard-input');
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    await vitest.start(files);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await vitest.close();
    groups.remove();
  }
  // A failed test sets Vitest's own exit code; ours comes from the verdicts.
  process.exitCode = 0;
  return cutShort;
}

/** Vitest chooses its folder for temporary files when it is created. In `folder`, a killed run leaves none in `/tmp`. */
async function withTemporaryFolder<T>(folder: string, create: () => Promise<T>): Promise<T> {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    return await create();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}
