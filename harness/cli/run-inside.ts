/** The run itself, in the tester's namespace: Vitest over the suites, then the results and what is made of them. */
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { allureReporterOptions } from '../report/allure.ts';
import { createProgress } from '../report/progress.ts';
import { buildResults, type RunResults, type SutInfo } from '../report/results.ts';
import type { Scenario } from '../scenario/suite.ts';
import type { Project } from './project.ts';
import { UsageError } from './selection.ts';
import { Collector } from './vitest/collector.ts';
import type { WorkerSettings } from './vitest/settings.ts';
import { runSuites } from './vitest/start.ts';

/** What the run command has worked out. */
export interface RunPlan {
  project: Project;
  scenarios: Scenario[];
  selected: boolean;
  settings: WorkerSettings;
  /** Folder of the report: results, evidence, Allure. */
  output: string;
  concurrency: number;
  allure: boolean;
  command: string[];
}

/** What has been said of this kernel's MPTCP before anything is run. @throws UsageError when there is none to judge */
export function requireMptcp(): void {
  const path = '/proc/sys/net/mptcp/enabled';
  if (!existsSync(path)) {
    throw new UsageError(
      `kernel ${release()} has no MPTCP (${path} is missing): it was built without CONFIG_MPTCP; judge a kernel that has it`,
    );
  }
  if (readFileSync(path, 'utf8').trim() === '0') {
    throw new UsageError('net.mptcp.enabled is 0 in a fresh network namespace: run "sysctl net.mptcp.enabled=1" and see what sets it');
  }
}

/** Runs the scenarios and returns the results, partial ones when the run was cut short. */
export async function runInside(plan: RunPlan): Promise<{ results: RunResults; errors: string[] }> {
  const startedAt = new Date();
  const progress = createProgress(process.stderr, plan.scenarios.length);
  const collector = new Collector(progress);
  const sut: SutInfo = {
    name: 'linux', kind: 'netns', kernel: release(),
    host: { kernel: release(), arch: process.arch, cpus: cpus().length, node: process.version },
  };
  const allure = allureReporterOptions(join(plan.output, 'allure-results'), sut);
  const cut = await runSuites({
    root: plan.project.root,
    files: [...new Set(plan.scenarios.map((scenario) => scenario.place.file))],
    settings: plan.settings,
    concurrency: plan.concurrency,
    reporters: plan.allure ? [collector, ['allure-vitest/reporter', { ...allure }]] : [collector],
    ...(plan.allure ? { setupFiles: ['allure-vitest/setup'] } : {}),
  });
  progress.end();
  const finishedAt = new Date();
  const results = buildResults({
    tool: { name: 'mptcp-conformance', version: plan.project.version },
    run: {
      startedAt: startedAt.toISOString(),
      finishedAt: finishedAt.toISOString(),
      durationMs: finishedAt.getTime() - startedAt.getTime(),
      partial: cut || collector.results.length < plan.scenarios.length,
      selected: plan.selected,
      command: plan.command,
      concurrency: plan.concurrency,
    },
    sut,
    scenarios: inOrder(collector.results, plan.scenarios),
    catalogue: plan.project.catalogue.all,
  });
  return { results, errors: collector.errors };
}

/** Results in the order of the suites, whatever order they came in. */
function inOrder(results: Collector['results'], scenarios: readonly Scenario[]): Collector['results'] {
  const place = new Map(scenarios.map((scenario, index) => [scenario.id, index]));
  return results.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
}

