/** Runs the fixture through the real reporter; `allure.test.ts` reads what comes out. */
import { defineConfig } from 'vitest/config';
import { allureReporterOptions } from '../../allure-reporter.ts';

const resultsDir = process.env['FIXTURE_RESULTS'];
if (resultsDir === undefined) throw new Error('FIXTURE_RESULTS names no folder');

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.fixture.ts'],
    maxConcurrency: 12,
    reporters: [
      'default',
      ['allure-vitest/reporter', allureReporterOptions(resultsDir, { name: 'linux', kind: 'netns', kernel: '6.18.5' })],
    ],
  },
});
