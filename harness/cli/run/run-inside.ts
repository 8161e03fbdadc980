/** The run itself, in the tester's namespace: Vitest over the suites, then the results and what is made of them. */
import type { SutInfo } from '../../verdict/stack-info.ts';
import { join } from 'node:path';
import { allureReporterOptions } from '../../report/allure-reporter.ts';
import type { DeviationList } from '../../report/deviations.ts';
import { createProgress } from '../../report/progress.ts';
import { buildResults, inOrderOf, type RunResults, type Shard } from '../../report/results.ts';
import type { AnyScenario } from '../../multipath/scenario.ts';
import type { Project } from '../inputs/project.ts';
import { beginJournal, type JournalHead } from './journal.ts';
import { dropEvidence } from './output-folder.ts';
import { Collector } from './vitest/collector.ts';
import type { WorkerSettings } from './vitest/settings.ts';
import { runSuites } from './vitest/start.ts';
import { isKept } from '../../verdict/verdict.ts';

/** The run command's decisions, made before it enters the namespace. */
export interface RunPlan {
  project: Project;
  scenarios: AnyScenario[];
  selected: boolean;
  shard?: Shard | undefined;
  settings: WorkerSettings;
  /** Declared deviations of the stack. */
  deviations: DeviationList;
  /** The stack, as recorded in the results. */
  sut: SutInfo;
  /** Folder of the report: results, evidence, Allure. */
  output: string;
  concurrency: number;
  /** Seed of the order; the suites' own order when absent. */
  shuffle?: number | undefined;
  allure: boolean;
  /** Keep the evidence of every scenario, or only of those that did not pass. */
  keepCaptures: 'all' | 'failed';
  command: string[];
}

/** Runs the scenarios and returns the results, partial ones when the run was cut short. */
export async function runInside(plan: RunPlan): Promise<{ results: RunResults; errors: string[] }> {
  const startedAt = new Date();
  const progress = createProgress(process.stderr, plan.scenarios.length);
  const collector = new Collector(progress);
  const allure = allureReporterOptions(join(plan.output, 'allure-results'), plan.sut);
  const { deviations, ...head } = headOf(plan, startedAt);
  beginJournal(plan.settings.evidenceRoot, { ...head, deviations });
  const cut = await runSuites({
    root: plan.project.root,
    scenarios: plan.scenarios,
    clauses: plan.project.catalogue.all,
    settings: plan.settings,
    concurrency: plan.concurrency,
    shuffle: plan.shuffle,
    reporters: plan.allure ? [collector, ['allure-vitest/reporter', { ...allure }]] : [collector],
    ...(plan.allure ? { setupFiles: ['allure-vitest/setup'] } : {}),
  });
  progress.end();
  if (plan.keepCaptures === 'failed') dropPassed(collector.results, plan.output);
  const finishedAt = new Date();
  const results = buildResults({
    ...head,
    run: {
      ...head.run,
      finishedAt: finishedAt.toISOString(),
      durationMs: finishedAt.getTime() - startedAt.getTime(),
      partial: cut || collector.results.length < plan.scenarios.length,
    },
    scenarios: inOrderOf(
      collector.results,
      plan.scenarios.map(({ id }) => id),
    ),
    catalogue: plan.project.catalogue.all,
  });
  return { results, errors: collector.errors };
}

function headOf(plan: RunPlan, startedAt: Date): JournalHead {
  return {
    tool: { name: 'mptcp-conformance', version: plan.project.version },
    run: {
      startedAt: startedAt.toISOString(),
      selected: plan.selected,
      ...(plan.shard === undefined ? {} : { shard: plan.shard }),
      command: plan.command,
      concurrency: plan.concurrency,
      ...(plan.shuffle === undefined ? {} : { seed: String(plan.shuffle) }),
    },
    sut: plan.sut,
    deviations: plan.deviations,
  };
}

/** Removes the evidence of what passed; only now, since reporters copy from it to the last. */
function dropPassed(results: Collector['results'], output: string): void {
  for (const result of results) {
    const isWritten = Object.keys(result.evidence).length > 0 || result.trouble !== undefined;
    if (!isKept(result.verdict) || !isWritten) continue;
    dropEvidence(output, result.id);
    result.evidence = {};
  }
}
