#!/usr/bin/env node
/** Tells LAVA the result of each scenario: `node templates/lava-results.mjs results.json`. Prints commands where LAVA is not there. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** LAVA's results of our verdicts; a declared departure is an expected one. */
const RESULT = {
  pass: 'pass',
  info: 'pass',
  note: 'pass',
  warn: 'pass',
  fail: 'fail',
  error: 'fail',
  inconclusive: 'unknown',
  skip: 'skip',
};

const { scenarios } = JSON.parse(readFileSync(process.argv[2] ?? 'results.json', 'utf8'));
for (const { id, verdict, declared } of scenarios) {
  const words = [
    id.replace(/[^\w.-]+/g, '_'),
    '--result',
    declared === undefined ? (RESULT[verdict] ?? 'unknown') : 'pass',
  ];
  const { error } = spawnSync('lava-test-case', words, { stdio: 'inherit' });
  if (error?.code === 'ENOENT') console.log(['lava-test-case', ...words].join(' '));
  else if (error !== undefined) throw error;
}
