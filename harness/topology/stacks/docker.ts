/** Stacks in containers. Docker's client takes a while to load, so it is loaded only where it is used. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../document/explained-error.ts';
import { ensureAgent } from '../../sut/build-agent.ts';
import { builtAs, introduce, type Introduction } from '../../sut/introduce.ts';
import { AgentLost } from '../../sut/types.ts';
import type { PreparedStack, StackKind } from '../contract.ts';
import type { ContainerPlan } from '../docker/container.ts';
import { withHostKernel } from '../machine/host-kernel.ts';
import { checkDocker } from '../machine/docker.ts';
import { hostInfo } from '../machine/host-info.ts';
import { isLauncherAlive, LAUNCHER_VARIABLE, launcherMark } from '../machine/launcher.ts';
import type { Leftover } from '../machine/leftover.ts';

/** Parsed form of `--sut docker`. */
export interface DockerChoice {
  kind: 'docker';
  /** A container image that holds an agent; without one, ours is built. */
  image?: string;
}

/** Settings of a worker's driver. */
export interface DockerSettings {
  kind: 'docker';
  image: string;
  /** Mark of the run, for labels. */
  run: string;
}

/** A container takes longer to start than most scenarios run. */
const CONCURRENCY = 16;

/** Every SUT host is a container. */
export const docker: StackKind<DockerChoice, DockerSettings> = {
  kind: 'docker',
  label: 'containers',
  forms: ['docker'],
  insights: ['shell', 'trace'],
  options: [
    { name: 'image', value: '<name>', help: 'a container image with an agent (default: built from docker/Dockerfile)' },
  ],
  parse: (target, { image }) => {
    if (target !== undefined) throw new UsageError(`--sut docker takes no argument; write --image ${target}`);
    if (image === '') throw new UsageError('--image is empty; omit it to use the default image');
    return image === undefined ? { kind: 'docker' } : { kind: 'docker', image };
  },
  arguments: ({ image }) => ['--sut', 'docker', ...(image === undefined ? [] : ['--image', image])],
  requireRights: () => {
    if (process.getuid?.() === 0) return;
    throw new UsageError(
      "--sut docker needs root: links are moved into the containers' network namespaces; run the command with sudo",
    );
  },
  prepare: ({ image }, root) => prepareDocker(root, image),
  open: async ({ image, run }, { sysctls, watch }) => {
    const { createDockerDriver } = await import('../docker/docker-driver.ts');
    return withHostKernel(createDockerDriver({ image, run, sysctls }), watch);
  },
  leftovers: dockerLeftovers,
  doctor: async () => [await checkDocker()],
};

/** Removes what killed runs left, builds or finds the image, and sees whether it holds an agent and a stack to judge. */
async function prepareDocker(root: string, image: string | undefined): Promise<PreparedStack<DockerSettings>> {
  const { openDaemon } = await import('../docker/daemon.ts');
  const { leftContainers, removeContainersOf } = await import('../docker/leftovers.ts');
  const { ensureAgentImage, imageDigest, requireImage } = await import('../docker/image.ts');
  const daemon = await openDaemon();
  for (const { what, remove } of await leftContainers(daemon.docker, isLauncherAlive)) {
    await remove();
    process.stderr.write(`removed ${what}\n`);
  }
  let name = image;
  if (name === undefined) {
    await ensureAgent(root);
    name = await ensureAgentImage(daemon.docker, root);
  } else {
    await requireImage(daemon.docker, name);
  }
  const run = process.env[LAUNCHER_VARIABLE] ?? launcherMark();
  try {
    const [met, digest] = [await meet({ ...daemon, image: name, run }), await imageDigest(daemon.docker, name)];
    return {
      settings: { kind: 'docker', image: name, run },
      info: {
        name: met.stack,
        kind: 'docker',
        kernel: met.version,
        ...builtAs(met),
        image: name,
        digest,
        host: hostInfo(),
      },
      concurrency: CONCURRENCY,
      close: () => removeContainersOf(daemon.docker, run),
    };
  } catch (error) {
    await removeContainersOf(daemon.docker, run);
    throw error;
  }
}

/** Starts the image once, to learn what it is before anything hangs on it. */
async function meet(plan: ContainerPlan): Promise<Introduction> {
  const { startAgent } = await import('../docker/hosts.ts');
  const agent = await startAgent(plan).catch((error: unknown) => {
    if (!(error instanceof AgentLost)) throw error;
    throw new UsageError(
      `${error.message}\nthe image must start an agent on standard input and output: see docker/README.md`,
    );
  });
  try {
    const met = await introduce(agent);
    if (!met.mptcp) {
      throw new UsageError(
        `the stack of image ${plan.image} (${met.version}) has no MPTCP: features=${[...agent.features].join(',')}`,
      );
    }
    return met;
  } finally {
    await agent.close();
  }
}

/** Containers of runs that are gone, and images of agents that this installation does not have. */
async function dockerLeftovers(root: string): Promise<Leftover[]> {
  const host = process.env['DOCKER_HOST'] ?? '';
  // Where no daemon runs there can be none.
  if (!host.startsWith('unix://') && (host !== '' || !existsSync('/var/run/docker.sock'))) return [];
  const { DockerError, openDaemon } = await import('../docker/daemon.ts');
  const { leftContainers, staleImages } = await import('../docker/leftovers.ts');
  const { agentImageName } = await import('../docker/image.ts');
  try {
    const { docker: client } = await openDaemon();
    const current = existsSync(join(root, 'docker', 'agent', 'mptcp-agent')) ? agentImageName(root) : undefined;
    return [...(await leftContainers(client, isLauncherAlive)), ...(await staleImages(client, current))];
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    process.stderr.write(`containers were not checked: ${error.message}\n`);
    return [];
  }
}
