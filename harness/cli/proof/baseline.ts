/** Results of the stack without faults, which take 20 s of CPU time: cached until one of their inputs changes. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, fingerprint, keep, recall } from '../../document/keep.ts';
import type { TaskRunner } from '../../prove/pool.ts';
import { takeBaseline, type Baseline } from '../../prove/prove.ts';
import type { Project } from '../inputs/project.ts';

/** Parts of the program that do not change what the stack without faults shows. */
const WITHOUT_EFFECT = new Set(['cli', 'site', 'report', 'kernels', 'multipath', 'faults', 'freedoms']);

/** The baseline of this installation. @throws Error when a worker process ends */
export async function openBaseline({ root, scenarios }: Project, seed: string, runner: TaskRunner): Promise<Baseline> {
  const name = createHash('sha256').update(`${root} ${seed}`).digest('hex').slice(0, 16);
  const file = join(cacheFolder(), 'prove', name);
  const harness = join(import.meta.dirname, '..', '..');
  const contents = [
    ...['suites', 'topologies'].map((folder) => join(root, folder)),
    ...parts(harness),
    ...parts(join(harness, 'reference')),
  ];
  const print = fingerprint({ contents, program: [] });
  const kept = recall(file, print);
  if (kept !== undefined) return kept.value as Baseline;
  const ids = scenarios.map(({ id }) => id);
  const baseline = await takeBaseline(ids, seed, runner);
  keep(file, print, baseline);
  return baseline;
}

/** The files of a folder that count; `reference` is handled separately. */
function parts(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !WITHOUT_EFFECT.has(name) && name !== 'reference')
    .map((name) => join(folder, name));
}
