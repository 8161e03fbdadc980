import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests of the reference stack against this kernel, in a tester namespace; `reference-interop.test.ts` starts them there. */
export default defineConfig({
  root: join(import.meta.dirname, '..', '..', '..'),
  cacheDir: join(tmpdir(), `mptcp-conformance-vite-${process.getuid?.() ?? 0}`),
  test: {
    include: ['harness/cli/testing/*.on-wire.ts'],
    pool: 'forks',
    // These tests mostly wait for timers of both stacks.
    sequence: { concurrent: true },
    maxConcurrency: 6,
    testTimeout: 180_000,
  },
});
