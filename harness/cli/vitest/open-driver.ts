/** Makes a worker's driver from what the run has prepared. */
import { createNetnsDriver } from '../../topology/netns.ts';
import type { Driver } from '../../topology/types.ts';

/** How a worker gets at the stack under test; must survive being sent to another process. */
export interface SutSettings {
  kind: 'netns';
  /** The agent's program. */
  agentPath: string;
}

/** Makes the driver. Nothing is started before a cell is built. */
export function openDriver(sut: SutSettings): Driver {
  return createNetnsDriver({ agentPath: sut.agentPath });
}
