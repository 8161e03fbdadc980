/** A Vitest reporter that gathers the scenarios' results and feeds the progress line. */
import type { Reporter, TestCase, TestModule, SerializedError } from 'vitest/node';
import type { Progress } from '../../../report/progress.ts';
import type { ScenarioResult } from '../../../verdict/result.ts';

/** Gathers results. Vitest's own output is not wanted: what it would say, we say. */
export class Collector implements Reporter {
  readonly results: ScenarioResult[] = [];
  /** Errors outside of any scenario: a suite that does not load, a worker that died. */
  readonly errors: string[] = [];
  readonly #progress: Progress;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  onTestCaseReady(testCase: TestCase): void {
    this.#progress.started(testCase.name);
  }

  onTestCaseResult(testCase: TestCase): void {
    const result = testCase.meta().conformance;
    if (result !== undefined) {
      this.results.push(result);
      this.#progress.finished(result);
      return;
    }
    const outcome = testCase.result();
    // An interrupt keeps those that wait from running: the run is partial, and that is said.
    if (outcome.state === 'skipped' || outcome.state === 'pending') return;
    const why =
      outcome.state === 'failed' ? outcome.errors.map((error) => error.message).join('; ') : 'it left no result';
    this.errors.push(`${testCase.name}: ${why}`);
  }

  onTestModuleEnd(testModule: TestModule): void {
    for (const error of testModule.errors()) this.errors.push(`${testModule.relativeModuleId}: ${error.message}`);
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const error of unhandled) this.errors.push(error.message);
  }
}
