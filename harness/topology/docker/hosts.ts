/** Containers as SUT hosts. */
import { readlinkSync } from 'node:fs';
import { connectAgent, type SpawnedAgent } from '../../sut/spawn-agent.ts';
import { AgentLost } from '../../sut/types.ts';
import { networkNamespace } from '../../wire/inside.ts';
import { requireLocal, startContainer, type ContainerPlan } from './container.ts';
import { DockerError } from './daemon.ts';

/**
 * Starts a container and waits until its agent has greeted.
 *
 * @throws DockerError, AgentLost: with the image's name and what to do
 */
export async function startAgent(plan: ContainerPlan): Promise<SpawnedAgent> {
  const transport = await startContainer(plan);
  const agent = await connectAgent(transport, { name: `of image ${plan.image}` });
  try {
    requireLocal(agent.pid, agent.greeting.pid, plan.image);
    if (readlinkSync(`/proc/${agent.pid}/ns/net`) === networkNamespace()) {
      throw new DockerError(
        `the agent of image ${plan.image} is in the tester's network namespace, expected one of its own`,
      );
    }
    return agent;
  } catch (error) {
    // A missing object may be due to the end of the container; then that is reported.
    const lost = await agent.request('hello').then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await agent.close();
    throw lost instanceof AgentLost ? lost : error;
  }
}
