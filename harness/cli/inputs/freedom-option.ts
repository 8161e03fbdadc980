/** The `--freedom` option: lawful choices of a stack, by their names in `suites/freedoms.yaml`. */
import { join } from 'node:path';
import { loadFreedoms, type Freedom } from '../../catalogue/freedoms.ts';
import { suggestion } from '../../document/diagnostic.ts';
import { UsageError } from '../../document/explained-error.ts';
import type { Habits, Sysctl } from '../../verdict/stack-info.ts';
import { openCatalogue, projectRoot } from './project.ts';

/** Choices by name, in that order. @throws UsageError for a name that there is not, DocumentError */
export function findFreedoms(names: readonly string[]): Freedom[] {
  const all = loadFreedoms(join(projectRoot(), 'suites', 'freedoms.yaml'), openCatalogue());
  if (names.length === 0) return all;
  const known = all.map(({ name }) => name);
  return names.map((name) => {
    const found = all.find((one) => one.name === name);
    if (found === undefined)
      throw new UsageError(
        `there is no freedom "${name}"${suggestion(name, known)}; "mptcp-conformance freedoms --list" lists them`,
      );
    return found;
  });
}

/** The settings that make choices on a real stack. */
export interface ChosenFreedoms {
  sysctls: Sysctl[];
  habits?: Habits;
  /** Features that the stack does not have then, with the reason. */
  lacks: [feature: string, reason: string][];
}

/**
 * The settings for all these choices together.
 *
 * @throws UsageError for a name that there is not, and for one that no setting makes
 */
export function freedomsNamed(names: readonly string[]): ChosenFreedoms {
  if (names.length === 0) return { sysctls: [], lacks: [] };
  const chosen = findFreedoms(names);
  const idle = chosen.find(({ sysctls, habits }) => sysctls.length === 0 && habits === undefined);
  if (idle !== undefined) throw new UsageError(`no setting makes ${idle.name}; "freedoms --list" says which have one`);
  const habits = chosen.flatMap((one) => one.habits ?? []);
  return {
    sysctls: chosen.flatMap(({ sysctls }) => sysctls),
    lacks: chosen.flatMap(({ name, title, lacks }) =>
      lacks.map((feature): [string, string] => [feature, `--freedom ${name}: ${title}`]),
    ),
    ...(habits.length === 0 ? {} : { habits: Object.assign({}, ...habits) as Habits }),
  };
}
