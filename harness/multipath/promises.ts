/** What users expect and no clause of the RFC says: promises, judged like clauses and counted apart. */
import { projectSchema } from '../document/schema.ts';
import { readYaml } from '../document/yaml-file.ts';
import type { Level } from '../verdict/level.ts';

/** One promise. */
export interface Promised {
  /** `MP-aggregation`. */
  id: string;
  level: Level;
  summary: string;
  /** What is measured against what, and why the threshold is what it is; of measurements. */
  threshold?: string;
  /** The public document that makes the promise; of documented behaviour. */
  source?: string;
}

/** Reads the promises, by their ids. @throws DocumentError */
export function loadPromises(file: string): ReadonlyMap<string, Promised> {
  const source = readYaml(file);
  source.check(projectSchema('suites/schema/promises.schema.json'));
  const { promises } = source.value as { promises: Promised[] };
  return new Map(promises.map((one) => [one.id, one]));
}
