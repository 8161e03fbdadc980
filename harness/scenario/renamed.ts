/** Ids that scenarios had before: so that results, baselines and deviations of earlier versions stay theirs. */
import { existsSync } from 'node:fs';
import { projectSchema } from '../document/schema.ts';
import { readYaml } from '../document/yaml-file.ts';

/**
 * One change of ids. Without `#` it is of a scenario, or of a folder or suite when both end in `/`; with `#`, of one value
 * of a variable in a scenario: `suite/name#hmac=zeros`.
 */
export interface Renamed {
  was: string;
  is: string;
}

/** Reads the changes, oldest first; none when there is no such file. @throws DocumentError */
export function loadRenamed(path: string): Renamed[] {
  if (!existsSync(path)) return [];
  const file = readYaml(path);
  file.check(projectSchema('suites/schema/renamed.schema.json'));
  return Object.entries((file.value as { renamed: Record<string, string> }).renamed).map(([was, is]) => ({ was, is }));
}

/** Ids that a scenario had, the last one first. */
export function formerIds(id: string, renamed: readonly Renamed[]): string[] {
  const found: string[] = [];
  for (const { was, is } of [...renamed].reverse()) {
    const before = replaced(found.at(-1) ?? id, is, was);
    if (before !== undefined) found.push(before);
  }
  return found;
}

/** The current id of an old one, with or without a variant; the id itself when it has not changed. */
export function currentId(id: string, renamed: readonly Renamed[]): string {
  return renamed.reduce((now, { was, is }) => replaced(now, was, is) ?? now, id);
}

/** An id with one change made; undefined when the change is not about it. */
function replaced(id: string, from: string, to: string): string | undefined {
  if (from.endsWith('/')) return id.startsWith(from) ? to + id.slice(from.length) : undefined;
  const [name, suffix] = split(id);
  const [fromName, fromValue] = split(from);
  const [toName, toValue] = split(to);
  if (name !== fromName) return undefined;
  if (fromValue === undefined || toValue === undefined) return toName + (suffix === undefined ? '' : `#${suffix}`);
  // Values of earlier versions may have commas and signs in them, so they are found as a whole.
  const at = `,${suffix ?? ''},`.indexOf(`,${fromValue},`);
  if (suffix === undefined || at < 0) return undefined;
  return `${toName}#${suffix.slice(0, at)}${toValue}${suffix.slice(at + fromValue.length)}`;
}

/** Scenario and variant of an id. */
function split(id: string): [string, string | undefined] {
  const at = id.indexOf('#');
  return at < 0 ? [id, undefined] : [id.slice(0, at), id.slice(at + 1)];
}
