/** Findings of judges, and shared helpers. */
import { showShare } from './amounts.ts';
import type { RunState } from './state.ts';
import type { Measure } from '../verdict/result.ts';

/** The finding of a judging step. */
export interface Finding {
  /** `undefined`: there was nothing to judge by. */
  isMet: boolean | undefined;
  expected: string;
  actual: string;
  measures?: Measure[];
}

/** Share of late forwarding above which a rate that is too low says nothing of the stack. */
const TOO_LATE = 0.02;

/** Whether a value is between bounds; undefined when there is no value. */
export function within(
  value: number | undefined,
  least: number | undefined,
  most: number | undefined,
): boolean | undefined {
  if (value === undefined || Number.isNaN(value)) return undefined;
  return (least === undefined || value >= least) && (most === undefined || value <= most);
}

/** Bounds in words. */
export function bounds(least: string | undefined, most: string | undefined): string {
  return [least === undefined ? '' : `at least ${least}`, most === undefined ? '' : `at most ${most}`]
    .filter((one) => one !== '')
    .join(' and ');
}

/** Whether this machine forwarded late so often that a rate that is too low says nothing. */
export function tooBusy({ lateness }: RunState): boolean {
  return lateness > TOO_LATE;
}

/** The finding where {@link tooBusy}. */
export function busyFinding({ lateness }: RunState, ratio: number | undefined, measures: Measure[]): Finding {
  const actual = `${ratio?.toFixed(2) ?? ''}, but the tester missed ${showShare(lateness)} of the departure times: the machine was too busy`;
  return { isMet: undefined, expected: 'packets forwarded on time', actual, measures };
}
