/** Files of a folder and the folders below it, links included. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Names of files relative to the folder, sorted. Follows links to folders; a folder that contains itself by a link is
 * entered once. Leaves out `node_modules`.
 */
export function filesBelow(folder: string, above: readonly string[] = []): string[] {
  const real = realpathSync(folder);
  if (above.includes(real)) return [];
  return readdirSync(folder)
    .filter((name) => name !== 'node_modules')
    .flatMap((name) => {
      const found = statSync(join(folder, name), { throwIfNoEntry: false });
      if (found?.isDirectory() !== true) return found?.isFile() === true ? [name] : [];
      return filesBelow(join(folder, name), [...above, real]).map((below) => join(name, below));
    })
    .sort();
}
