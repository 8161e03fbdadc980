/** Amounts with units, as people write them in YAML files. Pure. A schema has checked their form. */

const SCALE: Readonly<Record<string, number>> = {
  bit: 1,
  kbit: 1e3,
  mbit: 1e6,
  gbit: 1e9,
  us: 1e-3,
  ms: 1,
  s: 1e3,
  '%': 0.01,
  B: 1,
  kB: 1e3,
  MB: 1e6,
};

/** A number and its unit; the number is in the unit's base: bits a second, milliseconds, a share, bytes. */
export function scaled(text: string): { value: number; unit: string } {
  const [, digits = '', unit = ''] = /^([0-9.]+)(\D+)$/.exec(text) ?? [];
  return { value: Number(digits) * (SCALE[unit] ?? Number.NaN), unit };
}

/** `8mbit` in bits a second, `20ms` in milliseconds, `1%` as 0.01, `2MB` in bytes. */
export function amount(text: string): number {
  return scaled(text).value;
}
