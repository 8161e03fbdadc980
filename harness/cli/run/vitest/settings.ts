/** Settings that the command passes to the Vitest workers. */
import type { Habits, Sysctl } from '../../../verdict/stack-info.ts';
import type { Deviation } from '../../../report/results.ts';
import type { Watch } from '../../../topology/kernel-lines.ts';
import type { StackSettings } from '../../../topology/stacks/registry.ts';

/** Settings of a run; must survive being sent to another process. */
export interface WorkerSettings {
  /** Folder of the evidence. */
  evidenceRoot: string;
  /** The stack under test. */
  sut: StackSettings;
  /** The server of scenarios of two stacks; of the same kind as the client when absent. */
  peer?: StackSettings;
  /** Settings of the user's, for every namespace of a stack. */
  sysctls?: readonly Sysctl[];
  /** Folders of topologies of the user's own. */
  topologies?: readonly string[];
  /** Habits of every host of a stack. */
  habits?: Habits;
  /** The options that name it, for command lines. */
  sutArguments: string[];
  /** Features that the stack says it lacks, with the reason. */
  lacks?: [feature: string, reason: string][];
  deviations: Deviation[];
  /** Additional sources watched in the stack's kernel. */
  watch?: Watch;
  /** Socket of the command that wants the cell left open when the steps are over. */
  hold?: string;
  /** Write no evidence of what passed. */
  captures?: 'failed';
  /** Judge the stack, or see whether the scenarios notice a stack that is made to err. */
  mode: 'judge' | 'mutants' | 'breaks';
  /** Clauses whose breaks are tried, in mode `breaks`. */
  breaks?: string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    conformance: WorkerSettings;
    /** Scenarios that a worker may run at once. */
    atOnce: number;
  }
}
