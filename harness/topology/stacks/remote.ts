/** A host on a bench: its cables come into the run's namespace for as long as that lives. */
import { spawnSync } from 'node:child_process';
import { UsageError } from '../../document/explained-error.ts';
import { builtAs, introduce, type Introduction } from '../../sut/introduce.ts';
import { spawnAgent, type SpawnedAgent } from '../../sut/spawn-agent.ts';
import type { PreparedStack, StackKind } from '../contract.ts';
import { iprouteEnvironment } from '../ip-batch.ts';
import { hostInfo } from '../machine/host-info.ts';
import { loadLab, type Lab } from '../remote-lab.ts';
import { createRemoteDriver, outsideCommand, REMOTE_TIME_SCALE } from '../remote.ts';

/** Parsed form of `--sut remote:`. */
export interface RemoteChoice {
  kind: 'remote';
  /** Path of a lab file. */
  file: string;
}

/** Settings of a worker's driver; see `RemoteOptions`. */
export interface RemoteSettings {
  kind: 'remote';
  lab: Lab;
  outsidePid: number;
}

/** A host on real interfaces. */
export const remote: StackKind<RemoteChoice, RemoteSettings> = {
  kind: 'remote',
  label: 'a host on real interfaces',
  forms: ['remote:lab.yaml'],
  options: [],
  insights: [],
  noPeer: 'a remote host has links to the tester only',
  parse: (file) => ({ kind: 'remote', file: requireFile('remote', file) }),
  arguments: ({ file }) => ['--sut', `remote:${file}`],
  requireRights: () => requireRoot('remote'),
  prepare: ({ file }) => prepareRemote(file),
  open: ({ lab, outsidePid }, { sysctls }) =>
    Promise.resolve(createRemoteDriver({ lab, sysctls, startAgent: () => startAgent(lab, outsidePid) })),
};

/** The lab file of a kind of stack. @throws UsageError when none was given */
export function requireFile(kind: string, file: string | undefined): string {
  if (file === undefined || file === '') throw new UsageError(`--sut ${kind}: needs a file; write ${kind}:lab.yaml`);
  return file;
}

/** @throws UsageError */
export function requireRoot(kind: string): void {
  if (process.getuid?.() === 0) return;
  throw new UsageError(
    `--sut ${kind} needs root: the interfaces are moved into the run's network namespace; run the command with sudo`,
  );
}

function startAgent({ sut, agent = [] }: Lab, outsidePid: number): Promise<SpawnedAgent> {
  return spawnAgent({ command: outsideCommand(outsidePid, agent), name: sut, timeScale: REMOTE_TIME_SCALE });
}

/** Asks the host who it is, and fetches the interfaces. */
async function prepareRemote(file: string): Promise<PreparedStack<RemoteSettings>> {
  const lab = loadLab(file);
  if (lab.agent === undefined)
    throw new UsageError(`${file}: has no agent; give agent: COMMAND, or test its service with --sut relay:${file}`);
  const unnamed = lab.links.find(({ sutDevice }) => sutDevice === '');
  if (unnamed !== undefined)
    throw new UsageError(`${file}: the link ${unnamed.device} has no sut-device; name the interface of the host`);
  // The launcher, which is still where the machine's own network is.
  const outsidePid = process.ppid;
  const met = await meet(lab, outsidePid);
  if (!met.mptcp)
    throw new UsageError(
      `${lab.sut} (${met.version}) has no MPTCP: its agent does not have the feature "mptcp"; test a stack that has it`,
    );
  if (lab.sut === 'linux' && met.said && met.stack !== 'linux')
    throw new UsageError(`${file}: sut is linux, but the agent says stack=${met.stack}; write sut: ${met.stack}`);
  const unaddressed = met.netlink ? undefined : lab.links.find(({ fixed }) => fixed === undefined);
  if (unaddressed !== undefined)
    throw new UsageError(
      `${file}: the agent does not name the feature netlink, so it cannot set addresses; set them on the host, and give address and sut-address of the link ${unaddressed.device}`,
    );
  const giveBack = fetchInterfaces(file, lab, outsidePid);
  return {
    settings: { kind: 'remote', lab, outsidePid },
    info: { name: lab.sut, kind: 'remote', kernel: met.version, ...builtAs(met), host: hostInfo() },
    // A bench has one host, and one set of cables.
    maxConcurrency: 1,
    close: () => {
      giveBack();
      return Promise.resolve();
    },
  };
}

/** Starts the agent once. `said`: it names its stack itself; `netlink`: it sets addresses. */
async function meet(lab: Lab, outsidePid: number): Promise<Introduction & { said: boolean; netlink: boolean }> {
  const agent = await startAgent(lab, outsidePid);
  try {
    return { ...(await introduce(agent)), said: agent.greeting.stack !== '', netlink: agent.features.has('netlink') };
  } finally {
    await agent.close();
  }
}

/** Moves the bench's interfaces into this namespace; the function gives them back. @throws UsageError when one cannot be had */
export function fetchInterfaces(file: string, lab: Lab, outsidePid: number): () => void {
  const fetched: string[] = [];
  const giveBack = (): void => {
    for (const device of fetched.splice(0)) ip(['ip', 'link', 'set', 'dev', device, 'netns', String(outsidePid)]);
  };
  for (const { device } of lab.links) {
    const problem = ip(outsideCommand(outsidePid, ['ip', 'link', 'set', 'dev', device, 'netns', String(process.pid)]));
    if (problem === undefined) {
      fetched.push(device);
      continue;
    }
    giveBack();
    throw new UsageError(
      `${file}: interface ${device} cannot be moved into the run: ${problem}; "ip link" lists the interfaces`,
    );
  }
  return giveBack;
}

/** Runs a program to its end; what it said when it failed. */
function ip([program = '', ...args]: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env: iprouteEnvironment() });
  return status === 0 ? undefined : (error?.message ?? stderr).trim();
}
