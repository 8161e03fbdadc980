/** Outcome of one judging step. */
import type { Difference } from './match.ts';

/** Outcome of a step. */
export interface StepOutcome {
  met: boolean;
  /** Nothing sensible can follow when the step was not met. */
  stop: boolean;
  /** The step could not be judged: what it refers to has not come about. */
  unreached?: true;
  /** Nothing that fits came in time. */
  timedOut?: true;
  message: string;
  expected?: string;
  actual?: string;
  differences?: Difference[];
  nearMisses?: { at: number; packet: string }[];
}

/** A step that was met; the message says what was seen where there was a choice. */
export function met(message = ''): StepOutcome {
  return { met: true, stop: false, message };
}

/** A step that cannot be judged. */
export function unreached(message: string): StepOutcome {
  return { met: false, unreached: true, stop: true, message };
}
