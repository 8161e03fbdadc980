/** The docker driver: every SUT host is a container, linked straight to the tester. */
import type { Sysctl } from '../../verdict/stack-info.ts';
import { assertInsideTester } from '../tester-namespace.ts';
import type { Driver } from '../contract.ts';
import { PooledHosts } from '../pooled-hosts.ts';
import { createVethDriver } from '../veth-driver.ts';
import type { ContainerPlan } from './container.ts';
import { openDaemon } from './daemon.ts';
import { startAgent } from './hosts.ts';

/** Options of the driver. */
export interface DockerOptions {
  /** The image; the daemon has it. */
  image: string;
  /** Mark of the run, for the containers' labels. */
  run: string;
  /** Which share of the address space is ours, see {@link createVethDriver}. */
  worker?: number;
  /** Settings of the user's, for every namespace of the stack. */
  sysctls?: readonly Sysctl[] | undefined;
}

/**
 * A driver whose SUT hosts are containers without any network of Docker's: the links of a cell are the only ones they
 * have. Containers are kept for the next cell after a full reset, and end with this process.
 */
export function createDockerDriver({ image, run, worker, sysctls }: DockerOptions): Driver {
  let opened: Promise<ContainerPlan> | undefined;
  const open = async (): Promise<ContainerPlan> => {
    assertInsideTester();
    return { ...(await openDaemon()), image, run };
  };
  return createVethDriver(
    new PooledHosts({
      name: 'docker',
      isDear: true,
      sysctls,
      start: async () => startAgent(await (opened ??= open())),
    }),
    worker,
  );
}
