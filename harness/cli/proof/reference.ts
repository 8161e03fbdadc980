/** `reference`: what the reference stack can be switched to. */
import { compareClauseIds } from '../../catalogue/clause-id.ts';
import { UsageError } from '../../document/explained-error.ts';
import { readProof } from '../../prove/proof-file.ts';
import type { Proof } from '../../prove/prove.ts';
import { isMeant } from '../../prove/select.ts';
import { faults, freedoms, type Variation } from '../../reference/index.ts';
import { styleFor, wrap } from '../../report/text-layout.ts';

/** Options of the command. */
export interface ReferenceOptions {
  /** Ids, clauses or sections; none for all. */
  words: readonly string[];
  /** A proof that tells what catches the faults. */
  proof: string;
  json: boolean;
}

/** Prints the list and returns the exit code. @throws UsageError, ProofError */
export function reference({ words, proof, json }: ReferenceOptions): number {
  const chosen = (all: readonly Variation[]): Variation[] =>
    all
      .filter((one) => words.length === 0 || words.some((word) => isMeant(one, word)))
      .toSorted((a, b) => compareClauseIds(a.clause, b.clause));
  const lists = { freedoms: chosen(freedoms), faults: chosen(faults) };
  if (words.length > 0 && lists.freedoms.length + lists.faults.length === 0)
    throw new UsageError(`no freedom or fault matches ${words.join(', ')}; "mptcp-conformance reference" lists them`);
  const proofs = new Map((readProof(proof)?.proofs ?? []).map((one) => [`${one.fault} ${one.clause}`, one]));
  const text = json ? JSON.stringify(asJson(lists, proofs), undefined, 2) : asText(lists, proofs);
  process.stdout.write(`${text}\n`);
  return 0;
}

type Lists = Record<'freedoms' | 'faults', readonly Variation[]>;

function asJson(lists: Lists, proofs: ReadonlyMap<string, Proof>): object {
  const told = ({ id, clause, also = [], does }: Variation): object => {
    const found = proofs.get(`${id} ${clause}`);
    return {
      id,
      clause,
      ...(also.length === 0 ? {} : { also }),
      does,
      ...(found === undefined ? {} : { outcome: found.outcome, by: found.by }),
    };
  };
  return { freedoms: lists.freedoms.map(told), faults: lists.faults.map(told) };
}

function asText({ freedoms: lawful, faults: wrong }: Lists, proofs: ReadonlyMap<string, Proof>): string {
  const blocks = [
    ...(lawful.length === 0 ? [] : [`Freedoms (${lawful.length}): choices that the RFC allows; every scenario passes`]),
    ...lawful.map((one) => entry(one)),
    ...(wrong.length === 0 ? [] : [`Faults (${wrong.length}): each breaks one clause`]),
    ...wrong.map((one) => entry(one, proofs.get(`${one.id} ${one.clause}`))),
  ];
  return blocks.join('\n\n');
}

function entry({ id, clause, also = [], does }: Variation, proof?: Proof): string {
  const { width } = styleFor(process.stdout);
  const lines = [`  ${id}  §${[clause, ...also].join(' §')}`, ...wrap(does, width - 6).map((line) => `      ${line}`)];
  const by = proof?.by[0];
  if (by !== undefined) lines.push(`      ${proof?.outcome} by ${by.scenario} (${by.source})`);
  else if (proof !== undefined) lines.push(`      ${proof.outcome}: ${proof.why ?? ''}`);
  return lines.join('\n');
}
