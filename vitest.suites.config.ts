import { join, resolve } from 'node:path';
import { mkdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { suitePlugin } from './harness/cli/run/vitest/suite-plugin.ts';
import { ensureAgent } from './harness/sut/build-agent.ts';

/**
 * The suites as Vitest test files, for whoever wants Vitest's own filters, watch mode, sharding and reporters:
 * `npx mptcp-conformance vitest run --shard 1/2`. It has to run in a namespace of its own; that command sees to it.
 */
export default defineConfig(async () => {
  const evidenceRoot = resolve('reports/vitest/evidence');
  mkdirSync(evidenceRoot, { recursive: true });
  return {
    plugins: [suitePlugin()],
    test: {
      include: ['suites/**/*.suite.yaml'],
      pool: 'forks',
      isolate: false,
      maxWorkers: 2,
      maxConcurrency: 8,
      provide: {
        conformance: {
          evidenceRoot,
          sut: { kind: 'netns' as const, agentPath: await ensureAgent(join(import.meta.dirname)) },
          sutArguments: [],
          deviations: [],
          mode: 'judge' as const,
        },
      },
    },
  };
});
