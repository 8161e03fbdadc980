/** Results of `prove` for the terminal. Pure. */
import type { FreedomProof, ProofFile } from './proof-file.ts';
import type { Proof, ProofOutcome } from './prove.ts';

/** Words for what became of a fault. */
const WORDS: Readonly<Record<ProofOutcome, string>> = {
  caught: 'caught',
  elsewhere: 'ELSEWHERE',
  survived: 'SURVIVED',
  hung: 'HUNG',
};

/** Whether everything is as it should be. */
export function isProven({ proofs, freedoms }: Pick<ProofFile, 'proofs' | 'freedoms'>): boolean {
  return (
    proofs.every(({ outcome, declared }) => outcome === 'caught' || declared !== undefined) &&
    freedoms.every(({ unjust }) => unjust.length === 0)
  );
}

/** A table of the faults by clause, what is unjust to lawful stacks, and the sum. */
export function proofText(proof: Omit<ProofFile, 'format'>): string {
  const { proofs, freedoms, baseline } = proof;
  const blocks = [baselineBlock(baseline), faultTable(proofs), freedomBlock(freedoms), sum(proof)];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function baselineBlock(baseline: ProofFile['baseline']): string {
  if (baseline.length === 0) return '';
  const shown = baseline
    .slice(0, 10)
    .map(({ scenario, verdict, reason = '' }) => `  ${verdict} ${scenario}: ${reason}`);
  return [
    `The stack without faults does not pass ${baseline.length} scenarios; they cannot show faults of the clauses that they break:`,
    ...shown,
    ...(baseline.length > shown.length ? [`  and ${baseline.length - shown.length} more`] : []),
  ].join('\n');
}

function faultTable(proofs: readonly Proof[]): string {
  if (proofs.length === 0) return '';
  const [clause, fault] = [widest(proofs, 'clause'), widest(proofs, 'fault')];
  const row = (...[first, second, third, fourth]: readonly [string, string, string, string]): string =>
    `${first.padEnd(clause)}  ${second.padEnd(fault)}  ${third.padEnd(9)}  ${fourth}`.trimEnd();
  return [
    row('clause', 'fault', '', 'by'),
    ...proofs.flatMap((one) =>
      noticed(one).map((by, i) => (i === 0 ? row(one.clause, one.fault, wordFor(one), by) : row('', '', '', by))),
    ),
  ].join('\n');
}

function wordFor({ outcome, declared }: Proof): string {
  return declared === undefined ? WORDS[outcome] : outcome;
}

function widest(proofs: readonly Proof[], field: 'clause' | 'fault'): number {
  return Math.max(field.length, ...proofs.map((one) => one[field].length));
}

/** The scenarios that detect a fault, or the reason why none does. */
function noticed({ outcome, by, why = '', declared }: Proof): string[] {
  if (declared !== undefined) return [`declared: ${declared}`];
  if (by.length === 0) return [why];
  return by.map(({ clause, scenario, source }) => {
    const how = source.startsWith('monitor ') ? ` (${source})` : '';
    return `${outcome === 'elsewhere' ? `${clause} in ` : ''}${scenario}${how}`;
  });
}

function freedomBlock(freedoms: readonly FreedomProof[]): string {
  const unjust = freedoms.filter((one) => one.unjust.length > 0);
  if (unjust.length === 0) return '';
  return [
    'Freedoms that do not pass:',
    ...unjust.flatMap((one) => [
      `${one.freedoms.join(',')}: ${one.unjust.length} of ${one.runs} scenarios`,
      ...one.unjust.slice(0, 5).map(({ scenario, verdict, reason = '' }) => `  ${verdict} ${scenario}: ${reason}`),
    ]),
  ].join('\n');
}

function sum({ proofs, freedoms, faults }: Omit<ProofFile, 'format'>): string {
  const count = (outcome: ProofOutcome): number => proofs.filter((one) => one.outcome === outcome).length;
  const parts = [
    `${count('caught')} of ${proofs.length} faults are caught under their clause`,
    ...(['elsewhere', 'survived', 'hung'] as const).flatMap((outcome) => {
      const number = count(outcome);
      const words = { elsewhere: 'only under another clause', survived: 'survived', hung: 'the stack looped' }[outcome];
      return number === 0 ? [] : [`${number} ${words}`];
    }),
  ];
  const declared = proofs.filter((one) => one.declared !== undefined).length;
  if (declared > 0) parts.push(`${declared} declared with a reason`);
  const chosen = proofs.length < faults ? ` (of ${faults} in all)` : '';
  const just = freedoms.filter(({ unjust }) => unjust.length === 0).length;
  const lawful = freedoms.length === 0 ? '' : `\n${just} of ${freedoms.length} freedoms pass like the default choices`;
  return `${parts.join(', ')}${chosen}${lawful}`;
}
