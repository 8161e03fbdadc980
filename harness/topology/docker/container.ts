/** One container with an agent inside, and its streams as a transport. */
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { AgentTransport } from '../../sut/transport.ts';
import { DockerError, dockerProblem, statusOf, type DaemonInfo } from './daemon.ts';
import { labelsOf } from './labels.ts';

/** Parameters of a container. */
export interface ContainerPlan {
  docker: Docker;
  info: DaemonInfo;
  image: string;
  /** Mark of the run, for the label. */
  run: string;
}

/** Parts of /proc that Docker usually makes read-only, but for the one that holds the network's settings. */
const READ_ONLY = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sysrq-trigger',
  '/proc/sys/abi',
  '/proc/sys/debug',
  '/proc/sys/dev',
  '/proc/sys/fs',
  '/proc/sys/kernel',
  '/proc/sys/sunrpc',
  '/proc/sys/user',
  '/proc/sys/vm',
];
/** Processes in a container: the agent, and what an agent may start for a moment. */
const PROCESSES = 64;

/** Options of a container: the minimum that an agent needs. */
function containerOptions({
  image,
  info,
  run,
}: Pick<ContainerPlan, 'image' | 'info' | 'run'>): Docker.ContainerCreateOptions {
  return {
    Image: image,
    Labels: labelsOf(run),
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    // When we are gone the agent reads the end of its input and goes, and the daemon removes the container.
    OpenStdin: true,
    StdinOnce: true,
    Tty: false,
    NetworkDisabled: false,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: ['NET_ADMIN', 'NET_RAW'],
      SecurityOpt: [
        'no-new-privileges:true',
        // Docker's profile forbids writing below /proc/sys/net, which here is the container's own.
        ...(info.appArmor ? ['apparmor=unconfined'] : []),
      ],
      // Sysctls of the network are the container's own and the agent sets them; those beside them are the machine's.
      ReadonlyPaths: READ_ONLY,
      PidsLimit: PROCESSES,
      LogConfig: { Type: 'none', Config: {} },
    },
  };
}

/** Time for a container to start, milliseconds: with a score of them at once, daemons take ten seconds. */
const START_MS = 60_000;
const TRIES = 2;

/**
 * Starts a container; whether it has an agent is not checked yet.
 *
 * @throws DockerError when it does not start, or does not run on this machine
 */
export async function startContainer(plan: ContainerPlan): Promise<AgentTransport> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const starting = startOnce(plan);
    const late = new AbortController();
    const started = await Promise.race([starting, delay(START_MS, undefined, { signal: late.signal })]).finally(() =>
      late.abort(),
    );
    if (started !== undefined) return started;
    // If it still comes, it has no owner.
    starting.then(
      (transport) => transport.kill(),
      () => undefined,
    );
  }
  throw new DockerError(
    `no container of image ${plan.image} started in ${TRIES} attempts of ${START_MS / 1000} s: the daemon does not answer; restart it`,
  );
}

async function startOnce(plan: ContainerPlan): Promise<AgentTransport> {
  const doing = `starting a container of image ${plan.image}`;
  let container: Docker.Container | undefined;
  try {
    container = await plan.docker.createContainer(containerOptions(plan));
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
    const silent = new Promise<void>((resolve) => {
      stream
        .once('end', resolve)
        .once('close', resolve)
        .once('error', () => resolve());
    });
    const exited = watchExit(container, plan.image, silent);
    await container.start();
    const { State } = await container.inspect();
    return transportOf(plan.docker, container, stream, exited, State.Pid);
  } catch (error) {
    if (container !== undefined) await removeContainer(container);
    throw dockerProblem(error, doing);
  }
}

/** Removes a container, running or not; one that is gone or going needs nothing. @throws DockerError */
export async function removeContainer(container: Docker.Container): Promise<void> {
  try {
    await container.remove({ force: true });
  } catch (error) {
    if (![404, 409].includes(statusOf(error) ?? 0))
      throw dockerProblem(error, `removing container ${short(container)}`);
  }
}

/** Poll interval for a container, and the time for the daemon to report its end; milliseconds. */
const LOOK_AGAIN_MS = 100;
const TOLD_MS = 1000;

/** How a container ended, in words that follow the agent's name. @param silent resolves when its streams are closed */
function watchExit(container: Docker.Container, image: string, silent: Promise<void>): Promise<string> {
  const name = `container ${short(container)} of image ${image}`;
  const enough = new AbortController();
  const told = container.wait({ condition: 'removed', abortSignal: enough.signal }).then(
    ({ StatusCode: status }: { StatusCode: number }) => {
      const why = status === 137 ? ' (killed by a user or for lack of memory)' : '';
      return `is gone: ${name} ended with status ${status}${why}`;
    },
    (error: unknown) => `is lost: ${name}: ${dockerProblem(error, 'waiting for its end').message}`,
  );
  // The daemon has been seen not to answer that at all when a container was removed just then.
  const seen = silent
    .then(() => untilGone(container))
    .then(
      () => delay(TOLD_MS, `is gone: ${name} has ended`, { ref: false }),
      (error: unknown) => `is lost: ${name}: ${dockerProblem(error, 'looking for it').message}`,
    );
  return Promise.race([told, seen]).finally(() => enough.abort());
}

async function untilGone(container: Docker.Container): Promise<void> {
  for (;;) {
    const state = await container.inspect().catch((error: unknown) => {
      if (statusOf(error) === 404) return undefined;
      throw error;
    });
    if (state === undefined) return;
    await delay(LOOK_AGAIN_MS);
  }
}

function transportOf(
  docker: Docker,
  container: Docker.Container,
  stream: NodeJS.ReadWriteStream,
  exited: Promise<string>,
  pid: number,
): AgentTransport {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  input.pipe(stream);
  docker.modem.demuxStream(stream, output, errors);
  const drained = new Promise<void>((resolve) => {
    const end = (): void => {
      output.end();
      errors.end();
      resolve();
    };
    stream
      .once('end', end)
      .once('close', end)
      .once('error', (error: Error) => {
        input.destroy(error);
        end();
      });
  });
  return {
    pid,
    input,
    output,
    errors,
    exited,
    drained,
    kill: () =>
      void container.kill({ signal: 'SIGKILL' }).catch(() => {
        // It is gone, or the daemon is: `exited` tells.
      }),
  };
}

/**
 * Sees that a process id that the daemon told is that process here, too.
 *
 * @param inside what the agent says its process id is
 * @throws DockerError with the remedy
 */
export function requireLocal(pid: number, inside: number, image: string): void {
  const remedy =
    'the daemon must run on this machine, not in a virtual machine or a container, and the run must be in the ' +
    'pid namespace of the daemon (docker run --pid=host, if the run itself is in a container)';
  let ids = '';
  try {
    ids = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch (cause) {
    throw new DockerError(
      `the daemon reports process ${pid} as the agent of image ${image}, but no such process exists here; ${remedy}`,
      { cause },
    );
  }
  // An agent may be a child of the first process, so any but that of the machine itself will do.
  const [outside, ...within] = ids.trim().split(/\s+/).map(Number);
  if (outside !== pid || within.length === 0) {
    throw new DockerError(
      `process ${pid} should be the agent of image ${image} (${inside} in the container), but is not in a container; ${remedy}`,
    );
  }
}

function short(container: Docker.Container): string {
  return container.id.slice(0, 12);
}
