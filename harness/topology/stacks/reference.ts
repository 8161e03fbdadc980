/** The reference stack: MPTCP in this process, with links and time in memory. Needs no kernel and no rights. */
import { cpus } from 'node:os';
import { suggestion } from '../../document/diagnostic.ts';
import { UsageError } from '../../document/explained-error.ts';
import { faults, freedoms, rulesWith, type Variation } from '../../reference/index.ts';
import type { StackKind } from '../contract.ts';
import { hostInfo } from '../machine/host-info.ts';

/** What `--sut reference` says. */
export interface ReferenceChoice {
  kind: 'reference';
  /** Ids of its freedoms and faults, in order. */
  variations: string[];
  /** Decides every random number. */
  seed: string;
}

/** How a worker gets at it. */
export type ReferenceSettings = ReferenceChoice;

const USUAL_SEED = '1';

/** A stack in memory, whose freedoms and faults can be switched on. */
export const reference: StackKind<ReferenceChoice, ReferenceSettings> = {
  kind: 'reference',
  label: 'the reference stack, in memory',
  forms: ['reference'],
  options: [
    { name: 'seed', value: '<text>', help: 'random numbers: the same seed gives the same packets (default: 1)' },
  ],
  inMemory: true,
  noPeer: 'the reference stack has links in memory only',
  noSysctls: 'the reference stack has no kernel settings; switch one of its freedoms on: --sut reference:NAME',
  parse: (target, { seed = USUAL_SEED }) => {
    const variations = target === undefined ? [] : target.split(',').filter((id) => id !== '');
    variationsNamed(variations);
    return { kind: 'reference', variations, seed };
  },
  arguments: ({ variations, seed }) => [
    '--sut',
    variations.length === 0 ? 'reference' : `reference:${variations.join(',')}`,
    ...(seed === USUAL_SEED ? [] : ['--seed', seed]),
  ],
  prepare: (choice) =>
    Promise.resolve({
      settings: choice,
      info: {
        name: 'reference',
        kind: 'reference',
        kernel: '',
        ...(choice.variations.length === 0 ? {} : { version: choice.variations.join(',') }),
        host: hostInfo(),
      },
      // Nothing waits, so more at once than processors only takes memory.
      concurrency: cpus().length,
      close: () => Promise.resolve(),
    }),
  open: async ({ variations, seed }) => {
    const { createReferenceDriver } = await import('../reference/reference-driver.ts');
    const rules = rulesWith(variationsNamed(variations));
    return createReferenceDriver({ rules, version: ['reference', ...variations].join('+'), seed });
  },
  obstacle: () => undefined,
};

/** Freedoms and faults by id, in order. @throws UsageError that names the nearest */
export function variationsNamed(ids: readonly string[]): Variation[] {
  const all = [...freedoms, ...faults];
  return ids.map((id) => {
    const found = all.find((one) => one.id === id);
    if (found !== undefined) return found;
    const near = suggestion(
      id,
      all.map((one) => one.id),
    );
    throw new UsageError(
      `--sut reference:${ids.join(',')}: the reference stack has no "${id}"${near}; "mptcp-conformance reference" lists what it has`,
    );
  });
}
