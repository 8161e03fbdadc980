/** `prove`: shows that faults are caught under their clause, and that lawful choices are not. */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { compareClauseIds } from '../../catalogue/clause-id.ts';
import { suggestion } from '../../document/diagnostic.ts';
import { UsageError } from '../../document/explained-error.ts';
import { proveFreedoms, troubled } from '../../prove/freedoms.ts';
import { Pool, type TaskRunner } from '../../prove/pool.ts';
import { writeProof, type FreedomProof, type ProofFile } from '../../prove/proof-file.ts';
import { isProven, proofText } from '../../prove/proof-text.ts';
import { judgesByClause, proveFault, type Baseline, type Proof } from '../../prove/prove.ts';
import { chargesOf, isMeant, mixtures, sample, type Charge } from '../../prove/select.ts';
import { loadTeeth, outdated, withReason } from '../../prove/teeth.ts';
import { faults, freedoms } from '../../reference/index.ts';
import { openProject, projectRoot, type Project } from '../inputs/project.ts';
import { openBaseline } from './baseline.ts';
import { counter } from './counter.ts';

/** Options of the command. */
export interface ProveOptions {
  /** Clauses, sections or ids of faults; none for all. */
  words: readonly string[];
  seed: string;
  /** Number of faults, and of lawful choices. */
  sample?: number;
  /** Also every freedom alone. */
  freedoms: boolean;
  /** Number of mixtures of freedoms. */
  mixtures: number;
  concurrency?: number;
  /** Everything that notices each fault, and not only the first. */
  all: boolean;
  /** Path of the proof. */
  json: string;
}

/** Runs the command and returns its exit code. @throws UsageError */
export async function prove(options: ProveOptions): Promise<number> {
  const chosen = chooseFaults(options);
  const lawful = chooseFreedoms(options);
  const project = openProject();
  const pool = new Pool(join(import.meta.dirname, 'worker.js'), options.concurrency ?? cpus().length);
  try {
    const proof = await proveAll(project, chosen, lawful, options, pool);
    writeProof(options.json, proof);
    process.stdout.write(`${proofText(proof)}\nproof: ${options.json}\n`);
    const caught = outdated(proof.proofs, loadTeeth(join(projectRoot(), 'suites', 'teeth.yaml')));
    if (caught.length > 0)
      process.stdout.write(`suites/teeth.yaml declares faults that are caught: ${caught.join(', ')}\n`);
    return isProven(proof) && caught.length === 0 ? 0 : 1;
  } finally {
    pool.close();
  }
}

/** The faults that were asked for, by clause. @throws UsageError for a word that means none */
function chooseFaults({ words, sample: count, seed }: ProveOptions): Charge[] {
  const known = [...new Set(faults.flatMap(({ id, clause, also = [] }) => [id, clause, ...also]))];
  for (const word of words) {
    if (!faults.some((one) => isMeant(one, word)))
      throw new UsageError(
        `no fault matches "${word}"${suggestion(word, known)}; "mptcp-conformance reference" lists them`,
      );
  }
  const meant = faults.filter((one) => words.length === 0 || words.some((word) => isMeant(one, word)));
  const some = count === undefined ? meant : sample(meant, count, seed);
  return chargesOf(some, words).toSorted((a, b) => compareClauseIds(a.clause, b.clause));
}

function chooseFreedoms(options: ProveOptions): string[][] {
  const alone = options.freedoms ? freedoms.map(({ id }) => [id]) : [];
  const mixed = mixtures(freedoms, options.mixtures, options.seed).map((some) => some.map(({ id }) => id));
  const all = [...alone, ...mixed];
  return options.sample === undefined ? all : sample(all, options.sample, options.seed);
}

async function proveAll(
  project: Project,
  chosen: readonly Charge[],
  lawful: readonly string[][],
  { seed, all }: ProveOptions,
  runner: TaskRunner,
): Promise<Omit<ProofFile, 'format'>> {
  const ids = project.scenarios.map(({ id }) => id);
  const say = counter(chosen.length + lawful.length);
  const teeth = loadTeeth(join(project.root, 'suites', 'teeth.yaml'));
  const baseline = await openBaseline(project, seed, runner);
  const judges = judgesByClause(project.scenarios);
  const proved = async (charge: Charge): Promise<Proof> =>
    withReason(await proveFault(charge, judges, baseline, { seed, all }, runner).finally(say), teeth);
  const [proofs, choices] = await Promise.all([
    Promise.all(chosen.map(proved)),
    Promise.all(lawful.map((some) => proveFreedoms(some, ids, baseline, seed, runner).finally(say))),
  ]);
  return summed(seed, proofs, choices, baseline);
}

function summed(
  seed: string,
  proofs: Proof[],
  choices: FreedomProof[],
  { results }: Baseline,
): Omit<ProofFile, 'format'> {
  return { seed, faults: chargesOf(faults, []).length, proofs, freedoms: choices, baseline: troubled(results) };
}
