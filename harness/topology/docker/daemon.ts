/** The Docker daemon: how it is reached, and what its failures mean. */
import type Docker from 'dockerode';
import { TopologyError } from '../types.ts';

/** Something that the daemon refused or could not do; the message says what to do about it. */
export class DockerError extends TopologyError {}

/** Name of the daemon in errors. */
function address(): string {
  const host = process.env['DOCKER_HOST'];
  return host === undefined || host === '' ? 'unix:///var/run/docker.sock' : host;
}

/** Number of an HTTP answer, when an error of dockerode carries one. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/** The daemon's message, without dockerode's additions. */
function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('json' in error && typeof error.json === 'object' && error.json !== null && 'message' in error.json)
    return String(error.json.message);
  return error.message;
}

/**
 * Translates an error of dockerode into one with a remedy.
 *
 * @param doing what was attempted: `starting a container of image x`
 */
export function dockerProblem(error: unknown, doing: string): DockerError {
  if (error instanceof DockerError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const options = { cause: error };
  if (['ENOENT', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN'].includes(code)) {
    return new DockerError(
      `no Docker daemon answers at ${address()} (${code}); start it (sudo systemctl start docker), have ` +
        '"node scripts/with-docker.mjs COMMAND" start one for a command, or set DOCKER_HOST to the unix:// socket of one on this machine',
      options,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new DockerError(
      `no permission to use the Docker socket ${address()} (${code}); run the command as root: sudo`,
      options,
    );
  }
  return new DockerError(`Docker at ${address()}: ${doing}: ${said(error)}`, options);
}

/** The properties of the daemon that are used. */
export interface DaemonInfo {
  /** Containers are confined by AppArmor, whose default profile keeps them from their own sysctls. */
  appArmor: boolean;
}

/** The client is an optional dependency. @throws DockerError when it is not installed */
async function loadClient(): Promise<typeof Docker> {
  try {
    return (await import('dockerode')).default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new DockerError(
      'the package dockerode is not installed, as after "npm install --omit=optional"; run: npm install dockerode',
      { cause: error },
    );
  }
}

/**
 * Opens the daemon that DOCKER_HOST names, or the usual one, and asks whether it will do.
 *
 * @throws DockerError with the remedy when it does not answer, or when its containers are not on this machine
 */
export async function openDaemon(): Promise<{ docker: Docker; info: DaemonInfo }> {
  const host = address();
  if (!host.startsWith('unix://')) {
    throw new DockerError(
      `DOCKER_HOST is ${host}, expected a unix:// socket: links are moved into containers on this machine, ` +
        'and a run has no access to the network; unset DOCKER_HOST to use unix:///var/run/docker.sock',
    );
  }
  const Client = await loadClient();
  const docker = new Client({ socketPath: host.slice('unix://'.length) });
  try {
    const { SecurityOptions = [], OSType } = (await docker.info()) as { SecurityOptions?: string[]; OSType?: string };
    if (OSType !== undefined && OSType !== 'linux')
      throw new DockerError(`Docker at ${host} runs ${OSType} containers, expected linux`);
    const has = (name: string): boolean => SecurityOptions.some((option) => option.split(',').includes(`name=${name}`));
    if (has('rootless') || has('userns')) {
      throw new DockerError(
        `Docker at ${host} runs containers in a user namespace (${has('rootless') ? 'rootless' : 'userns-remap'}), without access to this machine's ` +
          'network devices; use a daemon that runs as root without --userns-remap ("node scripts/with-docker.mjs COMMAND" starts one)',
      );
    }
    return { docker, info: { appArmor: has('apparmor') } };
  } catch (error) {
    throw dockerProblem(error, 'asking what it is');
  }
}
