/** Runs scenarios again, one at a time, to tell what is broken from what is flaky. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { otherBuild } from '../../report/build-identity.ts';
import { ALONE_RUNS, type AloneRuns } from '../../report/gate.ts';
import type { RunResults, ScenarioRecord } from '../../report/results.ts';
import { obstacleTo, stackWords } from '../../topology/stacks/registry.ts';
import { runCommand } from './child-run.ts';
import { readResults } from '../../report/results-file.ts';

/** When more than this got worse, chance is not the cause, and running all of them again would take long. */
const MOST = 12;

/**
 * Runs the scenarios alone, {@link ALONE_RUNS} times, against the stack that the results are of. The note says why
 * they could not be run: the stack is not available, or the run failed.
 */
export async function runAlone(scenarios: readonly ScenarioRecord[], results: RunResults): Promise<AloneRuns> {
  if (scenarios.length === 0) return { rounds: [] };
  const obstacle = obstacleTo(results.sut, results.run.command);
  if (obstacle !== undefined) return { rounds: [], note: `Nothing was repeated: ${obstacle}.` };
  const chosen = scenarios.slice(0, MOST);
  const notes =
    scenarios.length > MOST
      ? [`${scenarios.length} scenarios got worse: only the first ${MOST} were repeated alone.`]
      : [];
  const rounds: ScenarioRecord[][] = [];
  for (let round = 1; round <= ALONE_RUNS; round++) {
    process.stderr.write(
      `repeating ${chosen.length === 1 ? 'it' : `${chosen.length} scenarios`} alone, ${round} of ${ALONE_RUNS}\n`,
    );
    const found = await runOnce(
      chosen.map(({ id }) => id),
      stackWords(results.run.command),
    );
    const problem = typeof found === 'string' ? found : otherBuild(results.sut, found.sut);
    if (problem !== undefined || typeof found === 'string') {
      notes.push(`The repetition failed: ${problem ?? ''}`);
      break;
    }
    rounds.push(found.scenarios);
  }
  return { rounds, ...(notes.length === 0 ? {} : { note: notes.join(' ') }) };
}

/**
 * One run of its own, one scenario at a time, without declared deviations.
 *
 * @param ids scenarios, or what selects them
 * @param stack the words of the command line that name the stack
 * @returns the results, or one line that says why there are no results
 */
export async function runOnce(ids: readonly string[], stack: readonly string[]): Promise<RunResults | string> {
  const folder = mkdtempSync(join(tmpdir(), 'mptcp-conformance-again-'));
  try {
    const args = ['run', ...ids, ...stack, '--concurrency', '1', '--deviations', 'none', '--output', folder];
    const { code, said } = await runCommand(args);
    const file = join(folder, 'results.json');
    if (!existsSync(file)) return `the command ended with code ${code}: ${said.trim().split('\n').at(-1) ?? ''}`;
    return readResults(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
