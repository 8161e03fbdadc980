/** Distinguishes builds of one version of a stack. Pure. */
import type { SutInfo } from '../verdict/stack-info.ts';

/** Fields that identify a build, and their names in messages. */
const MARKS = [
  ['name', 'stack'],
  ['kernel', 'version'],
  ['digest', 'image'],
  ['build', 'build'],
  ['commit', 'commit'],
  ['version', 'version'],
] as const;

/**
 * How the stack that runs now is another than the one that results are of, in one line; undefined when nothing that both
 * know differs.
 */
export function otherBuild(judged: SutInfo, now: SutInfo): string | undefined {
  for (const [mark, word] of MARKS) {
    const [before = '', after = ''] = [judged[mark], now[mark]];
    if (before !== '' && after !== '' && before !== after)
      return `the stack is another now: its ${word} is ${after}, the results are of ${before}`;
  }
  return undefined;
}

/** The shortest name of a build; empty when nothing is known but the version. `#3`, `4f2a91c0`. */
export function shortBuild({ commit, digest, build }: SutInfo): string {
  if (commit !== undefined) return commit.replace(/^([0-9a-f]{12})[0-9a-f]*/, '$1');
  if (digest !== undefined) return digest.replace(/^sha256:/, '').slice(0, 8);
  return /^#\d+/.exec(build ?? '')?.[0] ?? build ?? '';
}
