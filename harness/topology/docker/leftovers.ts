/** Finds containers by their labels: those of a run, and those of runs that are gone. */
import type Docker from 'dockerode';
import type { Leftover } from '../machine/leftover.ts';
import { AGENT_REPOSITORY } from './image.ts';
import { removeContainer } from './container.ts';
import { dockerProblem } from './daemon.ts';
import { PLACE_LABEL, placeMark, RUN_LABEL, TESTER_LABEL } from './labels.ts';

async function labelled(docker: Docker, labels: string[]): Promise<Docker.ContainerInfo[]> {
  try {
    return await docker.listContainers({ all: true, filters: { label: labels } });
  } catch (error) {
    throw dockerProblem(error, 'listing containers');
  }
}

/**
 * Containers of runs that are gone. Those of another machine, boot or namespace of process ids are left alone: from
 * from here it is unknown whether their run is alive.
 *
 * @param isAlive whether the run of a mark is alive
 * @throws DockerError
 */
export async function leftContainers(docker: Docker, isAlive: (run: string) => boolean): Promise<Leftover[]> {
  const ours = await labelled(docker, [RUN_LABEL, `${PLACE_LABEL}=${placeMark()}`]);
  return ours
    .filter(({ Labels }) => !isAlive(Labels[RUN_LABEL] ?? ''))
    .map(({ Id, Image, Labels }) => ({
      what: `container ${Id.slice(0, 12)} (${Image}): the run of tester ${Labels[TESTER_LABEL] ?? '?'} is gone`,
      remove: () => removeContainer(docker.getContainer(Id)),
    }));
}

/** Removes what containers a run has, and waits until they are gone. @throws DockerError */
export async function removeContainersOf(docker: Docker, run: string): Promise<void> {
  const containers = await labelled(docker, [`${RUN_LABEL}=${run}`, `${PLACE_LABEL}=${placeMark()}`]);
  await Promise.all(containers.map(({ Id }) => removeContainer(docker.getContainer(Id))));
}

/** Images of agents other than the present one. @param current name of the present one's @throws DockerError */
export async function staleImages(docker: Docker, current: string | undefined): Promise<Leftover[]> {
  try {
    const images = await docker.listImages({ filters: { reference: [AGENT_REPOSITORY] } });
    const names = images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((name) => name !== current);
    return names.map((name) => ({
      what: `image ${name}: its agent is not that of this installation`,
      remove: async () => {
        await docker.getImage(name).remove();
      },
    }));
  } catch (error) {
    throw dockerProblem(error, 'listing images');
  }
}
