/** Amounts with units, as suites write them. Pure. The schema has checked their form. */

const SCALE: Readonly<Record<string, number>> = {
  kbit: 1e3, mbit: 1e6, gbit: 1e9, ms: 1, s: 1e3, '%': 0.01, B: 1, kB: 1e3, MB: 1e6,
};

function scaled(text: string): { value: number; unit: string } {
  const [, digits = '', unit = ''] = /^([0-9.]+)(\D+)$/.exec(text) ?? [];
  return { value: Number(digits) * (SCALE[unit] ?? Number.NaN), unit };
}

/** `8mbit` in bits a second, `20ms` in milliseconds, `1%` as 0.01, `2MB` in octets. */
export function amount(text: string): number {
  return scaled(text).value;
}

/** Octets of a queue that is given in octets, or in time at a rate. */
export function queueOctets(text: string, rate: number): number {
  const { value, unit } = scaled(text);
  return unit === 'ms' || unit === 's' ? (value * rate) / 8000 : value;
}

/** An amount for people: 7.62 Mbit/s. */
export function showRate(bitsASecond: number): string {
  return `${(bitsASecond / 1e6).toFixed(2)} Mbit/s`;
}

/** A time for people. */
export function showTime(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

/** A share for people. */
export function showShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
