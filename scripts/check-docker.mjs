#!/usr/bin/env node
/**
 * Holds containers against namespaces, scenario by scenario: `node scripts/check-docker.mjs [--ours] [RESULTS] [-- SELECTION...]`.
 *
 * RESULTS are those of a run of everything in namespaces; without them one is made. Then the whole suite runs in
 * containers, and a section with the agent of docker/example-python. A verdict that differs is run again in both, alone;
 * what differs again makes the exit code 1, and so does a run that takes more than twice as long. Starts a Docker daemon
 * where none runs (as root). `--ours` leaves the agent in Python out. SELECTION are words of `run` that choose scenarios, for a part of it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDaemon } from './docker-daemon.mjs';
import { installNeeds, SetupError } from './setup-steps.mjs';

const ROOT = join(import.meta.dirname, '..');
const PROGRAM = join(ROOT, 'bin', 'mptcp-conformance.mjs');
const EXAMPLE = 'mptcp-conformance/example-python';
const EXAMPLE_SECTION = '3.2';
const MOST_TIMES_LONGER = 2;

const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-check-'));
let runs = 0;
const onlyOurs = process.argv[2] === '--ours';
const words = process.argv.slice(onlyOurs ? 3 : 2);
const [known, selection] = words.includes('--')
  ? [words.slice(0, words.indexOf('--')), words.slice(words.indexOf('--') + 1)]
  : [words, []];

function say(text) {
  process.stdout.write(`${text}\n`);
}

/** Runs the program and reads its results. */
function judge(...args) {
  const output = join(folder, String(++runs));
  const result = spawnSync(
    process.execPath,
    [PROGRAM, 'run', '--output', output, '--keep-captures', 'failed', ...args],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (result.status === null || result.status > 2)
    throw new SetupError(
      `run ${args.join(' ')} ended with ${result.status ?? result.signal}: ${result.stderr.slice(-2000)}`,
    );
  try {
    return JSON.parse(readFileSync(join(output, 'results.json'), 'utf8'));
  } catch (error) {
    throw new SetupError(
      `run ${args.join(' ')} left no results: ${error.message}; it said: ${result.stderr.slice(-2000)}`,
    );
  }
}

function verdictsOf({ scenarios }) {
  return new Map(scenarios.map(({ id, verdict, reason }) => [id, { verdict, reason }]));
}

/** Ids of which both have a verdict, and not the same; those that only one has are a fault of this script. */
function differing(one, other) {
  const [a, b] = [verdictsOf(one), verdictsOf(other)];
  for (const id of b.keys()) if (!a.has(id)) throw new SetupError(`${id} was run in one of the two only`);
  return [...b.keys()].filter((id) => a.get(id).verdict !== b.get(id).verdict);
}

/** Compares, runs what differs again, and returns how many differ still. */
function compare(name, one, other, oneArgs, otherArgs) {
  const first = differing(one, other);
  say(`${name}: ${other.scenarios.length} scenarios, ${first.length} with another verdict`);
  if (first.length === 0) return 0;
  const again = [
    judge(...oneArgs, '--concurrency', '1', ...first),
    judge(...otherArgs, '--concurrency', '1', ...first),
  ];
  const still = differing(...again);
  const [a, b] = again.map(verdictsOf);
  for (const id of first) {
    const outcome = still.includes(id)
      ? `${a.get(id).verdict} against ${b.get(id).verdict}: ${b.get(id).reason ?? a.get(id).reason ?? ''}`
      : 'the same when run alone';
    say(`  ${id}: ${outcome}`);
  }
  return still.length;
}

/** Everything; returns the exit code. */
async function main() {
  installNeeds(['tests', 'docker']);
  const daemon = await openDaemon();
  process.env.DOCKER_HOST = daemon.host;
  try {
    const namespaces = known[0] === undefined ? judge(...selection) : JSON.parse(readFileSync(known[0], 'utf8'));
    const containers = judge('--sut', 'docker', ...selection);
    let differences = compare('containers against namespaces', namespaces, containers, [], ['--sut', 'docker']);
    const times = containers.run.durationMs / namespaces.run.durationMs;
    say(
      `containers took ${(containers.run.durationMs / 1000).toFixed(1)} s, namespaces ${(namespaces.run.durationMs / 1000).toFixed(1)} s: ${times.toFixed(2)} times as long`,
    );
    if (onlyOurs) return differences === 0 && times <= MOST_TIMES_LONGER ? 0 : 1;
    const build = spawnSync(process.execPath, [join(ROOT, 'docker', 'example-python', 'build.mjs'), EXAMPLE], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    if (build.status !== 0) throw new SetupError(`the example image was not built: ${build.stderr.slice(-2000)}`);
    const part = selection.length > 0 ? selection : ['--section', EXAMPLE_SECTION];
    const other = ['--sut', 'docker', '--image', EXAMPLE];
    differences += compare(
      `the agent in Python against ours, ${part.join(' ')}`,
      judge('--sut', 'docker', ...part),
      judge(...other, ...part),
      ['--sut', 'docker'],
      other,
    );
    return differences === 0 && times <= MOST_TIMES_LONGER ? 0 : 1;
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`check-docker: ${error.message}\n`);
  process.exitCode = error.code;
}
