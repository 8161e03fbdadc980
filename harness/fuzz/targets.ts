/** All targets of fuzzing. */
import { fileTargets } from './file-targets.ts';
import { captures, conversations, packets } from './packet-targets.ts';
import type { FuzzTarget } from './target.ts';
import { agentLines, expressions, packetLines, sutLines } from './text-targets.ts';

/** Every reader of input from outside. @param root the installation's folder */
export function allTargets(root: string): FuzzTarget[] {
  return [packets, conversations, captures, packetLines, expressions, sutLines, agentLines, ...fileTargets(root)];
}
