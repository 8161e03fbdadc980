/**
 * The suites as Vitest test files, for Vitest's own filters, watch mode, sharding and reporters:
 * `mptcp-conformance vitest run --shard 1/2`. That command starts Vitest in a network namespace with this configuration.
 * Everything that decides verdicts is what `run` has without options.
 */
import { join, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { makeFolder } from '../../../document/make-folder.ts';
import { projectRoot } from '../../inputs/project.ts';
import { chooseStacks, prepareRun } from '../prepare-run.ts';
import { EVIDENCE_FOLDER } from '../output-folder.ts';
import { suiteOptions } from './suite-options.ts';
import { suitePlugin } from './suite-plugin.ts';

/** Not the folder of a run, whose results belong to its evidence. */
const OUTPUT = 'reports/vitest';

export default defineConfig(async () => {
  const options = { sut: 'netns', stack: {} };
  const prepared = await prepareRun(chooseStacks(options), options, projectRoot());
  const evidenceRoot = join(resolve(OUTPUT), EVIDENCE_FOLDER);
  makeFolder(evidenceRoot);
  return {
    root: projectRoot(),
    plugins: [suitePlugin()],
    test: {
      ...suiteOptions({ ...prepared.settings, evidenceRoot }, prepared.concurrency),
      include: ['suites/**/*.suite.yaml'],
    },
  };
});
