/** The image of a SUT host: our own, built on the spot, or anyone's that holds an agent. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { DockerError, dockerProblem, statusOf } from './daemon.ts';

/** Repository of our own images; the tag says which agent is inside. */
export const AGENT_REPOSITORY = 'mptcp-conformance/agent';

/** Name of the image that holds this installation's agent. The agent has to be built. */
export function agentImageName(root: string): string {
  const hash = createHash('sha256');
  for (const file of ['Dockerfile', join('agent', 'mptcp-agent')])
    hash.update(readFileSync(join(root, 'docker', file)));
  return `${AGENT_REPOSITORY}:${hash.digest('hex').slice(0, 16)}`;
}

/** Whether the daemon has an image of this name. @throws DockerError */
async function hasImage(docker: Docker, name: string): Promise<boolean> {
  return (await findDigest(docker, name)) !== undefined;
}

/** `sha256:...`, the id of an image that is there: the same for the same contents. @throws DockerError */
export async function imageDigest(docker: Docker, name: string): Promise<string> {
  const digest = await findDigest(docker, name);
  if (digest === undefined) throw new DockerError(`the image ${name} was removed meanwhile; start the command again`);
  return digest;
}

async function findDigest(docker: Docker, name: string): Promise<string | undefined> {
  try {
    return (await docker.getImage(name).inspect()).Id;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw dockerProblem(error, `looking for image ${name}`);
  }
}

/**
 * Builds the image of our own agent, unless the daemon has it.
 *
 * @param root the installation's folder
 * @returns its name
 * @throws DockerError with the builder's words
 */
export async function ensureAgentImage(docker: Docker, root: string): Promise<string> {
  const name = agentImageName(root);
  if (await hasImage(docker, name)) return name;
  const doing = `building image ${name} from docker/Dockerfile`;
  try {
    const context = { context: join(root, 'docker'), src: ['Dockerfile', 'agent/mptcp-agent'] };
    const output = await docker.buildImage(context, { t: name });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(output, (error, steps: { error?: string }[] | null) => {
        const failed = steps?.find((step) => step.error !== undefined);
        if (error !== null) reject(error);
        else if (failed !== undefined) reject(new Error(failed.error));
        else resolve();
      });
    });
  } catch (error) {
    throw dockerProblem(error, doing);
  }
  return name;
}

/** Sees to it that the daemon has a foreign image. @throws DockerError with the remedy */
export async function requireImage(docker: Docker, name: string): Promise<void> {
  if (await hasImage(docker, name)) return;
  throw new DockerError(
    `the Docker daemon has no image ${name}; fetch or build it: docker pull ${name}, or docker build -t ${name} FOLDER`,
  );
}
