/** Gets the stack that `--sut` names ready to be judged, once for a run, in the tester's namespace. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, machine, release } from 'node:os';
import type { SutInfo } from '../report/results.ts';
import { ensureAgent } from '../sut/build-agent.ts';
import type { SutChoice } from './sut-option.ts';
import { UsageError } from '../document/explained-error.ts';
import type { SutSettings } from './vitest/open-driver.ts';

/** A stack that is ready. */
export interface PreparedSut {
  /** What each worker opens its driver with. */
  settings: SutSettings;
  /** What results say of it. */
  info: SutInfo;
  /** Scenarios at once that suit the stack, where that is not the usual number. */
  concurrency?: number;
  /** Takes away what is there for the run only; called when all workers have ended. */
  close(): Promise<void>;
}

/**
 * Gets the stack ready.
 *
 * @param root the installation's folder
 * @throws UsageError when there is nothing to judge, and what building the agent can fail with
 */
export async function prepareSut(choice: SutChoice, root: string): Promise<PreparedSut> {
  if (choice.kind === 'netns') return prepareNetns(root);
  if (choice.kind === 'kernel') return (await import('./prepare-kernel.ts')).prepareKernel(root, choice);
  if (choice.kind === 'remote') return (await import('./prepare-remote.ts')).prepareRemote(choice.file);
  // Docker's client takes a while to load.
  const { prepareDocker } = await import('./prepare-docker.ts');
  return prepareDocker(root, choice.image);
}

/** Refuses, before anything is begun, what this user cannot do. @throws UsageError */
export function requireRights({ kind }: SutChoice): void {
  if (kind === 'remote' && process.getuid?.() !== 0) {
    throw new UsageError(
      "--sut remote needs root: the interfaces are moved into the run's network namespace; run the command with sudo",
    );
  }
  if (kind === 'docker' && process.getuid?.() !== 0) {
    throw new UsageError(
      "--sut docker needs root: links are moved into the containers' network namespaces; run the command with sudo",
    );
  }
}

/** The machine that the harness runs on, for results. */
export function hostInfo(): NonNullable<SutInfo['host']> {
  return { kernel: release(), arch: process.arch, cpus: cpus().length, node: process.version };
}

async function prepareNetns(root: string): Promise<PreparedSut> {
  requireMptcp();
  return {
    settings: { kind: 'netns', agentPath: await ensureAgent(root) },
    info: { name: 'linux', kind: 'netns', kernel: release(), arch: machine(), host: hostInfo() },
    close: () => Promise.resolve(),
  };
}

/** What has been said of this kernel's MPTCP before anything is run. @throws UsageError when there is none to judge */
function requireMptcp(): void {
  const path = '/proc/sys/net/mptcp/enabled';
  if (!existsSync(path)) {
    throw new UsageError(
      `kernel ${release()} has no MPTCP (${path} is missing): it was built without CONFIG_MPTCP; judge a kernel that has it`,
    );
  }
  if (readFileSync(path, 'utf8').trim() !== '0') return;
  // Some distributions ship it so; every namespace of a stack gets it switched on, if that can be done.
  try {
    writeFileSync(path, '1');
  } catch (error) {
    throw new UsageError(
      `net.mptcp.enabled is 0 in new network namespaces and cannot be set: ${(error as Error).message}; see what sets it`,
    );
  }
  process.stderr.write(
    'net.mptcp.enabled is 0 in new network namespaces of this kernel; the run switches it on for itself\n',
  );
}
