/** `bisect`: between which two packaged kernels a scenario began to fail. */
import { UsageError } from '../../document/explained-error.ts';
import { bisect, chanceOfMiss, WrongEnd, type BisectResult, type Judged } from '../../kernels/bisect.ts';
import { KernelStore } from '../../kernels/cache.ts';
import { chooseKernels, type KernelPackage } from '../../kernels/packages.ts';
import { compareKernelVersions } from '../../kernels/version.ts';
import { parseWanted, type WantedKernel } from '../../kernels/wanted.ts';
import type { ScenarioRecord } from '../../report/results.ts';
import { isDeparture, isKept, isUnmet } from '../../verdict/verdict.ts';
import { runOnce } from '../run/run-alone.ts';

/** Options of the command. */
export interface BisectOptions {
  good: string;
  bad: string;
  /** Runs of each kernel; those after a bad one are left out, but for the bad end. */
  repeat: number;
  /** From which level a departure counts. */
  level: 'must' | 'should';
  mirror?: string;
}

/** A kernel of the search, shown by its release. */
class Candidate {
  readonly release: string;
  constructor(release: string) {
    this.release = release;
  }
  toString(): string {
    return this.release;
  }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs the command, prints what it found, and returns the exit code. @throws KernelError, UsageError */
export async function bisectKernels(ids: readonly string[], options: BisectOptions): Promise<number> {
  const candidates = await candidatesOf(options);
  say(`${candidates.length} kernels from ${String(candidates[0])} to ${String(candidates.at(-1))}`);
  const words = options.mirror === undefined ? [] : ['--mirror', options.mirror];
  const judge = async (kernel: Candidate): Promise<Judged> => {
    const isBadEnd = kernel === candidates.at(-1);
    const judged = await judgeKernel(ids, ['--sut', `kernel:${kernel.release}`, ...words], options, isBadEnd);
    say(`${kernel.release}: ${inWords(judged)}`);
    return judged;
  };
  try {
    const found = await bisect(candidates, judge);
    process.stdout.write(report(found));
    return 0;
  } catch (error) {
    if (!(error instanceof WrongEnd)) throw error;
    throw new UsageError(`${error.message}; check with: run ${ids.join(' ')} --sut kernel:VERSION --deviations none`);
  }
}

/** The newest build of each version between the two ends, in the direction from good to bad. */
async function candidatesOf({ good, bad, mirror }: BisectOptions): Promise<Candidate[]> {
  const ends = [parseWanted(good), parseWanted(bad)] as const;
  const [from, to] = ends.map(packaged) as [Packaged, Packaged];
  if (from.architecture !== to.architecture) throw new UsageError('--good and --bad are of different architectures');
  const store = new KernelStore({ mirror, say, architecture: from.architecture });
  const available = await store.available();
  const end = (wanted: string): KernelPackage => {
    const [found] = chooseKernels(available, wanted);
    if (found === undefined) throw new UsageError(`no kernel ${wanted} is available; "kernels --all" lists all`);
    return found;
  };
  const [first, last] = [end(from.name), end(to.name)];
  const order = compareKernelVersions(first.version, last.version);
  if (order === 0) throw new UsageError(`--good and --bad are the same kernel, ${first.release}`);
  const [low, high] = order < 0 ? [first, last] : [last, first];
  const between = available.filter(
    ({ version }) =>
      compareKernelVersions(version, low.version) > 0 && compareKernelVersions(version, high.version) < 0,
  );
  // The list has the newest first, and the best build of a version before its others.
  const best = between.filter(
    (one, index) => between.findIndex(({ version }) => compareKernelVersions(version, one.version) === 0) === index,
  );
  const rising = [low, ...best.toReversed(), high].map(({ release }) => new Candidate(release));
  return order < 0 ? rising : rising.toReversed();
}

type Packaged = Extract<WantedKernel, { kind: 'package' }>;

function packaged(wanted: WantedKernel): Packaged {
  if (wanted.kind === 'package') return wanted;
  throw new UsageError(`${wanted.path} is a path; for a tree see "git bisect" in docs/kernels.md`);
}

async function judgeKernel(
  ids: readonly string[],
  stack: readonly string[],
  { repeat, level }: BisectOptions,
  isBadEnd: boolean,
): Promise<Judged> {
  const judged: Judged = { runs: 0, bad: 0 };
  for (let round = 0; round < repeat; round += 1) {
    const results = await runOnce(ids, stack);
    if (typeof results === 'string') {
      say(`  ${results}`);
      break;
    }
    const found = results.scenarios;
    if (!found.some(isJudged)) break;
    judged.runs += 1;
    if (found.some((one) => departs(one, level))) judged.bad += 1;
    // One bad run decides; at the bad end all are made, since they tell how often it fails.
    if (judged.bad > 0 && !isBadEnd) break;
  }
  return judged;
}

function isJudged({ verdict }: ScenarioRecord): boolean {
  return isKept(verdict) || isUnmet(verdict);
}

function departs({ verdict }: ScenarioRecord, level: BisectOptions['level']): boolean {
  return level === 'should' ? isDeparture(verdict) : verdict === 'fail';
}

function inWords({ runs, bad }: Judged): string {
  if (runs === 0) return 'no verdict';
  return bad === 0 ? `good in ${runs} of ${runs}` : `bad in ${bad} of ${runs}`;
}

function report({ lastGood, firstBad, unknown, judged }: BisectResult<Candidate>): string {
  const of = (kernel: Candidate): Judged => judged.find((one) => one.kernel === kernel)?.result ?? { runs: 0, bad: 0 };
  const [, badEnd] = judged;
  const miss = badEnd === undefined ? 0 : chanceOfMiss(badEnd.result, of(lastGood).runs);
  return [
    `last good: ${lastGood.release} (${inWords(of(lastGood))})`,
    `first bad: ${firstBad.release} (${inWords(of(firstBad))})`,
    ...(unknown.length === 0 ? [] : [`without a verdict between them: ${unknown.join(', ')}`]),
    miss === 0
      ? 'certain: the bad kernel failed in every run'
      : `a kernel that fails as often as the bad one would count as good in ${(100 * miss).toFixed(1)} % of searches; raise --repeat`,
    '',
  ].join('\n');
}
