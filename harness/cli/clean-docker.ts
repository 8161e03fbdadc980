/** What killed runs left on the Docker daemon. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DockerError, openDaemon } from '../topology/docker/daemon.ts';
import { agentImageName } from '../topology/docker/image.ts';
import { leftContainers, staleImages, type Leftover } from '../topology/docker/leftovers.ts';
import { isLauncherAlive } from './launcher.ts';
import { projectRoot } from './project.ts';

/** Containers of runs that are gone, and images of agents that this installation does not have. Says when it cannot look. */
export async function dockerLeftovers(): Promise<Leftover[]> {
  try {
    const { docker } = await openDaemon();
    const root = projectRoot();
    const current = existsSync(join(root, 'docker', 'agent', 'mptcp-agent')) ? agentImageName(root) : undefined;
    return [...(await leftContainers(docker, isLauncherAlive)), ...(await staleImages(docker, current))];
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    process.stderr.write(`containers were not looked at: ${error.message}\n`);
    return [];
  }
}
