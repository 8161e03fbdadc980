/** Parts of a file that fit its schema, so that further checks of them can report their problems as well. Pure. */
import type { SchemaProblem } from './schema.ts';

/** A file's content without the parts that depart from its schema. */
export interface FittingPart<T> {
  value: Partial<T>;
  /** Top-level keys that were left out, or are missing though required. */
  lacks: ReadonlySet<string>;
  /** Names of the entries that were left out, by the map that had them. */
  dropped: Readonly<Record<string, readonly string[]>>;
}

/**
 * Leaves out what departs from the schema: an entry of one of the `maps`, otherwise a whole top-level key.
 *
 * @param value content of the file
 * @param maps top-level keys whose values are maps of independent entries
 * @returns undefined if the content or one of the maps is not a map
 */
export function fittingPart<T extends object>(
  value: unknown,
  problems: readonly SchemaProblem[],
  maps: readonly (keyof T & string)[],
): FittingPart<T> | undefined {
  if (!isMap(value)) return undefined;
  const part = { ...value };
  const lacks = new Set<string>();
  const dropped: Record<string, string[]> = {};
  for (const { path } of problems) {
    const [key, entry] = path.map(String);
    if (key === undefined) return undefined;
    const isEntryOfMap = entry !== undefined && maps.some((map) => map === key);
    if (isEntryOfMap) (dropped[key] ??= []).push(entry);
    else lacks.add(key);
  }
  for (const key of lacks) Reflect.deleteProperty(part, key);
  for (const map of maps) {
    const entries = part[map];
    if (entries === undefined) continue;
    if (!isMap(entries)) return undefined;
    part[map] = Object.fromEntries(Object.entries(entries).filter(([name]) => dropped[map]?.includes(name) !== true));
  }
  return { value: part as Partial<T>, lacks, dropped };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
