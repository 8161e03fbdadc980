/** Stacks in network namespaces of this machine's kernel. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { machine, release, version } from 'node:os';
import { UsageError } from '../../document/explained-error.ts';
import { ensureAgent } from '../../sut/build-agent.ts';
import type { StackKind } from '../contract.ts';
import { hostInfo } from '../machine/host-info.ts';
import { withHostKernel } from '../machine/host-kernel.ts';
import { createNetnsDriver } from '../netns.ts';

/** Parsed form of `--sut netns`. */
export interface NetnsChoice {
  kind: 'netns';
}

/** Settings of a worker's driver. */
export interface NetnsSettings {
  kind: 'netns';
  /** The agent's program. */
  agentPath: string;
}

/** The kernel of this machine. */
export const netns: StackKind<NetnsChoice, NetnsSettings> = {
  kind: 'netns',
  label: "network namespaces of this machine's kernel",
  forms: ['netns'],
  options: [],
  insights: ['shell', 'trace'],
  parse: (target) => {
    if (target !== undefined) throw new UsageError('--sut netns takes no argument; write --sut netns');
    return { kind: 'netns' };
  },
  arguments: () => [],
  prepare: async (_, root) => {
    requireMptcp();
    return {
      settings: { kind: 'netns', agentPath: await ensureAgent(root) },
      info: { name: 'linux', kind: 'netns', kernel: release(), arch: machine(), build: version(), host: hostInfo() },
      close: () => Promise.resolve(),
    };
  },
  open: ({ agentPath }, { sysctls, watch }) =>
    Promise.resolve(withHostKernel(createNetnsDriver({ agentPath, sysctls }), watch)),
  obstacle: ({ kernel }) =>
    kernel === release() ? undefined : `the results are for kernel ${kernel}, this machine runs ${release()}`,
};

/** Says what there is to say of this kernel's MPTCP before anything is run. @throws UsageError when there is none to judge */
function requireMptcp(): void {
  const path = '/proc/sys/net/mptcp/enabled';
  if (!existsSync(path)) {
    throw new UsageError(
      `kernel ${release()} has no MPTCP (${path} is missing): it was built without CONFIG_MPTCP; test a kernel that has it`,
    );
  }
  if (readFileSync(path, 'utf8').trim() !== '0') return;
  // Some distributions ship it so; every namespace of a stack gets it switched on, if that can be done.
  try {
    writeFileSync(path, '1');
  } catch (error) {
    throw new UsageError(
      `net.mptcp.enabled is 0 in new network namespaces and cannot be set: ${(error as Error).message}; find out what sets it`,
    );
  }
  process.stderr.write(
    'net.mptcp.enabled is 0 in new network namespaces of this kernel; the run sets it to 1 in its own namespaces\n',
  );
}
