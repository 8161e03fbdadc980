/** Amounts of two-stack scenarios: queues as written, and measures as people read them. Pure. */
import { scaled } from '../document/amount.ts';

/** Bytes of a queue that is given in bytes, or in time at a rate. */
export function queueBytes(text: string, rate: number): number {
  const { value, unit } = scaled(text);
  return unit === 'ms' || unit === 's' ? (value * rate) / 8000 : value;
}

/** An amount for people: 7.62 Mbit/s. */
export function showRate(bitsASecond: number): string {
  return `${(bitsASecond / 1e6).toFixed(2)} Mbit/s`;
}

/** A time for people. */
export function showTime(milliseconds: number): string {
  return milliseconds < 1000
    ? `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`
    : `${(milliseconds / 1000).toFixed(2)} s`;
}

/** A share for people. */
export function showShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
