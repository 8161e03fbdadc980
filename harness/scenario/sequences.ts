/** Reads sequences: named lists of steps, shared ones in files of a theme, and those of one suite. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DocumentError, gather, type Diagnostic, type NodePath } from '../document/diagnostic.ts';
import { projectSchema } from '../document/schema.ts';
import { diagnoseFile, readYaml, type YamlFile } from '../document/yaml-file.ts';
import type { RawStep } from './suite.ts';
import type { Scalar } from './variants.ts';

/** The schema of files of shared sequences, to which that of suites refers. */
export const SEQUENCES_SCHEMA = 'suites/schema/sequences.schema.json';

/** The steps of a sequence: for both roles of the stack, or for one. */
type StepsByRole = Partial<Record<'steps' | 'initiator' | 'responder', RawStep[]>>;

/** Sequences as YAML has them, by name. */
export type RawSequences = Record<
  string,
  { title: string; unsteady?: string; parameters?: Record<string, Scalar | null> } & StepsByRole
>;

/** A named list of steps. */
export interface Sequence {
  name: string;
  file: YamlFile;
  /** Path of the whole sequence. */
  path: NodePath;
  /** Parameters and their defaults; undefined means that a value must be given. */
  parameters: Readonly<Record<string, string | undefined>>;
  /** Of a condition: why a scenario may end otherwise by chance. */
  unsteady?: string;
  /** Steps of one role; they run before `steps`. */
  steps: StepsByRole;
  /** Set if its content cannot be read, which is reported where it is defined. */
  isLost?: true;
}

/** Reads the sequences that stand in a file. */
export function readSequences(file: YamlFile, raw: RawSequences): Sequence[] {
  return Object.entries(raw).map(([name, { parameters, unsteady, ...one }]) => ({
    name,
    ...(unsteady === undefined ? {} : { unsteady }),
    file,
    path: ['sequences', name],
    parameters: Object.fromEntries(
      Object.entries(parameters ?? {}).map(([key, value]) => [key, value === null ? undefined : String(value)]),
    ),
    steps: one,
  }));
}

/** A sequence that does not fit the schema: known by name, without its steps. */
export function lostSequence(file: YamlFile, name: string): Sequence {
  return { name, file, path: ['sequences', name], parameters: {}, steps: {}, isLost: true };
}

/** Paths of the files of shared sequences, sorted. @throws DocumentError when the folder is not there */
function findSequences(folder: string): string[] {
  if (!existsSync(folder)) {
    const message = 'cannot be read: no such folder; check the path';
    throw new DocumentError([diagnoseFile(folder, 'FILE_UNREADABLE', message)]);
  }
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));
}

/** Reads one file of shared sequences. @throws DocumentError */
export function loadSequences(path: string): Sequence[] {
  const file = readYaml(path);
  file.check(projectSchema(SEQUENCES_SCHEMA));
  return readSequences(file, (file.value as { sequences: RawSequences }).sequences);
}

/** Reads all shared sequences of a folder. @throws DocumentError, naming what is wrong in any of the files */
export function openSequences(folder: string): Map<string, Sequence> {
  const diagnostics: Diagnostic[] = [];
  const found = findSequences(folder).flatMap((path) => gather(diagnostics, () => loadSequences(path)) ?? []);
  const sequences = addSequences(new Map(), found, diagnostics);
  if (diagnostics.length > 0) throw new DocumentError(diagnostics);
  return sequences;
}

/** Sequences with further ones; a name that is taken goes to `diagnostics`. */
export function addSequences(
  known: ReadonlyMap<string, Sequence>,
  more: readonly Sequence[],
  diagnostics: Diagnostic[],
): Map<string, Sequence> {
  const all = new Map(known);
  for (const one of more) {
    const other = all.get(one.name);
    if (other === undefined) all.set(one.name, one);
    else {
      const { file, line } = other.file.placeOf(other.path);
      const message = `sequence "${one.name}" is already defined at ${file}:${line}; rename one of them`;
      diagnostics.push(one.file.diagnoseKey(['sequences'], one.name, 'DUPLICATE', message));
    }
  }
  return all;
}
