/** Results of `prove` as a file: for the site, for `reference`, and for other programs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../document/make-folder.ts';
import { ExplainedError } from '../document/explained-error.ts';
import type { Proof } from './prove.ts';
import type { TaskResult } from './task.ts';

/** The form of the file. */
const FORMAT = 2;

/** The stack under a lawful choice, or several. */
export interface FreedomProof {
  freedoms: string[];
  /** Scenarios that were run. */
  runs: number;
  /** Those that did not pass, without what the unswitched stack does not pass either. */
  unjust: Pick<TaskResult, 'scenario' | 'verdict' | 'reason'>[];
}

/** Everything that one `prove` found. */
export interface ProofFile {
  format: typeof FORMAT;
  seed: string;
  /** Faults that there are, each once for every clause that it breaks; fewer were run where a selection or a sample was asked for. */
  faults: number;
  proofs: Proof[];
  freedoms: FreedomProof[];
  /** Scenarios that the stack without variations does not pass. */
  baseline: Pick<TaskResult, 'scenario' | 'verdict' | 'reason'>[];
}

/** Writes a proof. */
export function writeProof(file: string, proof: Omit<ProofFile, 'format'>): void {
  makeFolder(dirname(file));
  writeFileSync(file, `${JSON.stringify({ format: FORMAT, ...proof }, undefined, 2)}\n`);
}

/** Reads a proof; undefined when there is none. @throws ProofError when it cannot be read */
export function readProof(file: string): ProofFile | undefined {
  if (!existsSync(file)) return undefined;
  let found: Partial<ProofFile>;
  try {
    found = JSON.parse(readFileSync(file, 'utf8')) as Partial<ProofFile>;
  } catch (cause) {
    throw new ProofError(`${file} is not JSON: ${(cause as Error).message}; run "mptcp-conformance prove" again`);
  }
  if (found.format !== FORMAT)
    throw new ProofError(`${file} was written by another version; run "mptcp-conformance prove" again`);
  return found as ProofFile;
}

/** A file of proof that cannot be read. */
class ProofError extends ExplainedError {
  override readonly name = 'ProofError';
}
