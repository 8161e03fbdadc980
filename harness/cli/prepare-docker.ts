/** Gets a container image ready to be judged. */
import { ensureAgent } from '../sut/build-agent.ts';
import { AgentLost } from '../sut/types.ts';
import { openDaemon } from '../topology/docker/daemon.ts';
import { startAgent } from '../topology/docker/hosts.ts';
import { ensureAgentImage, requireImage } from '../topology/docker/image.ts';
import { leftContainers, removeContainersOf } from '../topology/docker/leftovers.ts';
import { isLauncherAlive, LAUNCHER_VARIABLE, launcherMark } from './launcher.ts';
import type { PreparedSut } from './prepare-sut.ts';
import { hostInfo } from './prepare-sut.ts';
import { UsageError } from '../document/explained-error.ts';

/** Scenarios at once, unless told. */
const CONCURRENCY = 16;

/**
 * Removes what killed runs left, builds or finds the image, and sees whether it holds an agent and a stack to judge.
 *
 * @param image a foreign image; our own agent's when absent
 * @throws UsageError, DockerError: with the remedy
 */
export async function prepareDocker(root: string, image: string | undefined): Promise<PreparedSut> {
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
    const { kernel, machine } = await meet({ ...daemon, image: name, run });
    return {
      settings: { kind: 'docker', image: name, run },
      info: { name: 'linux', kind: 'docker', kernel, arch: machine, image: name, host: hostInfo() },
      // A container takes longer to start than most scenarios run.
      concurrency: CONCURRENCY,
      close: () => removeContainersOf(daemon.docker, run),
    };
  } catch (error) {
    await removeContainersOf(daemon.docker, run);
    throw error;
  }
}

/** Starts the image once, to learn what it is before anything hangs on it. */
async function meet(plan: Parameters<typeof startAgent>[0]): Promise<{ kernel: string; machine: string }> {
  const agent = await startAgent(plan).catch((error: unknown) => {
    if (!(error instanceof AgentLost)) throw error;
    throw new UsageError(
      `${error.message}\nan image has to start an agent on standard input and output: see docker/README.md`,
    );
  });
  try {
    const { kernel, features } = agent.greeting;
    if (!features.has('mptcp')) {
      throw new UsageError(
        `the agent of image ${plan.image} says that its stack (${kernel}) has no MPTCP: features=${[...features].join(',')}`,
      );
    }
    const { machine = '' } = await agent.request('uname');
    return { kernel, machine };
  } finally {
    await agent.close();
  }
}
