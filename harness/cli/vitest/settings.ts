/** What the command hands to the Vitest workers. */
import type { Deviation } from '../../report/results.ts';

/** Settings of a run; must survive being sent to another process. */
export interface WorkerSettings {
  /** Ids of the scenarios to run; all of them when absent. */
  selected?: string[];
  /** Where evidence goes. */
  evidenceRoot: string;
  agentPath: string;
  /** Keep the evidence of every scenario, or only of those that did not pass. */
  keepCaptures: 'all' | 'failed';
  deviations: Deviation[];
}

declare module 'vitest' {
  interface ProvidedContext {
    conformance: WorkerSettings;
  }
}

/** Environment variable for the same settings as JSON, for whoever runs Vitest himself. */
export const SETTINGS_VARIABLE = 'MPTCP_CONFORMANCE_SETTINGS';
