/** The context of scenarios in memory, from this installation. */
import { join } from 'node:path';
import { levelOf } from '../../catalogue/types.ts';
import type { TaskContext } from '../../prove/task.ts';
import { findLacks } from '../../sut/pics.ts';
import { openTopology, type Project } from '../inputs/project.ts';

/** The context of all tasks. @throws DocumentError */
export function taskContext(project: Project): TaskContext {
  const levels = new Map(project.catalogue.all.map(({ id, keyword }) => [id, levelOf(keyword)]));
  const fields = new Map(project.catalogue.all.map((clause) => [clause.id, clause.fields ?? []]));
  return {
    scenarios: new Map(project.scenarios.map((one) => [one.id, one])),
    topology: openTopology,
    levelOf: (clause) => levels.get(clause) ?? 'stated',
    fieldsOf: (clause) => fields.get(clause) ?? [],
    lacks: findLacks(join(project.root, 'suites', 'pics'), 'reference', ''),
  };
}
