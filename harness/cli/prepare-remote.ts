/** Gets a host on a bench ready to be judged: its cables come into the run's namespace for as long as that lives. */
import { spawnSync } from 'node:child_process';
import { spawnAgent } from '../sut/spawn-agent.ts';
import { iprouteEnvironment } from '../topology/ip-batch.ts';
import { loadLab } from '../topology/remote-lab.ts';
import { outsideCommand } from '../topology/remote.ts';
import { hostInfo, type PreparedSut } from './prepare-sut.ts';
import { UsageError } from '../document/explained-error.ts';

/** Asks the host who it is, and fetches the interfaces. @throws DocumentError, AgentLost, UsageError */
export async function prepareRemote(file: string): Promise<PreparedSut> {
  const lab = loadLab(file);
  // The launcher, which is still where the machine's own network is.
  const outsidePid = process.ppid;
  const agent = await spawnAgent({ command: outsideCommand(outsidePid, lab.agent), name: lab.sut, timeScale: 3 });
  const { kernel, features } = agent.greeting;
  const { machine } = await agent.request('uname');
  await agent.close();
  if (!features.has('mptcp'))
    throw new UsageError(
      `${lab.sut} (${kernel}) has no MPTCP: its agent does not name the feature "mptcp"; judge a stack that has it`,
    );
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
    throw new UsageError(`${file}: interface ${device} cannot be fetched: ${problem}; "ip link" lists what there is`);
  }
  return {
    settings: { kind: 'remote', lab, outsidePid },
    info: {
      name: lab.sut,
      kind: 'remote',
      kernel,
      ...(machine === undefined ? {} : { arch: machine }),
      host: hostInfo(),
    },
    close: () => {
      giveBack();
      return Promise.resolve();
    },
  };
}

/** Runs a program to its end; what it said when it failed. */
function ip([program = '', ...args]: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env: iprouteEnvironment() });
  return status === 0 ? undefined : (error?.message ?? stderr).trim();
}
