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

/**
 * Habits of the hosts for all these choices together; empty if none needs any.
 *
 * @throws UsageError for a name that there is not, and for one that no setting makes
 */
export function freedomsNamed(names: readonly string[]): { sysctls: Sysctl[]; habits: Habits | undefined } {
  if (names.length === 0) return { sysctls: [], habits: undefined };
  const chosen = findFreedoms(names);
  const idle = chosen.find(({ sysctls, habits }) => sysctls.length === 0 && habits === undefined);
  if (idle !== undefined) throw new UsageError(`no setting makes ${idle.name}; "freedoms --list" says which have one`);
  const habits = chosen.flatMap((one) => one.habits ?? []);
  return {
    sysctls: chosen.flatMap(({ sysctls }) => sysctls),
    habits: habits.length === 0 ? undefined : (Object.assign({}, ...habits) as Habits),
  };
}
