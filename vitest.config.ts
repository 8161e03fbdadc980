import { defineConfig } from 'vitest/config';

/** The project's own tests. The suites run from `harness/cli` with a config of their own. */
export default defineConfig({
  test: {
    include: ['harness/**/*.test.ts', 'scripts/**/*.test.ts'],
    benchmark: { include: ['harness/**/*.bench.ts'] },
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
