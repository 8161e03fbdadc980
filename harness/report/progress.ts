/** Progress of a run: one line rewritten on a terminal, now and then a line in a log. */
import { clean, coloursOf, fit, formatDuration, styleFor, type TextStyle } from './text-layout.ts';
import type { ScenarioResult } from '../verdict/result.ts';
import { outcomeOf } from '../verdict/scenario-verdict.ts';
import type { Verdict } from '../verdict/verdict.ts';

/** Stream of the progress: `process.stderr` fits. */
export interface ProgressOutput {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

/** Told of every scenario; tells people. */
export interface Progress {
  started(id: string): void;
  finished(result: Pick<ScenarioResult, 'id' | 'verdict' | 'declared'>): void;
  /** Writes something else without tearing the progress line. */
  log(text: string): void;
  /** Removes the line (terminal) or writes the last one (log). Idempotent. */
  end(): void;
}

/** Contents of a progress line. */
export interface ProgressState {
  total: number;
  done: number;
  counts: Readonly<Partial<Record<Verdict | 'declared', number>>>;
  /** Running now, oldest first. */
  running: readonly string[];
  elapsedMs: number;
}

/** At most this often is the terminal's line rewritten, milliseconds. */
const REDRAW_MS = 100;
/** A log gets a line after this long, or after a tenth of the scenarios when that comes later than a second. */
const LOG_MS = 10_000;
const LOG_TENTH_MS = 1000;
/** Below this share an estimate is a guess. */
const ESTIMATE_FROM = 0.02;

/** The line itself; no longer than the width, no line break. */
export function progressLine(state: ProgressState, style: TextStyle): string {
  const colours = coloursOf(style);
  const { total, done, counts, running, elapsedMs } = state;
  const percent = total === 0 ? 100 : Math.floor((done * 100) / total);
  const worth = (['pass', 'fail', 'warn', 'declared', 'inconclusive', 'error'] as const)
    .filter((outcome) => outcome === 'pass' || outcome === 'fail' || (counts[outcome] ?? 0) > 0)
    .map((outcome) => `${counts[outcome] ?? 0} ${outcome}`);
  const left = timeLeft(state);
  const times = `${formatDuration(elapsedMs)}${left === undefined ? '' : `, about ${formatDuration(left)} left`}`;
  const now =
    running.length === 0 ? '' : `  ${clean(running[0] ?? '')}${running.length > 1 ? ` +${running.length - 1}` : ''}`;
  const text = fit(`${done}/${total} ${percent}%  ${worth.join(', ')}  ${times}${now}`, style.width);
  return (counts.fail ?? 0) > 0 ? colours.red(text) : text;
}

/** Milliseconds left, from the pace so far; undefined while that says nothing. */
export function timeLeft({ total, done, elapsedMs }: ProgressState): number | undefined {
  if (done === 0 || done >= total || done / total < ESTIMATE_FROM) return undefined;
  return (elapsedMs / done) * (total - done);
}

/**
 * Starts telling of a run of `total` scenarios, a function where more may turn up on the way. Holds a timer until
 * `end()`, which does not keep the process alive.
 */
export function createProgress(
  output: ProgressOutput,
  total: number | (() => number),
  options: { now?: () => number; env?: Readonly<Record<string, string | undefined>> } = {},
): Progress {
  const now = options.now ?? (() => performance.now());
  const env = options.env ?? process.env;
  const style = styleFor(output, env);
  const began = now();
  const tally = new Tally(typeof total === 'number' ? () => total : total);
  const state = () => tally.state(now() - began);
  // A dumb terminal, such as a lab's serial console, cannot rewrite a line.
  return output.isTTY === true && env['TERM'] !== 'dumb'
    ? terminalProgress(output, style, tally, state, now)
    : logProgress(output, style, tally, state, now);
}

class Tally {
  readonly #total: () => number;
  readonly #counts: Partial<Record<Verdict | 'declared', number>> = {};
  readonly #running = new Set<string>();
  #done = 0;

  constructor(total: () => number) {
    this.#total = total;
  }

  start(id: string): void {
    this.#running.add(id);
  }

  finish(result: Pick<ScenarioResult, 'id' | 'verdict' | 'declared'>): void {
    this.#running.delete(result.id);
    this.#done++;
    const outcome = outcomeOf(result);
    this.#counts[outcome] = (this.#counts[outcome] ?? 0) + 1;
  }

  state(elapsedMs: number): ProgressState {
    return { total: this.#total(), done: this.#done, counts: this.#counts, running: [...this.#running], elapsedMs };
  }
}

function terminalProgress(
  output: ProgressOutput,
  style: TextStyle,
  tally: Tally,
  state: () => ProgressState,
  now: () => number,
): Progress {
  let drawnAt = -Infinity;
  let ended = false;
  const draw = (force = false): void => {
    if (ended || (!force && now() - drawnAt < REDRAW_MS)) return;
    drawnAt = now();
    // One column stays free: some terminals wrap as soon as the last one is written.
    const width = Math.max(20, (output.columns ?? style.width) - 1);
    output.write(`\r${progressLine(state(), { ...style, width })}\u001b[K`);
  };
  const timer = setInterval(() => draw(true), 1000);
  timer.unref();
  return {
    started: (id) => {
      tally.start(id);
      draw();
    },
    finished: (result) => {
      tally.finish(result);
      draw();
    },
    log: (text) => {
      output.write(`\r\u001b[K${text}\n`);
      draw(true);
    },
    end: () => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      output.write('\r\u001b[K');
    },
  };
}

function logProgress(
  output: ProgressOutput,
  style: TextStyle,
  tally: Tally,
  state: () => ProgressState,
  now: () => number,
): Progress {
  let saidAt = now();
  let saidDone = 0;
  let ended = false;
  const say = (): void => {
    const current = state();
    saidAt = now();
    saidDone = current.done;
    output.write(`${progressLine({ ...current, running: current.running.slice(0, 1) }, { ...style, width: 200 })}\n`);
  };
  const timer = setInterval(say, LOG_MS);
  timer.unref();
  return {
    started: (id) => tally.start(id),
    finished: (result) => {
      tally.finish(result);
      const { done, total } = state();
      const waited = now() - saidAt;
      const tenth = done - saidDone >= total / 10 && waited >= LOG_TENTH_MS;
      if (done < total && (tenth || waited >= LOG_MS)) {
        say();
        timer.refresh();
      }
    },
    log: (text) => output.write(`${text}\n`),
    end: () => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      say();
    },
  };
}
