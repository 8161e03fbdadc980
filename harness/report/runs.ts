/** Several runs in one place: shards of one stack put together, several stacks side by side. Pure. */
import type { SutInfo, Sysctl } from '../verdict/stack-info.ts';
import { ExplainedError } from '../document/explained-error.ts';
import type { Clause } from '../catalogue/types.ts';
import { shortBuild } from './build-identity.ts';
import { applyDeviations } from './deviations.ts';
import { withLatestIds } from './former-ids.ts';
import {
  buildResults,
  inOrderOf,
  type Deviation,
  type DeviationOutcome,
  type RunResults,
  type ScenarioRecord,
  type ToolInfo,
} from './results.ts';

/** Version of the matrix file's shape; the runs in it have a version of their own. */
export const MATRIX_VERSION = 1;

/** Several stacks' results in one file. */
export interface MatrixResults {
  schemaVersion: typeof MATRIX_VERSION;
  kind: 'matrix';
  tool: ToolInfo;
  /** One for each stack, by name and then by version; evidence is relative to the matrix file. */
  runs: RunResults[];
}

/** Results that cannot be put together; the message says why. */
export class MergeError extends ExplainedError {
  override readonly name = 'MergeError';
}

/** Parameters of {@link mergeRuns} besides the runs. */
export interface MergeOptions {
  /** The catalogue; gives the merged runs their coverage. */
  catalogue?: readonly Clause[];
  /** Ids of all scenarios there are: shards that together have them all are no selection any more. */
  scenarios?: readonly string[];
}

/** Names a stack: runs with the same key were made against the same build of it. */
export function sutKey(sut: SutInfo): string {
  const { label = '', name, kind, kernel, version = '', build = '', digest = '', commit = '', sysctls } = sut;
  return [label, name, kind, kernel, version, build, digest, commit, sysctlText(sysctls)].join('\0');
}

/** `net.mptcp.checksum_enabled=1, net.ipv4.tcp_sack=0`; empty without any. */
export function sysctlText(sysctls: readonly Sysctl[] = []): string {
  return sysctls.map(({ name, value }) => `${name}=${value}`).join(', ');
}

/**
 * Names for the stacks of several runs, as short as they can be told apart by: `6.18.5`, `linux 6.18.5`,
 * `linux 6.18.5 (kernel)`, `6.18.5 4f2a91c0`. A label that the user gave comes first.
 */
export function sutLabels(suts: readonly SutInfo[]): string[] {
  const release = (sut: SutInfo): string =>
    sut.label ?? ([sut.kernel, sut.version ?? ''].filter((part) => part !== '').join(' ') || sut.name);
  const build = (sut: SutInfo): string => `${release(sut)} ${shortBuild(sut)}`.trim();
  const forms: ((sut: SutInfo) => string)[] = [
    release,
    (sut) => (release(sut) === sut.name ? sut.name : `${sut.name} ${release(sut)}`),
    (sut) => `${sut.name}${release(sut) === sut.name ? '' : ` ${release(sut)}`} (${sut.kind})`,
  ];
  forms.push(build);
  if (suts.some(({ sysctls }) => sysctls !== undefined))
    for (const form of forms.slice()) forms.push((sut) => [form(sut), sysctlText(sut.sysctls)].join(' ').trim());
  for (const form of forms) {
    const labels = suts.map(form);
    if (new Set(labels).size === labels.length) return labels;
  }
  return suts.map((sut, index) => `${forms[2]?.(sut) ?? sut.name} #${index + 1}`);
}

/** Orders stacks by name, then by version with numbers as numbers: 6.9 before 6.18. */
export function compareSuts(a: SutInfo, b: SutInfo): number {
  const byNumber = (left: string, right: string): number => left.localeCompare(right, 'en', { numeric: true });
  return (
    byNumber(a.name, b.name) ||
    byNumber(a.kernel, b.kernel) ||
    byNumber(a.version ?? '', b.version ?? '') ||
    byNumber(a.kind, b.kind) ||
    byNumber(a.label ?? '', b.label ?? '')
  );
}

/**
 * Puts runs of the same stack together into one each, and orders the stacks.
 *
 * @throws MergeError when two runs of one stack hold the same scenario: which of them counts is not for us to say
 */
export function mergeRuns(runs: readonly RunResults[], options: MergeOptions = {}): RunResults[] {
  const bySut = new Map<string, RunResults[]>();
  for (const run of withLatestIds(runs)) bySut.set(sutKey(run.sut), [...(bySut.get(sutKey(run.sut)) ?? []), run]);
  return [...bySut.values()].map((shards) => mergeShards(shards, options)).sort((a, b) => compareSuts(a.sut, b.sut));
}

