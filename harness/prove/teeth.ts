/** Faults that the suite cannot detect, with reasons: `suites/teeth.yaml`. */
import { projectSchema } from '../document/schema.ts';
import { readYaml } from '../document/yaml-file.ts';
import type { Proof } from './prove.ts';

/** Contents of the file. */
export interface Teeth {
  /** Why a fault is not caught, by its id. */
  survivors: Readonly<Record<string, string>>;
  /** Why a clause with MUST or MUST NOT has fewer than three faults, by its id. */
  fewer: Readonly<Record<string, string>>;
  /** Why a clause that only states a behaviour has no fault, by its id. */
  without: Readonly<Record<string, string>>;
}

/** Reads the file. @throws DocumentError */
export function loadTeeth(path: string): Teeth {
  const file = readYaml(path);
  file.check(projectSchema('suites/schema/teeth.schema.json'));
  return file.value as Teeth;
}

/** A proof with the declared reason, if the fault is not caught and one is declared. */
export function withReason(proof: Proof, { survivors }: Teeth): Proof {
  const declared = survivors[proof.fault];
  return proof.outcome === 'caught' || declared === undefined ? proof : { ...proof, declared: declared.trim() };
}

/** Faults that are caught, under every clause that was tried, though the file says that they are not. */
export function outdated(proofs: readonly Proof[], { survivors }: Teeth): string[] {
  const missed = new Set(proofs.filter(({ outcome }) => outcome !== 'caught').map(({ fault }) => fault));
  const tried = new Set(proofs.map(({ fault }) => fault));
  return [...tried].filter((id) => id in survivors && !missed.has(id));
}
