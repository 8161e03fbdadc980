/** Makes a failing input smaller, so that a person can read it. */
import { tryInput, type Failure, type FuzzTarget } from './target.ts';

/** Identifies a kind of failure: the error's class and the first line of its message without numbers. */
export function signature({ error }: Failure): string {
  const { name, message } = error as Error;
  return `${name}: ${message.split('\n', 1)[0] ?? ''}`.replace(/[0-9a-f]*\d[0-9a-f]*/gi, 'N').slice(0, 120);
}

/** Takes away pieces, halves first, as long as the reader fails in the same way. */
export async function smaller(target: FuzzTarget, failure: Failure): Promise<Failure> {
  const wanted = signature(failure);
  let best = failure;
  for (let piece = Math.ceil(best.input.length / 2); piece >= 1; piece = Math.floor(piece / 2)) {
    for (let at = 0; at < best.input.length;) {
      const input = Buffer.concat([best.input.subarray(0, at), best.input.subarray(at + piece)]);
      const found = await tryInput(target, input);
      if (found !== undefined && signature(found) === wanted) best = found;
      else at += piece;
    }
  }
  return best;
}
