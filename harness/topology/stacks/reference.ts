/** The reference stack: MPTCP in this process, with links and time in memory. Needs no kernel and no rights. */
import { cpus } from 'node:os';
import { suggestion } from '../../document/diagnostic.ts';
import { UsageError } from '../../document/explained-error.ts';
import type { Variation } from '../../reference/index.ts';
import type { StackKind } from '../contract.ts';
import { hostInfo } from '../machine/host-info.ts';

/** Parsed form of `--sut reference`. */
export interface ReferenceChoice {
  kind: 'reference';
  /** Ids of its freedoms and faults, in order. */
  variations: string[];
  /** Decides every random number. */
  seed: string;
}

/** Settings of a worker's driver. */
export type ReferenceSettings = ReferenceChoice;

const USUAL_SEED = '1';

/** A stack in memory, whose freedoms and faults can be switched on. */
export const reference: StackKind<ReferenceChoice, ReferenceSettings> = {
  kind: 'reference',
  label: 'the reference stack, in memory',
  forms: ['reference'],
  insights: [],
  options: [
    { name: 'seed', value: '<text>', help: 'random numbers: the same seed gives the same packets (default: 1)' },
  ],
  inMemory: true,
  noPeer: 'the reference stack has simulated links only',
  noSysctls: 'the reference stack has no kernel settings; select one of its freedoms: --sut reference:NAME',
  parse: (target, { seed = USUAL_SEED }) => {
    const variations = target === undefined ? [] : target.split(',').filter((id) => id !== '');
    return { kind: 'reference', variations, seed };
  },
  arguments: ({ variations, seed }) => [
    '--sut',
    variations.length === 0 ? 'reference' : `reference:${variations.join(',')}`,
    ...(seed === USUAL_SEED ? [] : ['--seed', seed]),
  ],
  prepare: async (choice) => {
    const { lacksOfVariations } = await import('../../reference/index.ts');
    return {
      settings: choice,
      lacks: lacksOfVariations(await variationsNamed(choice.variations)),
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
    };
  },
  open: async ({ variations, seed }) => {
    const { createReferenceDriver } = await import('../reference/reference-driver.ts');
    const { rulesWith } = await import('../../reference/index.ts');
    const rules = rulesWith(await variationsNamed(variations));
    return createReferenceDriver({ rules, version: ['reference', ...variations].join('+'), seed });
  },
  obstacle: () => undefined,
};

/** Freedoms and faults by id, in order; loaded only when they are needed. @throws UsageError that names the nearest */
async function variationsNamed(ids: readonly string[]): Promise<Variation[]> {
  const { faults, freedoms } = await import('../../reference/index.ts');
  const all = [...freedoms, ...faults];
  return ids.map((id) => {
    const found = all.find((one) => one.id === id);
    if (found !== undefined) return found;
    const near = suggestion(
      id,
      all.map((one) => one.id),
    );
    throw new UsageError(
      `--sut reference:${ids.join(',')}: the reference stack has no "${id}"${near}; "mptcp-conformance reference" lists all`,
    );
  });
}