function mergeShards(shards: readonly RunResults[], options: MergeOptions): RunResults {
  const [first] = shards;
  if (first === undefined || shards.length === 1) return first as RunResults;
  const scenarios = inOrderOf(withoutDoubles(shards), options.scenarios ?? []);
  const merged = buildResults({
    tool: first.tool,
    run: mergedRun(shards, scenarios, options.scenarios),
    sut: first.sut,
    scenarios,
    ...(options.catalogue === undefined ? {} : { catalogue: options.catalogue }),
  });
  const declared = shards.flatMap((shard) => (shard.deviations === undefined ? [] : [shard.deviations]));
  if (declared.length === 0) return merged;
  return applyDeviations(merged, {
    source: [...new Set(declared.map(({ source }) => source))].join(', '),
    sut: first.sut.name,
    deviations: declarations(declared),
  });
}

/**
 * One line for each stack of which some shards are missing: parts of runs that were made with `--shard`.
 *
 * @param runs before they are merged
 */
export function missingShards(runs: readonly RunResults[]): string[] {
  const bySut = new Map<string, { sut: SutInfo; of: number; present: Set<number> }>();
  for (const { sut, run } of runs) {
    if (run.shard === undefined) continue;
    const known = bySut.get(sutKey(sut)) ?? { sut, of: run.shard.of, present: new Set<number>() };
    if (known.of !== run.shard.of)
      throw new MergeError(
        `${sut.name} ${sut.kernel}: one run is a shard of ${known.of}, another of ${run.shard.of}; merge shards of one division`,
      );
    known.present.add(run.shard.index);
    bySut.set(sutKey(sut), known);
  }
  return [...bySut.values()].flatMap(({ sut, of, present }) => {
    const missing = Array.from({ length: of }, (_, i) => i + 1).filter((index) => !present.has(index));
    return missing.length === 0
      ? []
      : [`${sut.name} ${sut.kernel}: shard ${missing.join(', ')} of ${of} is missing; the results are a selection`];
  });
}

function withoutDoubles(shards: readonly RunResults[]): ScenarioRecord[] {
  const seen = new Set<string>();
  return shards.flatMap(({ scenarios, sut }) =>
    scenarios.map((scenario) => {
      if (!seen.has(scenario.id)) {
        seen.add(scenario.id);
        return scenario;
      }
      throw new MergeError(
        `two runs of ${sut.name} ${sut.kernel} (${sut.kind}) contain the scenario ${scenario.id}; shards must not overlap: remove one file, or give each run a --label`,
      );
    }),
  );
}

function mergedRun(
  shards: readonly RunResults[],
  scenarios: readonly ScenarioRecord[],
  all: readonly string[] | undefined,
): RunResults['run'] {
  const runs = shards.map(({ run }) => run);
  const [first] = runs as [RunResults['run']];
  const present = new Set(scenarios.map(({ id }) => id));
  const whole = all?.every((id) => present.has(id)) ?? runs.some((run) => run.selected !== true);
  return {
    startedAt: runs.map(({ startedAt }) => startedAt).sort()[0] ?? first.startedAt,
    finishedAt:
      runs
        .map(({ finishedAt }) => finishedAt)
        .sort()
        .at(-1) ?? first.finishedAt,
    // Shards run side by side, or days apart: what adds up is the time spent.
    durationMs: runs.reduce((sum, { durationMs }) => sum + durationMs, 0),
    partial: runs.some(({ partial }) => partial),
    selected: !whole || missing(runs),
    command: first.command,
    concurrency: Math.max(...runs.map(({ concurrency }) => concurrency)),
    ...(first.seed === undefined ? {} : { seed: first.seed }),
  };
}

/** Whether parts of the runs that were made with `--shard` are not there. */
function missing(runs: readonly RunResults['run'][]): boolean {
  const shards = runs.flatMap(({ shard }) => shard ?? []);
  return shards.some(({ of }) => new Set(shards.map(({ index }) => index)).size < of);
}

/** The declarations of several outcomes, each once. */
function declarations(outcomes: readonly DeviationOutcome[]): Deviation[] {
  const found = new Map<string, Deviation>();
  for (const { applied, stale, unseen } of outcomes) {
    for (const one of [...applied, ...stale, ...unseen]) {
      const deviation: Deviation & { scenarios?: string[] } = { ...one };
      delete deviation.scenarios;
      found.set(`${one.scenario ?? ''} ${one.clause ?? ''}`, deviation);
    }
  }
  return [...found.values()];
}

/** Moves every path of evidence, as `move` says. */
export function moveEvidence(results: RunResults, move: (path: string) => string): RunResults {
  const judged = <T extends { pcap?: string }>(list: readonly T[]): T[] =>
    list.map((one) => (one.pcap === undefined ? one : { ...one, pcap: move(one.pcap) }));
  return {
    ...results,
    scenarios: results.scenarios.map((scenario) => ({
      ...scenario,
      expectations: judged(scenario.expectations),
      ...(scenario.monitors === undefined ? {} : { monitors: judged(scenario.monitors) }),
      ...(scenario.trouble === undefined
        ? {}
        : { trouble: { ...scenario.trouble, console: move(scenario.trouble.console) } }),
      evidence: Object.fromEntries(Object.entries(scenario.evidence).map(([name, path]) => [name, move(path)])),
    })),
  };
}
