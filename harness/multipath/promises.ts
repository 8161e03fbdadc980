/** Promises: properties that users expect and no clause requires; judged like clauses, counted apart. */
import { projectSchema } from '../document/schema.ts';
import { readYaml } from '../document/yaml-file.ts';
import type { Level } from '../verdict/level.ts';

/** One promise. */
export interface Promised {
  /** `MP-aggregation`. */
  id: string;
  level: Level;
  summary: string;
  /** For measurements: what is compared, and the reason for the threshold. */
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
