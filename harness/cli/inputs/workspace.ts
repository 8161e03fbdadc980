/** The user's own files: `mptcp-conformance.yaml` in the working folder, and `--suites`. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OWN_CLAUSES_ENDING } from '../../catalogue/own-clauses.ts';
import { DocumentError, type Diagnostic } from '../../document/diagnostic.ts';
import { UsageError } from '../../document/explained-error.ts';
import { projectSchema } from '../../document/schema.ts';
import { filesBelow } from '../../document/files-below.ts';
import { readYaml, type YamlFile } from '../../document/yaml-file.ts';

/** Name of the file. */
export const WORKSPACE_FILE = 'mptcp-conformance.yaml';

const PREFIX_FORM = /^[a-z][a-z0-9]*$/;

type Value = string | number | boolean | readonly (string | number)[];

/** A folder of suites, and what the ids in it begin with. */
export interface OwnSuites {
  folder: string;
  prefix: string;
}

/** Folders are absolute. */
export interface Workspace {
  /** The file, where there is one. */
  source?: YamlFile;
  suites: readonly OwnSuites[];
  topologies: readonly string[];
  baselines: readonly string[];
  pics: readonly string[];
  /** Options by command and long name. */
  defaults: Readonly<Record<string, Readonly<Record<string, Value>>>>;
}

interface RawWorkspace extends Partial<Pick<Workspace, 'defaults'>> {
  prefix?: string;
  suites?: string[];
  topologies?: string[];
  baselines?: string[];
  pics?: string[];
}

let current: Workspace | undefined;

/** The workspace of this process; read once. @throws DocumentError */
export function workspace(): Workspace {
  return (current ??= openWorkspace(process.cwd(), []));
}

/** Adds the folders of `--suites`. @throws DocumentError, UsageError */
export function useSuites(folders: readonly string[]): void {
  if (folders.length > 0) current = openWorkspace(process.cwd(), folders);
}

/** @throws DocumentError for mistakes in the file, UsageError for those in the folders */
function openWorkspace(folder: string, more: readonly string[]): Workspace {
  const file = join(folder, WORKSPACE_FILE);
  const own = existsSync(file) ? readWorkspace(file) : EMPTY;
  const added = more.map((path) => folderOfSuites(resolve(folder, path)));
  const known = new Set(own.suites.map((one) => one.folder));
  return {
    ...own,
    suites: [...own.suites, ...added.flatMap(({ suites }) => suites).filter((one) => !known.has(one.folder))],
    topologies: [...new Set([...own.topologies, ...added.flatMap(({ topologies }) => topologies)])],
  };
}

const EMPTY: Workspace = { suites: [], topologies: [], baselines: [], pics: [], defaults: {} };

/** A folder of `--suites`: with a file of its own, what that names; else the folder's name is the prefix. @throws DocumentError, UsageError */
function folderOfSuites(folder: string): Pick<Workspace, 'suites' | 'topologies'> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`--suites ${folder}: no such folder; name a folder with *.suite.yaml`);
  for (const file of [join(folder, WORKSPACE_FILE), join(dirname(folder), WORKSPACE_FILE)]) {
    if (!existsSync(file)) continue;
    const own = readWorkspace(file);
    const suites = own.suites.filter((one) => one.folder === folder || dirname(file) === folder);
    if (suites.length > 0) return { suites, topologies: own.topologies };
  }
  const prefix = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
  if (!PREFIX_FORM.test(prefix))
    throw new UsageError(
      `--suites ${folder}: ids cannot begin with this folder's name; add a ${WORKSPACE_FILE} with "prefix" to it`,
    );
  const topologies = join(folder, 'topologies');
  return { suites: [{ folder, prefix }], topologies: existsSync(topologies) ? [topologies] : [] };
}

/** Reads the file. @throws DocumentError with everything wrong with it */
export function readWorkspace(file: string): Workspace {
  const source = readYaml(file);
  source.check(projectSchema('suites/schema/workspace.schema.json'));
  const raw = (source.value ?? {}) as RawWorkspace;
  const problems: Diagnostic[] = [];
  const folders = (key: 'suites' | 'topologies' | 'baselines' | 'pics'): string[] =>
    (raw[key] ?? []).map((path, index) => {
      const folder = resolve(dirname(file), path);
      if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
        problems.push(
          source.diagnose([key, index], 'FILE_UNREADABLE', `no such folder: ${path}; make it or remove this`),
        );
      return folder;
    });
  const { prefix = '', defaults = {} } = raw;
  const found = {
    source,
    suites: folders('suites').map((folder) => ({ folder, prefix })),
    topologies: folders('topologies'),
    baselines: folders('baselines'),
    pics: folders('pics'),
    defaults,
  };
  if (problems.length > 0) throw new DocumentError(problems);
  return found;
}

/** Files below the folders of suites whose names end so, sorted; not those of installed packages. */
export function ownFiles(ending: string, { suites }: Workspace = workspace()): (OwnSuites & { file: string })[] {
  return suites.flatMap((one) =>
    filesBelow(one.folder)
      .filter((name) => name.endsWith(ending))
      .map((name) => ({ ...one, file: join(one.folder, name) })),
  );
}

/** Files of clauses of the user's own, by their prefix. */
export function ownClauseFiles(): { prefix: string; files: string[] }[] {
  const byPrefix = new Map<string, string[]>();
  for (const { prefix, file } of ownFiles(OWN_CLAUSES_ENDING))
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), file]);
  return [...byPrefix].map(([prefix, files]) => ({ prefix, files }));
}
