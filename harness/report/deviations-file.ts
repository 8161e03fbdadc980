/** Loads deviations files, and picks the one for a kernel. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DocumentError, type Diagnostic } from '../document/diagnostic.ts';
import { projectSchema } from '../document/schema.ts';
import { readYaml, YamlFile } from '../document/yaml-file.ts';
import type { DeviationList } from './deviations.ts';

const SCHEMA = 'suites/schema/deviations.schema.json';

/** Loads and checks a deviations file. @throws DocumentError */
export function loadDeviations(file: string): DeviationList {
  return toDeviations(readYaml(file));
}

/** Reads the text of a deviations file. @throws DocumentError */
export function parseDeviations(file: string, text: string): DeviationList {
  return toDeviations(new YamlFile(file, text));
}

function toDeviations(source: YamlFile): DeviationList {
  source.check(projectSchema(SCHEMA));
  const content = source.value as Omit<DeviationList, 'source'>;
  const problems = duplicates(source, content);
  if (problems.length > 0) throw new DocumentError(problems);
  return { source: basename(source.file), ...content };
}

/** What {@link selectBaseline} chose. */
export interface BaselineChoice {
  match: 'exact' | 'older' | 'none';
  /** Path of the file; absent when there is none. */
  file?: string;
  /** Major and minor version it was made for. */
  kernel?: string;
  /** One line for people. */
  message: string;
}

/**
 * Picks the deviations file for a kernel release (`6.18.5-cloud`) from a folder of `linux-<major>.<minor>.yaml`: the
 * one of the same version, else the nearest older one, else none.
 */
export function selectBaseline(kernelRelease: string, folder: string): BaselineChoice {
  const wanted = /^(\d+)\.(\d+)/.exec(kernelRelease);
  if (wanted === null) {
    return { match: 'none', message: `no declared deviations: "${kernelRelease}" is no kernel release such as 6.18.5` };
  }
  const version = `${wanted[1] ?? ''}.${wanted[2] ?? ''}`;
  const candidates = baselines(folder).filter((entry) => compareVersions(entry, version) <= 0).sort(compareVersions);
  const kernel = candidates.at(-1);
  if (kernel === undefined) {
    return { match: 'none', message: `no declared deviations: ${folder} has no linux-*.yaml for ${version} or older` };
  }
  const file = join(folder, `linux-${kernel}.yaml`);
  if (kernel === version) return { match: 'exact', file, kernel, message: `declared deviations: ${file}` };
  return { match: 'older', file, kernel, message: `declared deviations: ${file}, the nearest older one; there is none for ${version}` };
}

function baselines(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names.flatMap((name) => /^linux-(\d+\.\d+)\.yaml$/.exec(name)?.[1] ?? []);
}

function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor === bMajor ? aMinor - bMinor : aMajor - bMajor;
}

function duplicates(source: YamlFile, content: Omit<DeviationList, 'source'>): Diagnostic[] {
  const seen = new Map<string, number>();
  return content.deviations.flatMap(({ scenario = '', clause = '' }, index) => {
    const key = `${scenario} ${clause}`;
    const first = seen.get(key);
    seen.set(key, first ?? index);
    if (first === undefined) return [];
    const { line } = source.placeOf(['deviations', first]);
    return [source.diagnose(['deviations', index], 'DUPLICATE', `declares the same as line ${line}; keep one`)];
  });
}
