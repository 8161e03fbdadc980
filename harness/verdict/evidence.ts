/** Where a scenario's evidence is. Pure. */
import { basename, join } from 'node:path';

/** Folder of a scenario's evidence below the root: the id with what file systems dislike replaced. */
export function evidenceFolder(id: string): string {
  // A suite may stand outside of the suites folder; its evidence may not stand outside of the evidence folder.
  return id
    .replaceAll('#', '/')
    .replaceAll(/[^\w./=,+-]/g, '_')
    .replaceAll(/(^|\/)\.{1,2}(?=\/|$)/g, '$1_');
}

/** Path of a file of evidence as results tell it: relative to the results file. */
export function evidencePath(evidenceRoot: string, id: string, name: string): string {
  return join(basename(evidenceRoot), evidenceFolder(id), name);
}
