/** The netns driver: the SUT is this kernel, in a network namespace of its own for every cell. */
import { readlinkSync } from 'node:fs';
import { AgentNursery } from '../sut/nursery.ts';
import { connectAgent } from '../sut/spawn-agent.ts';
import { networkNamespace } from '../wire/inside.ts';
import { settleEnd, settleNamespace } from './sut-settings.ts';
import { TopologyError } from './types.ts';
import type { Driver } from './types.ts';
import { createVethDriver } from './veth-driver.ts';
import type { Host } from './veth-driver.ts';

/** How the driver works. */
export interface NetnsOptions {
  /** The agent's program. */
  agentPath: string;
  /** Which share of the address space is ours, see {@link createVethDriver}. */
  worker?: number;
}

/** The namespace is the agent's alone: it has no name and goes when the agent goes. */
async function startHost(name: string, nursery: AgentNursery): Promise<Host> {
  const agent = await connectAgent(await nursery.start(), { name });
  try {
    if (readlinkSync(`/proc/${agent.pid}/ns/net`) === networkNamespace()) {
      throw new TopologyError(`host ${name}: agent ${agent.pid} is in the tester's namespace, expected one of its own`);
    }
    await settleNamespace(agent);
  } catch (error) {
    await agent.close();
    throw error;
  }
  return {
    agent,
    async release() {
      await settleEnd(agent);
      await agent.close();
    },
  };
}

/**
 * A driver whose SUT hosts are this kernel, each in a fresh network namespace that belongs to its agent, linked to
 * the tester by veth pairs. Nothing has a name, so nothing is left when the processes die, however they die.
 *
 * @throws TopologyError when the worker number makes no sense; building throws it outside of a tester namespace
 */
export function createNetnsDriver(options: NetnsOptions): Driver {
  let nursery: AgentNursery | undefined;
  const source = {
    name: 'netns',
    take: (host: string) => startHost(host, nursery ??= new AgentNursery(options.agentPath)),
    close: async () => nursery?.close(),
  };
  return createVethDriver(source, options.worker);
}
