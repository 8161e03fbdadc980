/** The netns driver: the SUT is this kernel, in network namespaces of its own. */
import { readlinkSync } from 'node:fs';
import { AgentNursery } from '../sut/nursery.ts';
import { connectAgent, type SpawnedAgent } from '../sut/spawn-agent.ts';
import type { Sysctl } from '../verdict/stack-info.ts';
import { networkNamespace } from '../wire/inside.ts';
import { PooledHosts } from './pooled-hosts.ts';
import { TopologyError } from './types.ts';
import { createVethDriver, type KeepingDriver } from './veth-driver.ts';

/** Options of the driver. */
export interface NetnsOptions {
  /** The agent's program. */
  agentPath: string;
  /** Which share of the address space is ours, see {@link createVethDriver}. */
  worker?: number;
  /** Settings of the user's, for every namespace of the stack. */
  sysctls?: readonly Sysctl[] | undefined;
}

/** The namespace is the agent's alone: it has no name and goes when the agent goes. */
async function startHost(name: string, nursery: AgentNursery): Promise<SpawnedAgent> {
  const agent = await connectAgent(await nursery.start(), { name });
  try {
    if (readlinkSync(`/proc/${agent.pid}/ns/net`) === networkNamespace()) {
      throw new TopologyError(`host ${name}: agent ${agent.pid} is in the tester's namespace, expected one of its own`);
    }
    return agent;
  } catch (error) {
    await agent.close();
    throw error;
  }
}

/**
 * A driver whose SUT hosts are this kernel, each in a network namespace that belongs to its agent, linked to the tester
 * by veth pairs. A namespace is kept for the next cell after a full reset: the kernel takes longer to make and unmake
 * one than most scenarios run. Nothing has a name, so nothing is left when the processes die, however they die.
 *
 * @throws TopologyError when the worker number makes no sense; building throws it outside of a tester namespace
 */
export function createNetnsDriver(options: NetnsOptions): KeepingDriver {
  let nursery: AgentNursery | undefined;
  return createVethDriver(
    new PooledHosts({
      name: 'netns',
      sysctls: options.sysctls,
      start: (host) => startHost(host, (nursery ??= new AgentNursery(options.agentPath))),
      close: async () => nursery?.close(),
    }),
    options.worker,
  );
}
