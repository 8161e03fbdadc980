import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests that run inside a tester namespace; `inside.test.ts` starts them there. */
export default defineConfig({
  root: join(import.meta.dirname, '..', '..', '..'),
  // An ordinary user cannot write to a checkout of someone else.
  cacheDir: join(tmpdir(), `mptcp-conformance-vite-${process.getuid?.() ?? 0}`),
  test: {
    include: ['harness/{topology,wire,engine,sut}/**/*.inside.ts'],
    pool: 'forks',
    execArgv: ['--expose-gc'],
    testTimeout: 20_000,
  },
});
