/** The search for the first bad kernel between a good and a bad one. Pure but for the question that it is handed. */

/** Verdict on one kernel. */
export interface Judged {
  /** Runs made. */
  runs: number;
  /** Runs in which something failed. */
  bad: number;
}

/** `unknown`: no run came to a verdict, as with a kernel that does not start. */
export type Answer = 'good' | 'bad' | 'unknown';

/** Bad as soon as one run was: what is flaky fails in some runs only. */
export function answerOf({ runs, bad }: Judged): Answer {
  if (runs === 0) return 'unknown';
  return bad > 0 ? 'bad' : 'good';
}

/** Result of the search. */
export interface BisectResult<T> {
  lastGood: T;
  firstBad: T;
  /** Kernels between these two that gave no verdict. */
  unknown: T[];
  /** Everything that was judged, in the order in which it was. */
  judged: { kernel: T; result: Judged }[];
}

/** One end is not what it was said to be. */
export class WrongEnd extends Error {}

/**
 * Finds two neighbours, the first good and the second bad. A kernel without a verdict is passed over for the nearest one
 * that has one.
 *
 * @param kernels in order from the good end to the bad end, two or more
 * @throws WrongEnd when the ends are not good and bad
 */
export async function bisect<T>(
  kernels: readonly T[],
  judge: (kernel: T) => Promise<Judged>,
): Promise<BisectResult<T>> {
  const judged: BisectResult<T>['judged'] = [];
  const answers = new Map<number, Answer>();
  const ask = async (index: number): Promise<Answer> => {
    const kernel = kernels[index];
    if (kernel === undefined) throw new RangeError(`no kernel ${index}`);
    const result = await judge(kernel);
    judged.push({ kernel, result });
    const answer = answerOf(result);
    answers.set(index, answer);
    return answer;
  };
  let [good, bad] = [0, kernels.length - 1];
  for (const [index, wanted] of [
    [good, 'good'],
    [bad, 'bad'],
  ] as const) {
    const answer = await ask(index);
    if (answer !== wanted) throw new WrongEnd(`${String(kernels[index])} was given as ${wanted}, but is ${answer}`);
  }
  for (let next = middle(good, bad, answers); next !== undefined; next = middle(good, bad, answers)) {
    const answer = await ask(next);
    if (answer === 'good') good = next;
    if (answer === 'bad') bad = next;
  }
  const between = kernels.slice(good + 1, bad);
  return { lastGood: kernels[good] as T, firstBad: kernels[bad] as T, unknown: between, judged };
}

/** The kernel nearest to the middle that was not judged yet; undefined when there is none. */
function middle(good: number, bad: number, answers: ReadonlyMap<number, Answer>): number | undefined {
  const centre = (good + bad) / 2;
  const open = Array.from({ length: bad - good - 1 }, (_, step) => good + 1 + step).filter((one) => !answers.has(one));
  return open.sort((a, b) => Math.abs(a - centre) - Math.abs(b - centre))[0];
}

/**
 * How likely it is that a bad kernel passed all runs that were made of it, when it fails as often as the bad end did.
 *
 * @returns 0..1; 0 when the bad end failed in every run
 */
export function chanceOfMiss(badEnd: Judged, runs: number): number {
  return badEnd.runs === 0 ? 1 : (1 - badEnd.bad / badEnd.runs) ** runs;
}
