/** Vitest's options for suites, for every way to start it: `run`, `mutants`, or Vitest itself through `suites.config.ts`. */
import { cpus } from 'node:os';
import type { InlineConfig } from 'vitest/node';
import type { WorkerSettings } from './settings.ts';

/** A worker makes short-lived objects all the time: with room for them, garbage is collected a twentieth as often. */
const WORKER_FLAGS = ['--max-semi-space-size=32', '--min-semi-space-size=32'];

/** Worker processes for this many scenarios at once. */
export function workersFor(concurrency: number): number {
  return Math.max(1, Math.min(cpus().length, concurrency));
}

/**
 * Options of Vitest that scenarios depend on.
 *
 * @param concurrency scenarios at once, over all workers
 */
export function suiteOptions(settings: WorkerSettings, concurrency: number) {
  const workers = workersFor(concurrency);
  const atOnce = Math.max(1, Math.ceil(concurrency / workers));
  return {
    pool: 'forks',
    execArgv: [...WORKER_FLAGS],
    isolate: false,
    maxWorkers: workers,
    maxConcurrency: atOnce,
    provide: { conformance: settings, atOnce },
    server: { deps: { external: [/\/dist\//] } },
  } satisfies InlineConfig;
}
