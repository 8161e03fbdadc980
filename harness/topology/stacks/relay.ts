/** A host on which no agent can run: a relay or a proxy whose other side is this machine, or a service whose conduct is known. */
import { UsageError } from '../../document/explained-error.ts';
import { ensureAgent } from '../../sut/build-agent.ts';
import { spawnAgent, type SpawnedAgent } from '../../sut/spawn-agent.ts';
import type { Agent } from '../../sut/types.ts';
import type { PreparedStack, StackKind } from '../contract.ts';
import { familyOf } from '../../packet/index.ts';
import { hostInfo } from '../machine/host-info.ts';
import { proxyAgent } from '../proxy-agent.ts';
import { backendAgent, serviceAgent } from '../relay-agent.ts';
import { loadLab, type Lab, type LabService } from '../remote-lab.ts';
import { createRemoteDriver, outsideCommand } from '../remote.ts';
import { fetchInterfaces, requireFile, requireRoot } from './remote.ts';

/** Parsed form of `--sut relay:`. */
export interface RelayChoice {
  kind: 'relay';
  /** Path of a lab file. */
  file: string;
}

/** How a worker gets at it; see `RemoteOptions`. */
export interface RelaySettings {
  kind: 'relay';
  lab: Lab;
  outsidePid: number;
  /** Program of the agent that plays the backend or the client. */
  agentPath: string;
}

/** A stack without an agent. */
export const relay: StackKind<RelayChoice, RelaySettings> = {
  kind: 'relay',
  label: 'a host without an agent, as a relay, a forward proxy or a service',
  forms: ['relay:lab.yaml'],
  options: [],
  insights: [],
  noPeer: 'a relay has links to the tester only',
  noSysctls: 'a host without an agent cannot be configured by the run; configure it before',
  parse: (file) => ({ kind: 'relay', file: requireFile('relay', file) }),
  arguments: ({ file }) => ['--sut', `relay:${file}`],
  requireRights: () => requireRoot('relay'),
  prepare: ({ file }, root) => prepareRelay(file, root),
  open: (settings) =>
    Promise.resolve(createRemoteDriver({ lab: settings.lab, startAgent: () => startApplication(settings) })),
};

async function prepareRelay(file: string, root: string): Promise<PreparedStack<RelaySettings>> {
  const lab = loadLab(file);
  const { service } = lab;
  if (service === undefined)
    throw new UsageError(
      `${file}: has no service; give service: { port: 443, relays-to: "192.0.2.1:8000" }, or use --sut remote:${file}`,
    );
  const unaddressed = lab.links.find(({ fixed }) => fixed === undefined);
  if (unaddressed !== undefined)
    throw new UsageError(
      `${file}: a host without an agent sets no addresses: set them there, and give address and sut-address of the link ${unaddressed.device}`,
    );
  // The launcher, which is still where the machine's own network is.
  const outsidePid = process.ppid;
  const settings: RelaySettings = { kind: 'relay', lab, outsidePid, agentPath: await ensureAgent(root) };
  await requireApplication(file, settings);
  const giveBack = fetchInterfaces(file, lab, outsidePid);
  return {
    settings,
    info: { name: lab.sut, kind: 'relay', kernel: lab.version ?? '', host: hostInfo() },
    application: service.application,
    // There is one service.
    maxConcurrency: 1,
    close: () => {
      giveBack();
      return Promise.resolve();
    },
  };
}

/** @throws UsageError when this machine cannot listen where the relay connects to, or the proxy does not accept it */
async function requireApplication(file: string, settings: RelaySettings): Promise<void> {
  const { backend, proxy } = settings.lab.service ?? {};
  const place = backend ?? proxy;
  if (place === undefined) return;
  const { address, port } = place;
  const agent = await startHere(settings);
  try {
    await agent.request('socket', { name: 'try', family: familyOf(address), proto: 'tcp' });
    if (backend === undefined) await agent.request('connect', { fd: 'try', addr: address, port, timeout: 2000 });
    else {
      await agent.request('bind', { fd: 'try', addr: address, port });
      await agent.request('listen', { fd: 'try' });
    }
  } catch (error) {
    const [problem, remedy] =
      backend === undefined
        ? ['no proxy accepts connections at', 'start it, or mend "proxy"']
        : ['this machine cannot listen on', 'relays-to is an address of this machine and a free port'];
    throw new UsageError(`${file}: ${problem} ${address} port ${port}: ${(error as Error).message}; ${remedy}`);
  } finally {
    await agent.close();
  }
}

async function startApplication(settings: RelaySettings): Promise<Agent> {
  const { backend, proxy }: Partial<LabService> = settings.lab.service ?? {};
  if (proxy !== undefined) return proxyAgent(await startHere(settings), proxy);
  return backend === undefined ? serviceAgent() : backendAgent(await startHere(settings), backend);
}

/** An agent on this machine, where its own network is. */
function startHere({ lab, outsidePid, agentPath }: RelaySettings): Promise<SpawnedAgent> {
  const command = outsideCommand(outsidePid, [agentPath, '--die-with-parent']);
  return spawnAgent({ command, name: `application of ${lab.sut}` });
}
