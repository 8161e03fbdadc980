/** Makes a worker's driver from what the run has prepared. */
import type { ArchitectureName } from '../../sut/architecture.ts';
import { createNetnsDriver } from '../../topology/netns.ts';
import { createQemuDriver } from '../../topology/qemu/qemu-driver.ts';
import type { Lab } from '../../topology/remote-lab.ts';
import { createRemoteDriver } from '../../topology/remote.ts';
import type { Driver } from '../../topology/types.ts';

/** How a worker gets at the stack under test; must survive being sent to another process. */
export type SutSettings =
  /** `agentPath`: the agent's program. */
  | { kind: 'netns'; agentPath: string }
  /** `run`: mark of the run, for labels. */
  | { kind: 'docker'; image: string; run: string }
  /** Paths of the kernel's image and of the guest's initramfs; `append`: words for the kernel. */
  | {
      kind: 'kernel';
      image: string;
      architecture: ArchitectureName;
      initramfs: string;
      accelerator: 'kvm' | 'tcg';
      append?: string;
    }
  /** See `RemoteOptions`. */
  | { kind: 'remote'; lab: Lab; outsidePid: number };

/** Makes the driver. Nothing is started before a cell is built. */
export async function openDriver(sut: SutSettings): Promise<Driver> {
  if (sut.kind === 'netns') return createNetnsDriver({ agentPath: sut.agentPath });
  if (sut.kind === 'kernel') return createQemuDriver(sut);
  if (sut.kind === 'remote') return createRemoteDriver(sut);
  // Docker's client takes a while to load.
  const { createDockerDriver } = await import('../../topology/docker/docker-driver.ts');
  return createDockerDriver({ image: sut.image, run: sut.run });
}
